import type { Clock, Timer } from '../shared/clock';

/** Calls `run` at each `periodMs` from now on, by the clock's pace: a late call makes none of the next ones late. */
export function every(clock: Clock, periodMs: number, run: () => void): Timer {
  let dueAt = clock.monotonic();
  let timer: Timer;
  const next = () => {
    dueAt += periodMs;
    timer = clock.setTimeout(() => {
      next();
      run();
    }, dueAt - clock.monotonic());
  };
  next();
  return { clear: () => timer.clear() };
}
