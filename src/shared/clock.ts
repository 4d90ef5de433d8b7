/** A running timer, as returned by {@link Clock.setTimeout}. */
export interface Timer {
  /** Stops the timer; does nothing where it has run already. */
  clear(): void;
}

/** Time for everything in `src/`: live it is the machine's, in tests and replay a simulated one. */
export interface Clock {
  /** Wall clock, epoch milliseconds. May step when the machine's clock is set. */
  now(): number;
  /** Milliseconds since some fixed moment; never goes back. For durations, deadlines and timers. */
  monotonic(): number;
  /** Calls `run` once, `delayMs` milliseconds from now (0 to about 24 days). */
  setTimeout(run: () => void, delayMs: number): Timer;
}

/** setTimeout's delay is a signed 32-bit number: longer ones would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers keep the process alive, as a node's work should. */
export const machineClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(run, delayMs) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), MAX_DELAY_MS));
    return { clear: () => clearTimeout(timer) };
  },
};

let current = machineClock;

/** The clock that nodes run on: the machine's, unless this process replays. */
export const systemClock: Clock = {
  now: () => current.now(),
  monotonic: () => current.monotonic(),
  setTimeout: (run, delayMs) => current.setTimeout(run, delayMs),
};

/**
 * Lets all that runs on {@link systemClock} run on another one. For a process that replays, and nobody else.
 *
 * @returns puts the one of before back
 */
export function replaceSystemClock(clock: Clock): () => void {
  const before = current;
  current = clock;
  return () => {
    current = before;
  };
}

/**
 * Waits, unless told to stop.
 *
 * @param clock whose time it is
 * @param delayMs how long, in milliseconds
 * @param signal ends the wait early: the promise then rejects with the signal's reason
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.clear();
      reject(signal?.reason);
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
