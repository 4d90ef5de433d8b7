import type { AlertInfo, Picture } from '../shared/messages';
import { isoTime } from '../shared/time';
import type { Finding } from './finding';
import { compileTemplate, MAX_CHARS, type Template } from './template';
import { alertTopic } from './topic';
import { harmless, wordingOf } from './wording';

export const ALERT_FORMATS = ['object', 'email', 'telegram', 'text', 'multipart'] as const;
export type AlertFormat = (typeof ALERT_FORMATS)[number];

export interface FormatOptions {
  format: AlertFormat;
  /** Of the Telegram chat. */
  chatId: string;
  topicPrefix: string;
  /** Whether an MQTT broker keeps the message for those who subscribe later. */
  retain: boolean;
  /** In which times are written for people; IANA, '' is the machine's. */
  timeZone: string;
  /** In place of our own words; null for those. */
  title: Template | null;
  text: Template | null;
  /** Whether the text's template makes HTML. */
  html: boolean;
}

/** Properties to be put on a message for the node that sends it on. */
export interface Formatted {
  topic: string;
  payload: unknown;
  retain?: boolean;
  attachments?: { filename: string; content: Buffer }[];
  headers?: Record<string, string>;
}

/** Of title and text together, and of the title, below a photo (Bot API, sendPhoto: 1024 characters). */
const MAX_CAPTION_CHARS = 1024;
const MAX_CAPTION_TITLE_CHARS = 200;

const OUR_TITLE = compileTemplate('{{title}}');
const OUR_TEXT = compileTemplate('{{text}}');

/** Whether a format carries the picture itself. */
export function hasPicture(format: AlertFormat): boolean {
  return format === 'email' || format === 'telegram' || format === 'multipart';
}

/** Shapes an alert for the node that sends it on (docs/alert-gate.md, Formats). */
export function formatAlert(
  alert: AlertInfo,
  finding: Finding,
  picture: Picture | undefined,
  options: FormatOptions,
): Formatted {
  const { format, chatId, topicPrefix, retain, html } = options;
  // An alert of a group may begin with one subject and end with another.
  const subject = alert.key === finding.key ? finding.subject : '';
  const topic = alertTopic(topicPrefix, finding.cameraName, finding.rule, subject);
  const photo = picture && Buffer.isBuffer(picture.data) ? picture : null;
  const isCaption = format === 'telegram' && photo !== null;
  const { title, text } = wordsOf(alert, finding, options, isCaption);
  switch (format) {
    case 'object':
      return { topic, retain, payload: { ...plainAlert(alert, finding), title, text } };
    case 'text':
      return { topic, retain, payload: `${title}. ${text}` };
    case 'telegram': {
      // Bot API, "HTML style": each & that is no entity must be one.
      const message = `${html ? title.replaceAll('&', '&amp;') : title}\n${text}`;
      const payload = photo
        ? {
            ...{ chatId, type: 'photo', content: photo.data, caption: message },
            fileOptions: { filename: `${alert.id}.${extension(photo.type)}`, contentType: photo.type },
          }
        : { chatId, type: 'message', content: message };
      return { topic, payload: html ? { ...payload, options: { parse_mode: 'HTML' } } : payload };
    }
    case 'email': {
      const mail: Formatted = { topic: title, payload: text, headers: mailHeaders(alert) };
      if (photo)
        mail.attachments = [{ filename: `${alert.id}.${extension(photo.type)}`, content: photo.data }];
      return mail;
    }
    case 'multipart': {
      const json = JSON.stringify({ ...plainAlert(alert, finding), title, text });
      const payload: Record<string, unknown> = { alert: json };
      if (photo) {
        const name = { filename: `${alert.id}.${extension(photo.type)}`, contentType: photo.type };
        payload.image = { value: photo.data, options: name };
      }
      return { topic, payload, headers: { 'content-type': 'multipart/form-data' } };
    }
  }
}

function wordsOf(
  alert: AlertInfo,
  finding: Finding,
  { title, text, timeZone, html }: FormatOptions,
  isCaption: boolean,
) {
  const ours = wordingOf(alert, finding, timeZone);
  const maxTitle = isCaption ? MAX_CAPTION_TITLE_CHARS : MAX_CHARS;
  const heading = (title ?? OUR_TITLE)(alert, finding, timeZone, ours, maxTitle);
  const maxText = isCaption ? Math.min(MAX_CHARS, MAX_CAPTION_CHARS - heading.length - 1) : MAX_CHARS;
  const filled = (text ?? OUR_TEXT)(alert, finding, timeZone, ours, maxText);
  return {
    // A subject or a heading: one line. The e-mail node, and Telegram without HTML, take it as it is.
    title: harmless(heading.replaceAll('\n', ' ')),
    // The e-mail node sends a text that looks like HTML as HTML: only a template may want that.
    text: html ? filled : harmless(filled),
  };
}

/** The alert as mqtt out and http request take it: JSON as it is. */
function plainAlert(alert: AlertInfo, finding: Finding) {
  const { id, state, severity, since, count, end, verified, channel, repeat } = alert;
  const { camera, cameraName, rule, subject, time, heldMs, confidence } = finding;
  return {
    id,
    state,
    severity,
    camera,
    cameraName,
    rule,
    ...(subject === '' ? {} : { subject }),
    since: isoTime(since),
    time: isoTime(time),
    heldS: Math.round(heldMs / 100) / 10,
    confidence,
    count,
    ...(end === undefined ? {} : { end }),
    ...(verified === undefined ? {} : { verified }),
    ...(channel === undefined ? {} : { channel }),
    ...(repeat === undefined ? {} : { repeat }),
  };
}

/** For filters and for whoever counts: what a person reads has no id. */
function mailHeaders({ id, state, count, repeat }: AlertInfo): Record<string, string> {
  const headers = { 'X-Alert-Id': id, 'X-Alert-State': state, 'X-Alert-Count': String(count) };
  return repeat === undefined ? headers : { ...headers, 'X-Alert-Repeat': String(repeat) };
}

/** File name extension of a MIME type: `image/jpeg` is `jpg`. */
function extension(type: unknown): string {
  return { 'image/png': 'png', 'image/webp': 'webp' }[String(type)] ?? 'jpg';
}
