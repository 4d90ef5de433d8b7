import type { Clock } from '../../shared/clock';
import { CameraError } from '../../shared/errors';
import { Deadline } from '../net/deadline';
import { networkError } from '../net/network-error';
import type { Answer } from './camera-http';

export interface BodyLimits {
  clock: Clock;
  maxBytes: number;
  /** For the whole body, in milliseconds. */
  timeoutMs: number;
  /** What it is, as the beginning of a sentence: `The playlist`. */
  what: string;
  signal: AbortSignal;
}

/**
 * Reads an answer to its end.
 *
 * @throws CameraError CAMERA_PROTOCOL where it is too long, CAMERA_NETWORK where it does not come whole
 */
export async function readBody({ body, url }: Answer, limits: BodyLimits): Promise<Buffer> {
  const { clock, maxBytes, timeoutMs, what, signal } = limits;
  const deadline = new Deadline(clock, timeoutMs, signal);
  deadline.waitsFor = `${what} did not come whole`;
  const onAbort = () => body.destroy();
  deadline.signal.addEventListener('abort', onAbort, { once: true });
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    if (deadline.signal.aborted) body.destroy();
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLong(what, maxBytes);
      chunks.push(chunk);
    }
    deadline.signal.throwIfAborted();
    return Buffer.concat(chunks);
  } catch (error) {
    deadline.signal.throwIfAborted();
    throw networkError(error, new URL(url).host);
  } finally {
    deadline.done();
    deadline.signal.removeEventListener('abort', onAbort);
    // Does nothing where all was read: the connection is kept then.
    body.destroy();
  }
}

function tooLong(what: string, maxBytes: number): CameraError {
  return new CameraError('CAMERA_PROTOCOL', `${what} has more than ${Math.floor(maxBytes / 2 ** 20)} MiB.`, {
    retryable: true,
    advice: 'Check the address; open it in a browser.',
  });
}
