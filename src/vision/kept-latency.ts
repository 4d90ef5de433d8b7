/** Where it is kept; the journal's scope is one. */
interface LatencyStore {
  load(): [key: string, value: unknown][];
  save(key: string, value: unknown): void;
}

const KEY = 'latency';
/** A change of less is not worth a write. */
const CHANGE = 0.2;

/** How long an answer takes, kept over deploys and restarts: a deploy can then say at once what can be served. */
export class KeptLatency {
  readonly #store: LatencyStore;
  /** Server and model: of another one it says nothing. */
  readonly #of: string;
  #ms: number | null = null;

  constructor(store: LatencyStore, of: string) {
    this.#store = store;
    this.#of = of;
    const found = store.load().find(([key]) => key === KEY)?.[1] as
      | { of?: unknown; ms?: unknown }
      | undefined;
    if (found?.of === of && typeof found.ms === 'number' && found.ms > 0) this.#ms = found.ms;
  }

  /** In milliseconds; null where it is not known. */
  get ms(): number | null {
    return this.#ms;
  }

  note(ms: number | null): void {
    if (ms === null || ms <= 0) return;
    if (this.#ms !== null && Math.abs(ms - this.#ms) < CHANGE * this.#ms) return;
    this.#ms = ms;
    this.#store.save(KEY, { of: this.#of, ms: Math.round(ms) });
  }
}
