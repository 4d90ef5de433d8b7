import type { AlertInfo } from '../shared/messages';
import { plainText } from '../shared/plain-text';
import { localTime } from '../shared/time';
import type { Finding } from './finding';

/** What people read. */
export interface Wording {
  /** One short line: a subject, a heading. */
  title: string;
  /** One or two sentences, one line. */
  text: string;
}

const MAX_TITLE_CHARS = 150;
const MAX_TEXT_CHARS = 500;

/**
 * Puts an alert into words, from what is known.
 *
 * @param timeZone in which times are written where the camera has none of its own; '' is the machine's
 */
export function wordingOf(alert: AlertInfo, finding: Finding, timeZone: string): Wording {
  const { cameraName, rule, subject, heldMs, reason } = finding;
  if (alert.state === 'digest') {
    const title = `${alert.count} more alerts than are told one by one`;
    return { title, text: harmless(plainText(reason, MAX_TEXT_CHARS)) };
  }
  const since = localTime(alert.since, finding.timeZone || timeZone);
  const held = heldMs >= 1000 ? duration(heldMs) : '';
  const sentence = {
    raised: held ? `Seen for ${held}, since ${since}.` : `Seen at ${since}.`,
    updated: held ? `Still there: seen for ${held}, since ${since}.` : `Still there, since ${since}.`,
    acknowledged: `Somebody has taken note. It began at ${since}.`,
    cleared: endOf(alert, held, since),
  }[alert.state];
  const quote = alert.state === 'cleared' || reason === '' ? '' : ` The model: “${quoted(reason)}”`;
  const doubt = alert.verified === false ? ' Not verified: the model could not tell.' : '';
  const ending = { raised: '', updated: ', still', acknowledged: ', acknowledged', cleared: ', over' };
  // It may have arrived before: nobody should take it for another one.
  const again = alert.repeat === undefined ? '' : ' (sent again)';
  const what = subject === '' ? rule : `${rule} (${subject})`;
  return {
    title: harmless(plainText(`${cameraName}: ${what}${ending[alert.state]}${again}`, MAX_TITLE_CHARS)),
    text: harmless(plainText(sentence + doubt + quote, MAX_TEXT_CHARS)),
  };
}

function endOf({ end }: AlertInfo, held: string, since: string): string {
  const seen = held ? `Seen for ${held}, since ${since}.` : `Seen at ${since}.`;
  if (end === 'expired') return `It could not be seen any more, and is given up. ${seen}`;
  return `It is over. ${seen}`;
}

/** `45 s`, `1 min 5 s`, `2 h 10 min`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (minutes === 0) return `${seconds} s`;
  if (hours === 0) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** A model repeats what it reads in the picture: its text must not end its own quotation. */
function quoted(reason: string): string {
  return reason.replace(/[“”"]/g, "'");
}

/** The e-mail node sends a text that looks like HTML as HTML: nothing that we compose may look like it. */
export function harmless(text: string): string {
  return text.replaceAll('<', '‹').replaceAll('>', '›');
}
