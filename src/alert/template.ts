import Mustache from 'mustache';
import type { AlertInfo } from '../shared/messages';
import { plainText } from '../shared/plain-text';
import { isoTime, localTime } from '../shared/time';
import type { Finding } from './finding';
import { duration, type Wording } from './wording';

/**
 * Fills in a text; the words are those that would stand there without a template.
 *
 * @param maxChars most characters of it, 1 to {@link MAX_CHARS}
 */
export type Template = (
  alert: AlertInfo,
  finding: Finding,
  timeZone: string,
  words: Wording,
  maxChars?: number,
) => string;

/** Of one text: a message of Telegram has 4096 characters (Bot API, sendMessage), of which a heading needs some. */
export const MAX_CHARS = 1000;

/** Shortened where a text is too long; the others are short, and worth nothing in part. */
const LONG = new Set(['title', 'text', 'reason', 'timeline', 'zones']);

/**
 * Reads a mustache template. What is filled in is plain text; where the template itself holds a `<`, it is HTML, and
 * what is filled in is escaped for it. What is too long is shortened before it is filled in: no tag stays open.
 *
 * @throws what Mustache says where the braces are wrong
 */
export function compileTemplate(template: string): Template {
  Mustache.parse(template);
  const isMarkup = isHtml(template);
  const escaped = isMarkup ? escapeHtml : (text: string) => text;
  return (alert, finding, timeZone, words, maxChars = MAX_CHARS) => {
    const values = Object.entries(viewOf(alert, finding, timeZone, words));
    const fill = (most: number) => {
      const view = values.map(([name, value]) => {
        if (typeof value !== 'string') return [name, value];
        // Escaped here, so that three braces are no way around it.
        return [name, escaped(LONG.has(name) ? plainText(value, most) : value)];
      });
      const filled = Mustache.render(template, Object.fromEntries(view), {}, { escape: String });
      const lines = filled.split(/\r?\n/).map((line) => plainText(line, line.length));
      return lines.join('\n').trim();
    };
    const fitting = longest(fill, maxChars);
    if (fitting !== null) return fitting;
    // The template itself is too long. Plain text may be cut; HTML may not.
    if (!isMarkup) return fill(1).slice(0, maxChars);
    return longest((most) => escaped(plainText(words.text, most)), maxChars) ?? '';
  };
}

/** Makes a text with the longest values with which it fits; null where it never does. */
function longest(make: (most: number) => string, maxChars: number): string | null {
  const whole = make(maxChars);
  if (whole.length <= maxChars) return whole;
  let [fits, tooLong] = [0, maxChars];
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (make(middle).length <= maxChars) fits = middle;
    else tooLong = middle;
  }
  return fits > 0 ? make(fits) : null;
}

/** Whether a template makes HTML. */
export function isHtml(template: string): boolean {
  return template.includes('<');
}

function viewOf(alert: AlertInfo, finding: Finding, timeZone: string, { title, text }: Wording) {
  const { camera, cameraName, rule, subject, zones, time, heldMs, confidence, reason, timeline } = finding;
  const zone = finding.timeZone || timeZone;
  return {
    ...{ title, text, camera: cameraName, cameraId: camera, rule, subject, reason, timeline },
    ...{ id: alert.id, state: alert.state, severity: alert.severity, count: alert.count },
    zones: zones.map(({ name }) => name).join(', '),
    since: localTime(alert.since, zone),
    time: localTime(time, zone),
    sinceIso: isoTime(alert.since),
    timeIso: isoTime(time),
    held: duration(heldMs),
    confidence: confidence === null ? '' : `${Math.round(confidence * 100)} %`,
    unverified: alert.verified === false,
    repeat: alert.repeat ?? 0,
    raised: alert.state === 'raised',
    updated: alert.state === 'updated',
    acknowledged: alert.state === 'acknowledged',
    cleared: alert.state === 'cleared',
    expired: alert.end === 'expired',
    digest: alert.state === 'digest',
  };
}

/** Telegram takes these four by name, and all others by number (Bot API, HTML style). */
const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
