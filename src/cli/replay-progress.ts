import { duration } from '../replay/report';

const EVERY_MS = 200;
const BAR_CHARS = 30;

/** A line on a terminal that tells how far a replay is; nothing where nobody looks. */
export class Progress {
  readonly #totalS: number | null;
  readonly #out: NodeJS.WriteStream;
  readonly #began = performance.now();
  #shownAt = Number.NEGATIVE_INFINITY;
  #isShown = false;

  /** @param totalS length of the recording, where it is known */
  constructor(totalS: number | null, out: NodeJS.WriteStream = process.stderr) {
    this.#totalS = totalS;
    this.#out = out;
  }

  show(what: string, seconds: number): void {
    const now = performance.now();
    if (!this.#out.isTTY || now - this.#shownAt < EVERY_MS) return;
    this.#shownAt = now;
    this.#isShown = true;
    const took = duration((now - this.#began) / 1000);
    this.#out.write(
      `\r\u001b[K${this.#bar(seconds)}${duration(seconds)} of ${what.slice(0, 40)}, after ${took}`,
    );
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isShown) this.#out.write('\r\u001b[K');
    this.#isShown = false;
  }

  #bar(seconds: number): string {
    if (this.#totalS === null) return '';
    const done = Math.min(BAR_CHARS, Math.round((seconds / this.#totalS) * BAR_CHARS));
    return `[${'#'.repeat(done)}${'.'.repeat(BAR_CHARS - done)}] `;
  }
}
