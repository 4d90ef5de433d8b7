import { asError } from '../shared/errors';
import type { Picture } from '../shared/messages';
import { type AdmissionEvent, type AdmissionLimits, admit, IDLE, type Job } from './admission';
import type { DropReason } from './drops';
import type { SourceFrame } from './source-frame';

/** One picture to make, with whatever its owner needs to know it by. */
export interface EncodeJob<M> extends Job {
  /** In order of capture, 1 or more. */
  frames: readonly SourceFrame[];
  about: M;
}

/** How a job ended: each job has exactly one outcome. */
export type Outcome<M> =
  | { type: 'picture'; about: M; picture: Picture }
  | { type: 'failed'; about: M; error: Error }
  | { type: 'dropped'; about: M; reason: DropReason; frames: number };

export interface EncoderOptions<M> extends AdmissionLimits {
  encode(frames: readonly SourceFrame[]): Promise<Picture>;
  /** Called once for each job, while `push` or `stop` runs or later. */
  onOutcome(outcome: Outcome<M>): void;
}

/** Makes pictures, a bounded number at once; per camera in order, and the newest one where it cannot keep up. */
export class Encoder<M> {
  readonly #options: EncoderOptions<M>;
  #state: ReturnType<typeof admit<EncodeJob<M>>>['state'] = IDLE;
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: EncoderOptions<M>) {
    this.#options = options;
  }

  push(job: EncodeJob<M>): void {
    if (this.#stopped) this.#drop(job, 'stopped');
    else this.#decide({ type: 'offered', job });
  }

  /**
   * Ends all jobs as dropped. Pictures that are being made cannot be broken off: they are waited for.
   *
   * @param signal ends the waiting
   */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopped = true;
    const { waiting, running } = this.#state;
    this.#state = IDLE;
    for (const job of [...running, ...waiting]) this.#drop(job, 'stopped');
    if (signal.aborted) return;
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.all(this.#running), aborted]);
  }

  #decide(event: AdmissionEvent<EncodeJob<M>>): void {
    const { state, outputs } = admit(this.#options, this.#state, event);
    this.#state = state;
    for (const output of outputs) {
      if (output.type === 'drop') {
        this.#drop(output.job, output.reason);
      } else {
        const run = this.#run(output.job).finally(() => this.#running.delete(run));
        this.#running.add(run);
      }
    }
  }

  async #run(job: EncodeJob<M>): Promise<void> {
    const { about } = job;
    const outcome: Outcome<M> = await this.#options.encode(job.frames).then(
      (picture) => ({ type: 'picture', about, picture }),
      (thrown) => ({ type: 'failed', about, error: asError(thrown) }),
    );
    if (this.#stopped) return;
    this.#options.onOutcome(outcome);
    this.#decide({ type: 'finished', job });
  }

  #drop({ about, frames }: EncodeJob<M>, reason: DropReason): void {
    this.#options.onOutcome({ type: 'dropped', about, reason, frames: frames.length });
  }
}
