import type { Clock } from '../shared/clock';
import type { VisionClient } from './client';

/** Below the 2 s after which a server that is down is looked at again. */
const TIMEOUT_MS = 1_900;

/** Whether a server that did not answer is there again. Never rejects. */
export async function isServerThere(
  client: VisionClient,
  clock: Clock,
  stopping: AbortSignal,
): Promise<boolean> {
  const late = new AbortController();
  const stop = () => late.abort(stopping.reason);
  const timer = clock.setTimeout(() => late.abort(new Error('no answer')), TIMEOUT_MS);
  stopping.addEventListener('abort', stop, { once: true });
  const isThere = await (client.isThere?.(late.signal) ?? Promise.resolve(true)).catch(() => false);
  timer.clear();
  stopping.removeEventListener('abort', stop);
  return isThere;
}
