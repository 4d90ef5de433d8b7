import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isoTime } from '../shared/time';
import type { Finding } from './finding';

/** What a person has said of an alert, as a line of JSON. `label`, `start` and `end` are as in a labelled clip. */
export interface FeedbackLabel {
  camera: string;
  /** The rule. */
  label: string;
  /** Seconds since 1970, event time; what was (or was not) there lasted so long. */
  start: number;
  end: number;
  /** `right`: it was there. `wrong`: it was not. */
  verdict: 'right' | 'wrong';
  alert: string;
  key: string;
  /** When it was said, ISO 8601. */
  at: string;
}

/** The label of a finding. `now`: epoch milliseconds. */
export function feedbackLabel(
  alert: string,
  { key, camera, rule, since, time, heldMs }: Finding,
  verdict: FeedbackLabel['verdict'],
  now: number,
): FeedbackLabel {
  const start = since ?? time - heldMs;
  const seconds = (ms: number) => Math.round(ms) / 1000;
  return {
    camera,
    label: rule,
    start: seconds(start),
    end: seconds(Math.max(time, start)),
    verdict,
    alert,
    key,
    at: isoTime(now),
  };
}

/** Some 40,000 labels. A second file keeps the older half. */
const MAX_BYTES = 10_000_000;
const MAX_WAITING = 100;

/** A file of JSON lines at whose end labels are put. */
export class LabelFile {
  readonly #path: string;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @param path made where it is missing, with its folder */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Keeps a label. A later one for the same alert counts in place of an earlier one.
   *
   * @throws what the file system says, or that too many wait
   */
  add(label: FeedbackLabel): Promise<void> {
    if (this.#waiting >= MAX_WAITING) return Promise.reject(new Error('too many labels at once'));
    this.#waiting++;
    const done = this.#last.then(() => this.#write(`${JSON.stringify(label)}\n`));
    this.#last = done.catch(() => {}).finally(() => this.#waiting--);
    return done;
  }

  async #write(line: string): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    const size = await stat(this.#path).then(
      (stats) => stats.size,
      () => 0,
    );
    if (size > MAX_BYTES) await rename(this.#path, `${this.#path}.old`);
    await appendFile(this.#path, line);
  }
}
