import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Timer } from '../../shared/clock';
import { asError, CameraError } from '../../shared/errors';
import { readBody } from './bounded-body';
import { contentType, isPage, wrongContent } from './content';
import { JPEG_START, MAX_PICTURE_BYTES } from './jpeg-scanner';
import { PictureStream } from './picture-stream';
import type { Way, WayParts } from './way';

/** For one picture, from its first byte to its last. */
const PICTURE_TIMEOUT_MS = 20_000;
const MAX_FAILURES = 3;
/** After a failure the next picture is asked for no sooner and no later, whatever the interval is. */
const MIN_RETRY_MS = 1000;
const MAX_RETRY_MS = 5000;

/** One picture a request, asked for again and again. */
export class SnapshotWay implements Way {
  readonly entry = 'live.mjpeg';
  readonly #parts: WayParts;
  readonly #stream = new PictureStream();
  #timer: Timer | null = null;
  /** In a row. */
  #failures = 0;

  constructor(parts: WayParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const askedAt = this.#parts.clock.monotonic();
    await this.#fetch();
    this.#parts.onStream({ codec: 'mjpeg' });
    this.#waitFrom(askedAt);
  }

  answer(path: string, _request: IncomingMessage, response: ServerResponse): void {
    if (path === this.entry) this.#stream.serve(response);
    else response.writeHead(404).end();
  }

  stop(): void {
    this.#timer?.clear();
    this.#stream.end();
  }

  /** The next request comes `everyMs` after the last one, but never before its picture has come. */
  #waitFrom(askedAt: number): void {
    const { clock, source } = this.#parts;
    this.#askIn(Math.max(0, askedAt + source.everyMs - clock.monotonic()));
  }

  #askIn(delayMs: number): void {
    const { clock, http } = this.#parts;
    if (http.signal.aborted) return;
    this.#timer = clock.setTimeout(() => void this.#ask(), delayMs);
  }

  async #ask(): Promise<void> {
    const { clock, http, source, onEnd } = this.#parts;
    const askedAt = clock.monotonic();
    try {
      await this.#fetch();
      this.#failures = 0;
      this.#waitFrom(askedAt);
    } catch (error) {
      if (http.signal.aborted) return;
      this.#failures++;
      // A refused login is not tried again and again: cameras lock their users out.
      if (this.#failures >= MAX_FAILURES || isRefusal(error)) {
        this.#stream.end();
        return onEnd(error instanceof CameraError ? error : lost(error));
      }
      this.#askIn(Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, source.everyMs)));
    }
  }

  async #fetch(): Promise<void> {
    const { http, source, clock, traffic } = this.#parts;
    const answer = await http.get(source.url);
    if (isPage(answer.headers)) {
      answer.body.destroy();
      throw wrongContent(`a page (${contentType(answer.headers)})`, 'a picture');
    }
    const picture = await readBody(answer, {
      clock,
      maxBytes: MAX_PICTURE_BYTES,
      timeoutMs: PICTURE_TIMEOUT_MS,
      what: 'The picture',
      signal: http.signal,
    });
    if (!picture.subarray(0, JPEG_START.length).equals(JPEG_START)) {
      throw wrongContent(contentType(answer.headers) || 'something else', 'a JPEG picture');
    }
    traffic.picture();
    traffic.video(picture.length);
    this.#stream.push(picture);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof CameraError && (error.code === 'CAMERA_AUTH' || error.code === 'CAMERA_REFUSED');
}

function lost(error: unknown): CameraError {
  return new CameraError('CAMERA_LOST', 'The camera gives no more pictures.', {
    retryable: true,
    advice: 'It is opened again.',
    detail: asError(error).message,
  });
}
