/** ISO 8601 text of a moment, in UTC. `ms`: epoch milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/**
 * A moment as people at the camera read it: `2026-11-22 08:12:05`.
 *
 * @param ms epoch milliseconds
 * @param timeZone IANA name such as `Europe/Berlin`; '' is the machine's own
 * @throws RangeError where the zone is unknown: check it first with {@link isTimeZone}
 */
export function localTime(ms: number, timeZone = ''): string {
  // Swedish is the locale whose short form is ISO-like.
  return new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'medium',
    timeZone: timeZone || undefined,
  }).format(ms);
}

/** Whether Intl knows this time zone; '' counts as the machine's own. */
export function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timeZone || undefined });
    return true;
  } catch {
    return false;
  }
}
