import Mustache from 'mustache';
import type { AlertInfo } from '../shared/messages';
import { plainText } from '../shared/plain-text';
import { isoTime, localTime } from '../shared/time';
import type { Finding } from './finding';
import { duration, type Wording } from './wording';

/** Fills in a text; the words are those that would stand there without a template. */
export type Template = (alert: AlertInfo, finding: Finding, timeZone: string, words: Wording) => string;

/** Telegram takes 4096 characters, and 1024 below a picture (Bot API, sendPhoto). */
const MAX_CHARS = 1000;

/**
 * Reads a mustache template. What is filled in is plain text; where the template itself holds a `<`, it is HTML, and
 * what is filled in is escaped for it.
 *
 * @throws what Mustache says where the braces are wrong
 */
export function compileTemplate(template: string): Template {
  Mustache.parse(template);
  const escaped = isHtml(template) ? escapeHtml : (text: string) => text;
  return (alert, finding, timeZone, words) => {
    const view = Object.fromEntries(
      // Escaped here, so that three braces are no way around it.
      Object.entries(viewOf(alert, finding, timeZone, words)).map(([name, value]) => [
        name,
        typeof value === 'string' ? escaped(value) : value,
      ]),
    );
    const filled = Mustache.render(template, view, {}, { escape: String });
    return filled
      .slice(0, 4 * MAX_CHARS)
      .split(/\r?\n/)
      .map((line) => plainText(line, MAX_CHARS))
      .join('\n')
      .slice(0, MAX_CHARS)
      .trim();
  };
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
