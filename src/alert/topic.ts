import { plainText } from '../shared/plain-text';

const MAX_LEVEL_CHARS = 64;
const MAX_PREFIX_CHARS = 200;

/**
 * An MQTT topic `prefix/name/rule`, or `prefix/name/rule/subject`, that any broker takes for publishing (MQTT 3.1.1, 4.7: no wildcards, and
 * topics that begin with `$` are the broker's own).
 *
 * @param prefix may have levels of its own; '' for none
 * @param subject '' where the alert is not about one
 */
export function alertTopic(prefix: string, cameraName: string, rule: string, subject = ''): string {
  const levels = plainText(prefix, MAX_PREFIX_CHARS).split('/');
  const topic = [...levels.map(level), level(cameraName), level(rule), level(subject)]
    .filter((part) => part !== '')
    .join('/');
  return topic.replace(/^\$+/, '');
}

/** One level: a slash in a camera's name must not make two of it. */
function level(raw: string): string {
  return plainText(raw, MAX_LEVEL_CHARS).replace(/[+#/]/g, '-').trim();
}
