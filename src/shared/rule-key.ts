import { createHash } from 'node:crypto';
import { plainText } from './plain-text';

const MAX_PART_CHARS = 64;
/** What most names are made of needs no cleaning. */
const CLEAN = /^[\w.-]{1,64}$/;

/**
 * Key of a rule's state: `camera/rule`, readable. A part that had to be changed (a slash, control characters,
 * too long) gets a short hash of the original, so that two cameras never share a key.
 *
 * @param camera the camera's stable id
 * @param rule name of the rule; '' becomes `rule`
 * @param subject what the answer named: a third part; '' for none
 */
export function ruleKey(camera: string, rule: string, subject = ''): string {
  const key = `${part(camera)}/${part(rule === '' ? 'rule' : rule)}`;
  return subject === '' ? key : `${key}/${part(subject)}`;
}

function part(raw: string): string {
  if (CLEAN.test(raw)) return raw;
  const clean = plainText(raw.replaceAll('/', '-'), MAX_PART_CHARS);
  if (clean === raw) return raw;
  return `${clean}~${createHash('sha256').update(raw).digest('hex').slice(0, 6)}`;
}
