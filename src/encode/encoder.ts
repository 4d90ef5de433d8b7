import type { AdmissionLimits, Job } from '../shared/admission';
import { AdmittedWork, type WorkOutcome } from '../shared/admitted-work';
import type { Picture } from '../shared/messages';
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
  readonly #work: AdmittedWork<EncodeJob<M>, Picture>;

  constructor({ encode, onOutcome, maxRunning, maxWaiting }: EncoderOptions<M>) {
    this.#work = new AdmittedWork({
      maxRunning,
      maxWaiting,
      work: ({ frames }) => encode(frames),
      onOutcome: (outcome) => onOutcome(asEncoded(outcome)),
    });
  }

  push(job: EncodeJob<M>): void {
    this.#work.push(job);
  }

  /**
   * Ends all jobs as dropped. Pictures that are being made cannot be broken off: they are waited for.
   *
   * @param signal ends the waiting
   */
  stop(signal: AbortSignal): Promise<void> {
    return this.#work.stop(signal);
  }
}

function asEncoded<M>(outcome: WorkOutcome<EncodeJob<M>, Picture>): Outcome<M> {
  const { about, frames } = outcome.job;
  switch (outcome.type) {
    case 'done':
      return { type: 'picture', about, picture: outcome.result };
    case 'failed':
      return { type: 'failed', about, error: outcome.error };
    case 'dropped':
      return { type: 'dropped', about, reason: outcome.reason, frames: frames.length };
  }
}
