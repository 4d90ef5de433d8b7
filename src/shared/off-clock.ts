/**
 * Work that takes the machine's time and not the clock's: pictures that are encoded, servers that are asked. A replay's
 * clock stands still while there is any, so that work takes no time there.
 */
export class OffClock {
  #underWay = 0;
  #waiting: (() => void)[] = [];

  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** Counts work until it has ended, well or not. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#underWay += 1;
    return work.finally(() => {
      this.#underWay -= 1;
      if (this.#underWay > 0) return;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const resume of waiting) resume();
    });
  }

  /** Resolves when there is none. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** All of this process. */
export const offClock = new OffClock();
