import Bottleneck from 'bottleneck';
import type { Clock } from '../shared/clock';

/** A slot that a call has. */
export interface Grant {
  /** Gives it back. Safe to call twice. */
  release(): void;
}

/**
 * Where calls are counted while they are in flight, and spaced. Admission asks for one slot at a time and chooses the
 * picture when the slot is there, so that nothing but one request ever queues here.
 */
export interface Slots {
  /**
   * Waits for a slot.
   *
   * @param expirationMs after this the slot is free again whatever the call does; it must have ended by then
   * @throws where the slots were stopped, or had to be made anew
   */
  acquire(expirationMs: number): Promise<Grant>;
  /** As acquire, where it is known at once that there is a slot; null where it is not. */
  acquireNow?(expirationMs: number): Grant | null;
  stop(): void;
}

export interface SlotOptions {
  /** 1 or more. */
  maxConcurrent: number;
  /** Between the starts of two calls. */
  minTimeMs: number;
}

/**
 * Bottleneck has been reported to leave jobs queued although nothing runs (its issues 152 and 194): where a slot is
 * not given for so long although none is held, the limiter is made anew.
 */
const STUCK_MS = 10_000;

/** Slots of this process, by Bottleneck. */
export class LocalSlots implements Slots {
  readonly #options: SlotOptions;
  readonly #clock: Clock;
  readonly #make: (options: SlotOptions) => Bottleneck;
  #limiter: Bottleneck;
  #held = 0;
  /** Requests that wait. */
  #asked = 0;
  #startedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  /** @param make for tests */
  constructor(options: SlotOptions, clock: Clock, make = newLimiter) {
    this.#options = options;
    this.#clock = clock;
    this.#make = make;
    this.#limiter = make(options);
  }

  acquireNow(expirationMs: number): Grant | null {
    const { maxConcurrent, minTimeMs } = this.#options;
    const isSpaced = this.#clock.monotonic() - this.#startedAt >= minTimeMs;
    if (this.#stopped || this.#held + this.#asked >= maxConcurrent || !isSpaced) return null;
    this.#began();
    return granted(this.#limiter, expirationMs, () => this.#ended()).grant;
  }

  async acquire(expirationMs: number): Promise<Grant> {
    const limiter = this.#limiter;
    const watch = this.#watch(limiter);
    this.#asked += 1;
    try {
      let isThere = false;
      const { grant, running } = granted(limiter, expirationMs, () => isThere && this.#ended());
      await running;
      isThere = true;
      this.#began();
      return grant;
    } finally {
      this.#asked -= 1;
      watch.clear();
    }
  }

  stop(): void {
    this.#stopped = true;
    end(this.#limiter);
  }

  #began(): void {
    this.#held += 1;
    this.#startedAt = this.#clock.monotonic();
  }

  #ended(): void {
    this.#held -= 1;
  }

  #watch(limiter: Bottleneck): { clear(): void } {
    const look = () => {
      if (this.#stopped || limiter !== this.#limiter) return;
      if (this.#held > 0) {
        timer = again();
        return;
      }
      this.#limiter = this.#make(this.#options);
      end(limiter);
    };
    const again = () => this.#clock.setTimeout(look, STUCK_MS + this.#options.minTimeMs);
    let timer = again();
    return { clear: () => timer.clear() };
  }
}

/**
 * Has a limiter run a job that lasts until the grant is given back.
 *
 * @param onEnd called once when the slot is free again, also where it has expired or was never given
 * @returns `running` resolves when the job runs, and rejects where it never will
 */
export function granted(
  limiter: Bottleneck,
  expirationMs: number,
  onEnd: () => void,
): { grant: Grant; running: Promise<void> } {
  let free = () => {};
  let isOver = false;
  const over = () => {
    if (!isOver) onEnd();
    isOver = true;
    free();
  };
  const running = new Promise<void>((resolve, reject) => {
    limiter
      .schedule({ expiration: expirationMs }, () => {
        resolve();
        return isOver
          ? Promise.resolve()
          : new Promise<void>((end) => {
              free = end;
            });
      })
      .catch((error) => {
        over();
        reject(error);
      });
  });
  // Whoever does not wait for it hears of its end by the grant.
  running.catch(() => {});
  return { grant: { release: over }, running };
}

/** Ends a limiter; what waits in it is rejected. */
export function end(limiter: Bottleneck): void {
  // Resolves when all calls have ended, which nobody waits for; what was dropped is told by its own promise.
  limiter.stop({ dropWaitingJobs: true }).catch(() => {});
}

function newLimiter({ maxConcurrent, minTimeMs }: SlotOptions): Bottleneck {
  return new Bottleneck({ maxConcurrent, minTime: minTimeMs });
}
