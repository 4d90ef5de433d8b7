import { offClock } from '../shared/off-clock';
import type { VirtualClock } from './virtual-clock';

/** The nodes, as far as time is concerned. */
export interface Stage {
  /** Messages wait to be handed over. */
  readonly isBusy: boolean;
  /** Hands them over. */
  deliver(): void;
}

/**
 * Runs nodes in event time: frames, timers and answers in the order of their times. The clock moves only when all is
 * at rest: no message on its way, no picture being encoded, no server being asked.
 */
export class Simulation {
  readonly #clock: VirtualClock;
  readonly #stage: Stage;

  constructor(clock: VirtualClock, stage: Stage) {
    this.#clock = clock;
    this.#stage = stage;
  }

  /** Lets time go by up to a moment: timers run, each at its own time, and what comes of them. */
  async runTo(time: number): Promise<void> {
    while (this.#clock.runNext(time)) await this.settle();
    this.#clock.moveTo(time);
  }

  /** Lets time go by until `isOver`, or up to a moment. */
  async runUntil(isOver: () => boolean, latest: number): Promise<void> {
    while (!isOver() && this.#clock.runNext(latest)) await this.settle();
  }

  /** Resolves when all is at rest. */
  async settle(): Promise<void> {
    do {
      this.#stage.deliver();
      await offClock.idle();
      // All promises that are to be kept at this moment are kept before the next turn.
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#stage.isBusy || !offClock.isIdle);
  }
}
