import type { AlertInfo, Picture } from '../shared/messages';
import { isoTime } from '../shared/time';
import type { Finding } from './finding';
import { alertTopic } from './topic';
import { wordingOf } from './wording';

export const ALERT_FORMATS = ['object', 'email', 'telegram', 'text'] as const;
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
}

/** Properties to be put on a message for the node that sends it on. */
export interface Formatted {
  topic: string;
  payload: unknown;
  retain?: boolean;
  attachments?: { filename: string; content: Buffer }[];
}

/** Shapes an alert for the node that sends it on (docs/alert-gate.md, Formats). */
export function formatAlert(
  alert: AlertInfo,
  finding: Finding,
  picture: Picture | undefined,
  { format, chatId, topicPrefix, retain, timeZone }: FormatOptions,
): Formatted {
  const { title, text } = wordingOf(alert, finding, timeZone);
  const topic = alertTopic(topicPrefix, finding.cameraName, finding.rule);
  const photo = picture && Buffer.isBuffer(picture.data) ? picture : null;
  switch (format) {
    case 'object':
      return { topic, retain, payload: { ...plainAlert(alert, finding), title, text } };
    case 'text':
      return { topic, retain, payload: `${title}. ${text}` };
    case 'telegram': {
      const message = `${title}\n${text}`;
      const payload = photo
        ? { chatId, type: 'photo', content: photo.data, caption: message }
        : { chatId, type: 'message', content: message };
      return { topic, payload };
    }
    case 'email': {
      const mail: Formatted = { topic: title, payload: text };
      if (photo)
        mail.attachments = [{ filename: `${alert.id}.${extension(photo.type)}`, content: photo.data }];
      return mail;
    }
  }
}

/** The alert as mqtt out and http request take it: JSON as it is. */
function plainAlert({ id, state, severity, since, count }: AlertInfo, finding: Finding) {
  const { camera, cameraName, rule, time, heldMs, confidence } = finding;
  const heldS = Math.round(heldMs / 100) / 10;
  return {
    id,
    state,
    severity,
    camera,
    cameraName,
    rule,
    since: isoTime(since),
    time: isoTime(time),
    heldS,
    confidence,
    count,
  };
}

/** File name extension of a MIME type: `image/jpeg` is `jpg`. */
function extension(type: unknown): string {
  return { 'image/png': 'png', 'image/webp': 'webp' }[String(type)] ?? 'jpg';
}
