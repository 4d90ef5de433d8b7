import type { Clock, Timer } from '../shared/clock';

const TICK_MS = 100;
/** A loop that was busy for longer than this has kept frames waiting: six of them at 30 frames a second. */
const BLOCKED_MS = 200;
/** So long after it, what comes is taken for what has waited: full pipes, and an ffmpeg that waited for them. */
const CATCH_UP_MS = 1000;

/** Notices that the event loop was blocked, by a timer that came late. Shared by all that use the same clock. */
export class LoopLag {
  readonly #clock: Clock;
  #users = 0;
  #timer: Timer | null = null;
  #tickAt = 0;
  #caughtUpAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Measures from now on. @returns ends it, once: the last one to go stops the timer */
  use(): () => void {
    if (this.#users++ === 0) this.#wait();
    let used = true;
    return () => {
      if (!used) return;
      used = false;
      if (--this.#users === 0) this.#timer?.clear();
    };
  }

  /** Whether the loop was blocked within the last second. */
  get isCatchingUp(): boolean {
    this.#look();
    return this.#clock.monotonic() < this.#caughtUpAt;
  }

  #wait(): void {
    this.#tickAt = this.#clock.monotonic() + TICK_MS;
    this.#timer = this.#clock.setTimeout(() => {
      this.#look();
      this.#wait();
    }, TICK_MS);
  }

  /** Not only by the timer: after a block, what has arrived may be read before timers run. */
  #look(): void {
    const now = this.#clock.monotonic();
    if (this.#users > 0 && now - this.#tickAt > BLOCKED_MS) this.#caughtUpAt = now + CATCH_UP_MS;
  }
}

const meters = new WeakMap<Clock, LoopLag>();

/** The one meter of a clock. */
export function loopLagOf(clock: Clock): LoopLag {
  const known = meters.get(clock);
  if (known) return known;
  const meter = new LoopLag(clock);
  meters.set(clock, meter);
  return meter;
}
