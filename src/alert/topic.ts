import { createHash } from 'node:crypto';
import { plainText } from '../shared/plain-text';

const MAX_LEVEL_CHARS = 64;
const MAX_PREFIX_CHARS = 200;
const SUBJECT_CHARS = 8;

/**
 * An MQTT topic `prefix/name/rule`, that any broker takes for publishing (MQTT 3.1.1, 4.7: no wildcards, and topics that
 * begin with `$` are the broker's own). With a subject it has a level more, which is none of its words: they may have been
 * read in the picture, and whoever holds a sign into it must not write our topics.
 *
 * @param prefix may have levels of its own; '' for none
 * @param subject '' where the alert is not about one
 */
export function alertTopic(prefix: string, cameraName: string, rule: string, subject = ''): string {
  const levels = plainText(prefix, MAX_PREFIX_CHARS).split('/');
  const topic = [...levels.map(level), level(cameraName), level(rule), levelOfSubject(subject)]
    .filter((part) => part !== '')
    .join('/');
  return topic.replace(/^\$+/, '');
}

function levelOfSubject(subject: string): string {
  if (subject === '') return '';
  return createHash('sha256').update(subject).digest('hex').slice(0, SUBJECT_CHARS);
}

/** One level: a slash in a camera's name must not make two of it. */
function level(raw: string): string {
  return plainText(raw, MAX_LEVEL_CHARS).replace(/[+#/]/g, '-').trim();
}
