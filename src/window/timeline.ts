import type { VerdictSpan } from '../shared/messages';
import { isTimeZone } from '../shared/time';

/** Writes the time of day in a zone, and remembers the minute: times of a run lie close together, and Intl is slow. */
interface Formatter {
  time: Intl.DateTimeFormat;
  /** Counted from 1970, and how it is written: `08:12:`. */
  minute: number;
  text: string;
}

/** Making a formatter takes as long as a hundred uses of it. One for each time zone in use. */
const formatters = new Map<string, Formatter>();
const MAX_FORMATTERS = 100;

/**
 * A run for people: `08:12:05 yes ×14 until 08:12:45, 08:12:50 unknown, 08:13:00 no ×2 until 08:13:05`.
 *
 * @param timeZone IANA name of the camera's; '' or an unknown one is the machine's own
 */
export function timelineOf(verdicts: readonly VerdictSpan[], timeZone: string): string {
  const time = formatterOf(timeZone);
  return verdicts
    .map(({ verdict, from, to, n }) => {
      const begin = `${written(time, from)} ${verdict}`;
      return n === 1 ? begin : `${begin} ×${n} until ${written(time, to)}`;
    })
    .join(', ');
}

/** All zones are whole minutes from UTC since 1972: within a minute only the seconds change. */
function written(formatter: Formatter, at: number): string {
  const minute = Math.floor(at / 60_000);
  if (minute !== formatter.minute) {
    formatter.text = formatter.time.format(at).slice(0, 'hh:mm:'.length);
    formatter.minute = minute;
  }
  const second = Math.floor(at / 1000) - 60 * minute;
  return formatter.text + (second < 10 ? `0${second}` : second);
}

function formatterOf(timeZone: string): Formatter {
  const known = formatters.get(timeZone);
  if (known) return known;
  // Swedish is the locale whose short form is ISO-like.
  const time = new Intl.DateTimeFormat('sv-SE', {
    timeStyle: 'medium',
    timeZone: timeZone !== '' && isTimeZone(timeZone) ? timeZone : undefined,
  });
  const made = { time, minute: Number.NaN, text: '' };
  if (formatters.size >= MAX_FORMATTERS) formatters.clear();
  formatters.set(timeZone, made);
  return made;
}
