import { type Clock, systemClock } from '../../../../src/shared/clock';

/** The machine's clock, which knows how many of its timers have not run. */
export class CountingClock implements Clock {
  pending = 0;

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  setTimeout(run: () => void, delayMs: number) {
    let isPending = true;
    const settle = () => {
      if (isPending) this.pending -= 1;
      isPending = false;
    };
    this.pending += 1;
    const timer = systemClock.setTimeout(() => {
      settle();
      run();
    }, delayMs);
    return {
      clear: () => {
        settle();
        timer.clear();
      },
    };
  }
}
