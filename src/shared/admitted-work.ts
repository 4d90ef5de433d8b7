import {
  type AdmissionEvent,
  type AdmissionLimits,
  type AdmissionState,
  admit,
  IDLE,
  type Job,
  type Refusal,
} from './admission';
import { asError } from './errors';
import { offClock } from './off-clock';

/** How a job ended: each has exactly one outcome. */
export type WorkOutcome<J extends Job, R> = { job: J } & (
  | { type: 'done'; result: R }
  | { type: 'failed'; error: Error }
  | { type: 'dropped'; reason: Refusal | 'forgotten' | 'stopped' }
);

export interface AdmittedWorkOptions<J extends Job, R> extends AdmissionLimits {
  work(job: J): Promise<R>;
  /** Called once for each job, while `push`, `forget` or `stop` runs or later. */
  onOutcome(outcome: WorkOutcome<J, R>): void;
}

/** Works on pictures, a bounded number at once over all cameras; per camera in order, and the newest one waits. */
export class AdmittedWork<J extends Job, R> {
  readonly #options: AdmittedWorkOptions<J, R>;
  #state: AdmissionState<J> = IDLE;
  readonly #running = new Set<Promise<void>>();
  /** Jobs that have ended before their work has. */
  readonly #given = new Set<J>();
  #stopped = false;

  constructor(options: AdmittedWorkOptions<J, R>) {
    this.#options = options;
  }

  push(job: J): void {
    if (this.#stopped) this.#drop(job, 'stopped');
    else this.#decide({ type: 'offered', job });
  }

  /** Whether a picture of this camera is being worked on, or waits. */
  isBusy(camera: string): boolean {
    const { running, waiting } = this.#state;
    return [...running, ...waiting].some((job) => job.camera === camera && !this.#given.has(job));
  }

  /** Drops the jobs of a camera. Work that has begun cannot be broken off: it keeps its place, its result is ignored. */
  forget(camera: string): void {
    const { running, waiting } = this.#state;
    this.#state = { running, waiting: waiting.filter((job) => job.camera !== camera) };
    const ended = [...running, ...waiting].filter((job) => job.camera === camera && !this.#given.has(job));
    for (const job of running) if (job.camera === camera) this.#given.add(job);
    for (const job of ended) this.#drop(job, 'forgotten');
  }

  /**
   * Ends all jobs as dropped, and waits for the work that cannot be broken off.
   *
   * @param signal ends the waiting
   */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopped = true;
    const { waiting, running } = this.#state;
    this.#state = IDLE;
    for (const job of [...running, ...waiting]) if (!this.#given.has(job)) this.#drop(job, 'stopped');
    this.#given.clear();
    if (signal.aborted) return;
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.all(this.#running), aborted]);
  }

  #decide(event: AdmissionEvent<J>): void {
    const { state, outputs } = admit(this.#options, this.#state, event);
    this.#state = state;
    for (const output of outputs) {
      if (output.type === 'drop') {
        this.#drop(output.job, output.reason);
      } else {
        const run = offClock.track(this.#run(output.job)).finally(() => this.#running.delete(run));
        this.#running.add(run);
      }
    }
  }

  async #run(job: J): Promise<void> {
    const outcome: WorkOutcome<J, R> = await this.#options.work(job).then(
      (result) => ({ type: 'done', job, result }),
      (thrown) => ({ type: 'failed', job, error: asError(thrown) }),
    );
    if (this.#stopped) return;
    if (!this.#given.delete(job)) this.#options.onOutcome(outcome);
    this.#decide({ type: 'finished', job });
  }

  #drop(job: J, reason: Refusal | 'forgotten' | 'stopped'): void {
    this.#options.onOutcome({ type: 'dropped', job, reason });
  }
}
