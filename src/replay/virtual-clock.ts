import type { Clock, Timer } from '../shared/clock';

interface Entry {
  at: number;
  /** Of two at the same time, the one that was set first runs first. */
  order: number;
  /** It has run, or was cleared. */
  over: boolean;
  run(): void;
}

/** A clock that stands still until it is moved: from one timer, or frame, to the next. */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  /** A binary heap by time and order. */
  readonly #heap: Entry[] = [];
  /** Entries in the heap that were cleared. */
  #cleared = 0;

  /** @param start epoch milliseconds */
  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  setTimeout(run: () => void, delayMs: number): Timer {
    const entry: Entry = { at: this.#now + Math.max(0, delayMs), order: this.#order++, over: false, run };
    this.#push(entry);
    return {
      clear: () => {
        if (!entry.over) this.#cleared += 1;
        entry.over = true;
      },
    };
  }

  /** Timers that have neither run nor been cleared. */
  get pending(): number {
    return this.#heap.length - this.#cleared;
  }

  /** When the next timer is due, epoch milliseconds; null where there is none. */
  get next(): number | null {
    this.#discard();
    return this.#heap[0]?.at ?? null;
  }

  /** Moves to the next timer and runs it. False where there is none up to `until`. */
  runNext(until: number): boolean {
    this.#discard();
    const [first] = this.#heap;
    if (!first || first.at > until) return false;
    this.#pop();
    this.#now = Math.max(this.#now, first.at);
    first.over = true;
    first.run();
    return true;
  }

  /** Moves on, never back. Timers up to there must have run. */
  moveTo(time: number): void {
    this.#now = Math.max(this.#now, time);
  }

  #discard(): void {
    while (this.#heap[0]?.over) {
      this.#pop();
      this.#cleared -= 1;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const up = (index - 1) >> 1;
      if (!this.#swapIfBefore(index, up)) return;
      index = up;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    heap[0] = last;
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      const right = left + 1;
      const child = right < heap.length && this.#isBefore(right, left) ? right : left;
      if (child >= heap.length || !this.#swapIfBefore(child, index)) return;
      index = child;
    }
  }

  #swapIfBefore(a: number, b: number): boolean {
    if (!this.#isBefore(a, b)) return false;
    const [one, other] = [this.#heap[a] as Entry, this.#heap[b] as Entry];
    this.#heap[a] = other;
    this.#heap[b] = one;
    return true;
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a] as Entry, this.#heap[b] as Entry];
    return one.at < other.at || (one.at === other.at && one.order < other.order);
  }
}
