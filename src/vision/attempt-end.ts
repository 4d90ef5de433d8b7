import { VisionError } from '../shared/errors';
import type { AttemptEnd } from './admission-state';
import { CallFailure } from './failure';

/** What the failure of an attempt says about the server. */
export function attemptEnd(thrown: unknown): AttemptEnd {
  // The deadline: a server that does not answer in time has a fault, whatever it is.
  if (thrown instanceof VisionError) {
    return thrown.code === 'VISION_TIMEOUT' ? { kind: 'outage', outage: 'server' } : { kind: 'other' };
  }
  if (!(thrown instanceof CallFailure)) return { kind: 'other' };
  const { kind, error, retryAfterMs } = thrown;
  if (kind === 'standing') return { kind: 'standing' };
  if (error.code === 'VISION_RATE_LIMITED') return { kind: 'limited', retryAfterMs };
  if (kind !== 'retry') return { kind: 'other' };
  return { kind: 'outage', outage: error.code === 'VISION_NETWORK' ? 'network' : 'server' };
}

/** Whether the provider may bill an attempt that brought nothing: it had the picture, and nobody heard the end. */
export function mayHaveBilled(thrown: unknown): boolean {
  if (!(thrown instanceof CallFailure)) return true;
  return (
    thrown.error.code === 'VISION_NETWORK' &&
    /terminated|aborted|other side closed|ECONNRESET/i.test(thrown.said)
  );
}
