/** Which minutes of a week are quiet, on the wall clock of a time zone: one byte a minute, from Monday 00:00. */
export type QuietTimes = Uint8Array;

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const MINUTES_A_DAY = 24 * 60;
const MINUTES_A_WEEK = 7 * MINUTES_A_DAY;
const MINUTE_MS = 60_000;
/** No clock is ever set by more: the last hours of a quiet time are walked minute by minute. */
const CLOCK_CHANGE_MINUTES = 3 * 60;
const MAX_CLOCKS = 50;

/**
 * Reads quiet times: `22:00-06:00` (each day; over midnight it ends on the next), `sat, sun` (whole days),
 * `mon-fri 18:00-07:00`. Several are parted by semicolons or line breaks.
 *
 * @returns null where a part cannot be read, or nothing or all of the week is quiet; `part` tells which
 */
export function readQuietTimes(text: string): { times: QuietTimes | null; part: string } {
  const times = new Uint8Array(MINUTES_A_WEEK);
  const parts = text.split(/[;\n]/).map((part) => part.trim().toLowerCase());
  for (const part of parts.filter((one) => one !== '')) if (!fill(times, part)) return { times: null, part };
  const isUseful = times.includes(1) && times.includes(0);
  return { times: isUseful ? times : null, part: text };
}

/**
 * When the quiet time that `now` falls into is over. What counts is the time that a clock on the wall shows: in the
 * night in which an hour comes twice, it is quiet twice.
 *
 * @param now epoch milliseconds
 * @param timeZone IANA name; '' is the machine's own
 * @returns epoch milliseconds; null where it is not quiet
 */
export function quietUntil(now: number, times: QuietTimes, timeZone: string): number | null {
  const clock = wallClock(timeZone);
  if (!times[clock(now)]) return null;
  // Zones are whole minutes off UTC, so wall clocks turn with it. Minute by minute, because a clock that is set
  // forward may skip the end itself; in one step while the end is further than any clock is ever set.
  let at = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const last = at + (MINUTES_A_WEEK + MINUTES_A_DAY) * MINUTE_MS;
  while (at < last && times[clock(at)]) at += stepFrom(times, clock(at)) * MINUTE_MS;
  return at;
}

/** Minutes that may be passed over at once. */
function stepFrom(times: QuietTimes, minute: number): number {
  let left = 1;
  while (left < MINUTES_A_WEEK && times[(minute + left) % MINUTES_A_WEEK]) left++;
  return Math.max(1, left - CLOCK_CHANGE_MINUTES);
}

function fill(times: QuietTimes, part: string): boolean {
  const match = /^([a-z][a-z ,-]*)?\s*(?:(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d))?$/.exec(part);
  if (!match) return false;
  const [, dayText = '', fromText, toText] = match;
  const days = dayText.trim() === '' ? DAYS.map((_, day) => day) : daysOf(dayText);
  const from = fromText === undefined ? 0 : minuteOfDay(fromText);
  const to = toText === undefined ? MINUTES_A_DAY : toText === '24:00' ? MINUTES_A_DAY : minuteOfDay(toText);
  if (!days || from === null || to === null || from === to) return false;
  const length = to > from ? to - from : to - from + MINUTES_A_DAY;
  for (const day of days) {
    const start = day * MINUTES_A_DAY + from;
    for (let i = 0; i < length; i++) times[(start + i) % MINUTES_A_WEEK] = 1;
  }
  return true;
}

/** `mon-fri, sun` as numbers from 0; null where it cannot be read. */
function daysOf(text: string): number[] | null {
  const days: number[] = [];
  for (const part of text.split(',').map((one) => one.trim())) {
    const [from = -1, to = from, ...more] = part.split('-').map((name) => DAYS.indexOf(name.trim()));
    if (from < 0 || to < 0 || more.length > 0) return null;
    for (let day = from; ; day = (day + 1) % 7) {
      days.push(day);
      if (day === to) break;
    }
  }
  return days;
}

/** Minutes since midnight of `22:00`; null where the text is no time of day. */
export function minuteOfDay(text: string): number | null {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
  return match ? Number(match[1]) * 60 + Number(match[2]) : null;
}

/** Making one takes longer than reading it a thousand times. */
const clocks = new Map<string, (at: number) => number>();

/** Gives the minute of the week that a clock in this zone shows. */
function wallClock(timeZone: string): (at: number) => number {
  const known = clocks.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: timeZone || undefined,
  });
  const clock = (at: number) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const day = DAYS.indexOf(String(parts.weekday).slice(0, 3).toLowerCase());
    return day * MINUTES_A_DAY + Number(parts.hour) * 60 + Number(parts.minute);
  };
  if (clocks.size >= MAX_CLOCKS) clocks.clear();
  clocks.set(timeZone, clock);
  return clock;
}
