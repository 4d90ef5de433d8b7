import type { Clock } from '../shared/clock';
import type { Grant, SlotOptions, Slots } from '../vision/slots';

/** Slots for calls on a replay's clock: Bottleneck's own timers are the machine's. */
export class VirtualSlots implements Slots {
  readonly #options: SlotOptions;
  readonly #clock: Clock;
  readonly #waiting: ((grant: Grant) => void)[] = [];
  #held = 0;
  #startedAt = Number.NEGATIVE_INFINITY;

  constructor(options: SlotOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  acquireNow(): Grant | null {
    return this.#waiting.length === 0 && this.#waitMs() <= 0 ? this.#grant() : null;
  }

  acquire(): Promise<Grant> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#next();
    });
  }

  stop(): void {
    this.#waiting.length = 0;
  }

  /** Milliseconds to the next start; without end while all slots are held. */
  #waitMs(): number {
    if (this.#held >= this.#options.maxConcurrent) return Number.POSITIVE_INFINITY;
    return this.#startedAt + this.#options.minTimeMs - this.#clock.monotonic();
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    const waitMs = this.#waitMs();
    if (waitMs <= 0) this.#waiting.shift()?.(this.#grant());
    else if (Number.isFinite(waitMs)) this.#clock.setTimeout(() => this.#next(), waitMs);
  }

  #grant(): Grant {
    this.#held += 1;
    this.#startedAt = this.#clock.monotonic();
    let isHeld = true;
    return {
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#held -= 1;
        this.#next();
      },
    };
  }
}
