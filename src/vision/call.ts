import { type Clock, sleep } from '../shared/clock';
import { asError, VisionError } from '../shared/errors';
import type { VisionReply } from './client';
import { CallFailure, timedOut } from './failure';
import { retryDelay } from './retry';

/** How a call ended. `latencyMs`: from the first attempt on. */
export type CallResult =
  | { kind: 'answered'; reply: VisionReply; latencyMs: number; attempts: number }
  /** `standing`: it concerns every picture, until somebody changes something. */
  | { kind: 'failed'; error: VisionError; standing: boolean; latencyMs: number; attempts: number };

export interface CallOptions {
  /** For all attempts and waits together. */
  timeoutMs: number;
  /** Attempts in all, 1 or more. */
  maxAttempts: number;
}

export interface CallParts {
  clock: Clock;
  /** 0 to 1. */
  random(): number;
  /** One attempt; its slot is free when it ends. */
  attempt(signal: AbortSignal): Promise<VisionReply>;
  /** The wait is over: resolves when there is a slot again. */
  again(): Promise<void>;
  /** For so many milliseconds from now the picture may still be asked about. Missing: as long as the deadline. */
  youngForMs?(): number;
}

/**
 * Makes a call, again where that may help, within one deadline. Never rejects.
 *
 * @param abort ends the call from outside; the deadline uses it as well
 */
export async function makeCall(
  options: CallOptions,
  parts: CallParts,
  abort: AbortController,
): Promise<CallResult> {
  const { clock } = parts;
  const { signal } = abort;
  const startedAt = clock.monotonic();
  const elapsed = () => clock.monotonic() - startedAt;
  const deadline = clock.setTimeout(() => abort.abort(timedOut(options.timeoutMs)), options.timeoutMs);
  let attempts = 0;
  let failure: CallFailure;
  for (;;) {
    attempts += 1;
    try {
      const reply = await untilAborted(parts.attempt(signal), signal);
      deadline.clear();
      return { kind: 'answered', reply, latencyMs: elapsed(), attempts };
    } catch (thrown) {
      failure = asFailure(thrown);
    }
    if (failure.kind !== 'retry' || attempts >= options.maxAttempts || signal.aborted) break;
    const leftMs = Math.min(options.timeoutMs - elapsed(), parts.youngForMs?.() ?? Number.POSITIVE_INFINITY);
    const delay = retryDelay(attempts, failure.retryAfterMs, leftMs, parts.random());
    if (delay === null) break;
    try {
      await sleep(clock, delay, signal);
      await untilAborted(parts.again(), signal);
    } catch {
      // Ended while it waited: what went wrong before says more than that the time is over.
      break;
    }
  }
  deadline.clear();
  const standing = failure.kind === 'standing';
  return { kind: 'failed', error: failure.error, standing, latencyMs: elapsed(), attempts };
}

/** The promise's end, or the signal's if that is first: no client may hold a call that was given up. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function asFailure(thrown: unknown): CallFailure {
  if (thrown instanceof CallFailure) return thrown;
  if (thrown instanceof VisionError) return new CallFailure('once', thrown);
  const detail = asError(thrown).message;
  return new CallFailure(
    'once',
    new VisionError('VISION_SERVER', 'The call was ended.', { retryable: true, detail }),
  );
}
