import { ByteQueue } from './byte-queue';
import { FrameLog, type LoggedFrame } from './frame-log';

/** One decoded frame. */
export interface DecodedFrame {
  jpeg: Buffer;
  /** Grey plane, one byte a pixel. */
  luma: Buffer;
  /** Presentation time of the stream, in milliseconds. */
  ptsMs: number;
}

/** More than this waiting means that the streams do not fit together: 30 pictures of 4K at the best quality. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * Puts together what ffmpeg writes on three descriptors. Each decoded frame gives one JPEG, one line of the log
 * and one grey plane, always in the same order, so the nth of each belong together.
 */
export class FrameAssembler {
  readonly #lumaBytes: number;
  readonly #log = new FrameLog();
  readonly #jpegs = new ByteQueue();
  readonly #lumas = new ByteQueue();
  #logged: LoggedFrame[] = [];

  /** @param lumaBytes size of one grey plane */
  constructor(lumaBytes: number) {
    this.#lumaBytes = lumaBytes;
  }

  pushJpeg(chunk: Buffer): void {
    this.#jpegs.push(chunk);
  }

  pushLuma(chunk: Buffer): void {
    this.#lumas.push(chunk);
  }

  pushLog(chunk: Buffer): void {
    this.#logged.push(...this.#log.push(chunk));
  }

  /** Bytes that wait for their counterpart have no bound of their own: more than this is an error of the stream. */
  get isOverfull(): boolean {
    return this.#jpegs.length + this.#lumas.length > MAX_WAITING_BYTES;
  }

  /** The next frame of which all three parts have come; null for not yet. */
  next(): DecodedFrame | null {
    const [logged] = this.#logged;
    if (!logged || this.#jpegs.length < logged.bytes || this.#lumas.length < this.#lumaBytes) return null;
    this.#logged.shift();
    const jpeg = this.#jpegs.take(logged.bytes) as Buffer;
    const luma = this.#lumas.take(this.#lumaBytes) as Buffer;
    return { jpeg, luma, ptsMs: logged.ptsMs };
  }
}
