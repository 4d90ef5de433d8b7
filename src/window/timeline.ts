import type { VerdictSpan } from '../shared/messages';
import { isTimeZone } from '../shared/time';

/** Making a formatter takes as long as a hundred uses of it. One for each time zone in use. */
const formatters = new Map<string, Intl.DateTimeFormat>();
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
      const begin = `${time.format(from)} ${verdict}`;
      return n === 1 ? begin : `${begin} ×${n} until ${time.format(to)}`;
    })
    .join(', ');
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  // Swedish is the locale whose short form is ISO-like.
  const made = new Intl.DateTimeFormat('sv-SE', {
    timeStyle: 'medium',
    timeZone: timeZone !== '' && isTimeZone(timeZone) ? timeZone : undefined,
  });
  if (formatters.size >= MAX_FORMATTERS) formatters.clear();
  formatters.set(timeZone, made);
  return made;
}
