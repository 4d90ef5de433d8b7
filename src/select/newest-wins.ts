import { asError } from '../shared/errors';

export type WorkOutcome<T, R> = { item: T } & (
  | { type: 'done'; result: R }
  | { type: 'failed'; error: Error }
  /** A newer item took its place, or {@link NewestWins.stop} was called. */
  | { type: 'dropped' }
);

/**
 * Works on one item at a time, in order, with one place to wait: a newer item takes the place of the one waiting.
 * For frames, where the newest is the one that counts. Each item has one outcome.
 */
export class NewestWins<T, R> {
  readonly #work: (item: T) => Promise<R>;
  readonly #onOutcome: (outcome: WorkOutcome<T, R>) => void;
  #running: { item: T } | null = null;
  #waiting: { item: T } | null = null;

  constructor(work: (item: T) => Promise<R>, onOutcome: (outcome: WorkOutcome<T, R>) => void) {
    this.#work = work;
    this.#onOutcome = onOutcome;
  }

  /** Whether an item would have to wait. */
  get busy(): boolean {
    return this.#running !== null;
  }

  push(item: T): void {
    if (!this.#running) {
      this.#start({ item });
      return;
    }
    const before = this.#waiting;
    this.#waiting = { item };
    if (before) this.#onOutcome({ type: 'dropped', item: before.item });
  }

  /** Drops what runs and what waits; the result of what runs is ignored. */
  stop(): void {
    const left = [this.#running, this.#waiting];
    this.#running = null;
    this.#waiting = null;
    for (const turn of left) if (turn) this.#onOutcome({ type: 'dropped', item: turn.item });
  }

  #start(turn: { item: T }): void {
    this.#running = turn;
    const { item } = turn;
    this.#work(item).then(
      (result) => this.#end(turn, { type: 'done', item, result }),
      (error) => this.#end(turn, { type: 'failed', item, error: asError(error) }),
    );
  }

  #end(turn: { item: T }, outcome: WorkOutcome<T, R>): void {
    if (this.#running !== turn) return;
    this.#running = null;
    this.#onOutcome(outcome);
    const next = this.#waiting;
    this.#waiting = null;
    if (next) this.#start(next);
  }
}
