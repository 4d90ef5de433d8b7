/** A time of day in which nothing is told, on the wall clock of a time zone. `from` after `to` goes over midnight. */
export interface QuietHours {
  /** Minutes since midnight at which it begins; belongs to it. */
  fromMinute: number;
  /** Minutes since midnight at which it is over. */
  toMinute: number;
}

const MINUTE_MS = 60_000;

/** No stretch of quiet hours is longer: a day, and an hour for the night in which clocks are set back. */
const LONGEST_MINUTES = 25 * 60;

/** Minutes since midnight of `22:00`; null where the text is no time of day. */
export function minuteOfDay(text: string): number | null {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
  return match ? Number(match[1]) * 60 + Number(match[2]) : null;
}

/**
 * When the quiet hours that `now` falls into are over. What counts is the time that a clock on the wall shows:
 * in the night in which an hour comes twice, it is quiet twice.
 *
 * @param now epoch milliseconds
 * @param timeZone IANA name; '' is the machine's own
 * @returns epoch milliseconds; null where it is not quiet
 */
export function quietUntil(now: number, hours: QuietHours, timeZone: string): number | null {
  const wallClock = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: timeZone || undefined,
  });
  const minuteAt = (at: number) => minuteOfDay(wallClock.format(at)) ?? 0;
  if (!isQuiet(minuteAt(now), hours)) return null;
  // Zones are whole minutes off UTC, so wall clocks turn with it. Minute by minute, because a clock that is set
  // forward may skip the end itself; in steps of hours while the end is further than any clock is ever set.
  let at = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  for (let passed = 0; passed < LONGEST_MINUTES; ) {
    const left = (hours.toMinute - minuteAt(at) + 24 * 60) % (24 * 60);
    const step = Math.max(1, left - 3 * 60);
    at += step * MINUTE_MS;
    passed += step;
    if (!isQuiet(minuteAt(at), hours)) break;
  }
  return at;
}

function isQuiet(minute: number, { fromMinute, toMinute }: QuietHours): boolean {
  if (fromMinute < toMinute) return minute >= fromMinute && minute < toMinute;
  return minute >= fromMinute || minute < toMinute;
}
