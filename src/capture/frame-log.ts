/** What ffmpeg's `framecrc` writer tells of one JPEG. */
export interface LoggedFrame {
  /** Presentation time of the stream, in milliseconds. */
  ptsMs: number;
  /** Size of the JPEG in bytes. */
  bytes: number;
}

/** No line of the log is longer: more than that without an end is not a log. */
const MAX_LINE_CHARS = 4096;

/**
 * Reads the log that ffmpeg writes beside the JPEGs. Its lines are
 * `stream, dts, pts, duration, size, crc, …`, after a head that gives the time base as `#tb 0: 1/90000`.
 */
export class FrameLog {
  #rest = '';
  #msPerTick = 1;

  /** Takes some of the log, cut anywhere; gives the frames whose lines are complete. */
  push(chunk: Buffer): LoggedFrame[] {
    const lines = (this.#rest + chunk.toString('latin1')).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-MAX_LINE_CHARS);
    const frames: LoggedFrame[] = [];
    for (const line of lines) {
      if (line.startsWith('#')) this.#readHead(line);
      else {
        const [, , pts, , bytes] = line.split(',').map(Number);
        if (pts !== undefined && bytes !== undefined && bytes > 0) {
          frames.push({ ptsMs: pts * this.#msPerTick, bytes });
        }
      }
    }
    return frames;
  }

  #readHead(line: string): void {
    const [, numerator, denominator] = /^#tb \d+: (\d+)\/(\d+)/.exec(line) ?? [];
    if (numerator && denominator) this.#msPerTick = (1000 * Number(numerator)) / Number(denominator);
  }
}
