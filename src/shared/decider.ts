import type { Clock, Timer } from './clock';

/** What a decider gives back for one event. */
export interface Step<S, O> {
  state: S;
  outputs: O[];
  /** When to be woken, on the time line of the `now` that was passed in; null for never. */
  wakeAt: number | null;
}

/** Sent by the runner when the time of `wakeAt` has come. */
export interface Wake {
  type: 'wake';
}

/**
 * A pure decision: no timer, no clock, no I/O. The runner below drives it live, replay drives the same one.
 *
 * @param state undefined for a key that is new
 * @param event what happened
 * @param now epoch milliseconds, never going back for one key
 */
export type Decider<S, E, O> = (state: S | undefined, event: E | Wake, now: number) => Step<S, O>;

export interface KeyedRunnerOptions<S, E, O> {
  step: Decider<S, E, O>;
  clock: Clock;
  /** Most keys kept; beyond it one is forgotten: of those of the least worth the one that has been silent longest. 1 or more. */
  maxKeys: number;
  /** What it would cost to forget a key: a number, the same for all if left out. */
  worth?(state: S): number;
  onOutput(key: string, output: O): void;
  /** Called after each step, before its outputs, with the key's time: to keep the state elsewhere. */
  onState?(key: string, state: S, now: number): void;
  /** Called for each key that was forgotten to stay below `maxKeys`. */
  onForgotten?(key: string, state: S | undefined): void;
}

interface Entry<S> {
  state: S | undefined;
  /** Event time at `anchorMonotonic`; between events it goes on with the monotonic clock. */
  anchorTime: number;
  anchorMonotonic: number;
  timer: Timer | null;
  /** When the timer runs, and when the decider is to be woken, on the monotonic clock. */
  timerAt: number;
  dueAt: number;
  wakeAt: number;
  /** Grows with each use: the least is the longest silent. */
  used: number;
}

/** Runs one decider for many keys, each with its own state and its own event time. */
export class KeyedRunner<S, E, O> {
  readonly #entries = new Map<string, Entry<S>>();
  readonly #options: KeyedRunnerOptions<S, E, O>;
  #uses = 0;

  constructor(options: KeyedRunnerOptions<S, E, O>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The keys. */
  keys(): string[] {
    return [...this.#entries.keys()];
  }

  /** State of a key as its last step left it. */
  peek(key: string): S | undefined {
    return this.#entries.get(key)?.state;
  }

  /**
   * Lets a key decide about an event.
   *
   * @param eventTime epoch milliseconds of what happened; left out, the key's own time goes on.
   *   A time before the key's own does not set that back: late events carry their time themselves.
   */
  dispatch(key: string, event: E, eventTime?: number): void {
    const entry = this.#touch(key);
    const now = Math.max(this.#nowOf(entry), eventTime ?? Number.NEGATIVE_INFINITY);
    this.#step(key, entry, event, now);
  }

  /**
   * Lets a key go on from a state that was kept, and decide at once about what silence has done since.
   *
   * @param eventTime the key's time by now, epoch milliseconds
   */
  restore(key: string, state: S, eventTime: number): void {
    const entry = this.#touch(key);
    entry.state = state;
    this.#step(key, entry, { type: 'wake' }, eventTime);
  }

  /** Forgets a key and its timer. */
  forget(key: string): void {
    this.#entries.get(key)?.timer?.clear();
    this.#entries.delete(key);
  }

  /** Forgets all keys: nothing runs after it. */
  stop(): void {
    for (const key of this.keys()) this.forget(key);
  }

  #touch(key: string): Entry<S> {
    const known = this.#entries.get(key);
    if (known) {
      known.used = ++this.#uses;
      return known;
    }
    if (this.#entries.size >= this.#options.maxKeys) this.#forgetOldest();
    const entry: Entry<S> = {
      state: undefined,
      anchorTime: Number.NEGATIVE_INFINITY,
      anchorMonotonic: this.#options.clock.monotonic(),
      timer: null,
      timerAt: 0,
      dueAt: 0,
      wakeAt: 0,
      used: ++this.#uses,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #forgetOldest(): void {
    const worthOf = ({ state }: Entry<S>) => (state === undefined ? 0 : (this.#options.worth?.(state) ?? 0));
    let oldest: string | null = null;
    let [worth, used] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const [key, entry] of this.#entries) {
      const own = worthOf(entry);
      if (own > worth || (own === worth && entry.used > used)) continue;
      [oldest, worth, used] = [key, own, entry.used];
    }
    if (oldest === null) return;
    const state = this.peek(oldest);
    this.forget(oldest);
    this.#options.onForgotten?.(oldest, state);
  }

  #nowOf(entry: Entry<S>): number {
    if (entry.anchorTime === Number.NEGATIVE_INFINITY) return entry.anchorTime;
    return entry.anchorTime + (this.#options.clock.monotonic() - entry.anchorMonotonic);
  }

  #step(key: string, entry: Entry<S>, event: E | Wake, eventNow: number): void {
    const { clock, step, onOutput, onState } = this.#options;
    const now = eventNow === Number.NEGATIVE_INFINITY ? clock.now() : eventNow;
    entry.anchorTime = now;
    entry.anchorMonotonic = clock.monotonic();
    const { state, outputs, wakeAt } = step(entry.state, event, now);
    entry.state = state;
    if (wakeAt === null) {
      entry.timer?.clear();
      entry.timer = null;
    } else {
      entry.wakeAt = wakeAt;
      entry.dueAt = entry.anchorMonotonic + Math.max(0, wakeAt - now);
      this.#arm(key, entry);
    }
    onState?.(key, state, now);
    // Last, because an output may come back as an event or forget the key.
    for (const output of outputs) onOutput(key, output);
  }
  /** A timer that runs too early is left alone, and set again when it runs: most are put off before they do. */
  #arm(key: string, entry: Entry<S>): void {
    const { clock } = this.#options;
    if (entry.timer && entry.timerAt <= entry.dueAt) return;
    entry.timer?.clear();
    entry.timerAt = entry.dueAt;
    entry.timer = clock.setTimeout(() => {
      entry.timer = null;
      // Timers leave out the part of a millisecond; the decider must still see the time that it asked for.
      if (entry.dueAt - clock.monotonic() >= 1) this.#arm(key, entry);
      else this.#step(key, entry, { type: 'wake' }, Math.max(this.#nowOf(entry), entry.wakeAt));
    }, entry.dueAt - clock.monotonic());
  }
}
