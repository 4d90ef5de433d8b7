import type { AlertInfo } from '../shared/messages';
import { localTime } from '../shared/time';
import type { Finding } from './finding';
import type { Digest } from './flood';

/** The key of what no single rule has found. A key of a rule always has a slash. */
export const DIGEST_KEY = 'digest';

/**
 * A digest as it is delivered: `17 more at gate-2, 08:12-08:31`.
 *
 * @param timeZone IANA; '' is the machine's
 * @param salt makes the id unique over restarts
 */
export function digestAlert(
  { count, severity, missed, from, to }: Digest,
  timeZone: string,
  salt: string,
): { alert: AlertInfo; finding: Finding } {
  const time = (ms: number) => localTime(ms, timeZone).slice(11, 16);
  const lines = missed.map(
    (one) => `${one.count} more at ${one.cameraName}, ${time(one.from)}-${time(one.to)}`,
  );
  const id = `digest-${to.toString(36)}-${salt}`;
  const alert: AlertInfo = { id, key: DIGEST_KEY, state: 'digest', severity, since: from, count };
  const finding: Finding = {
    key: DIGEST_KEY,
    camera: '',
    cameraName: 'all cameras',
    rule: 'digest',
    subject: '',
    zones: [],
    timeZone: '',
    since: from,
    time: to,
    heldMs: to - from,
    confidence: null,
    reason: lines.join('; '),
    timeline: '',
    picture: null,
  };
  return { alert, finding };
}
