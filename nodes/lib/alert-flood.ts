import {
  type Digest,
  type FloodEvent,
  type FloodOptions,
  type FloodOutput,
  type FloodState,
  flood,
  fullUntil,
  type MissedAt,
} from '../../src/alert/flood';
import type { Clock } from '../../src/shared/clock';
import { KeyedRunner } from '../../src/shared/decider';
import type { Severity } from '../../src/shared/messages';

export interface AlertFloodOptions {
  limits: FloodOptions;
  clock: Clock;
  /** Until when nothing may be told of a camera, epoch milliseconds; null where it may. */
  heldUntil(about: MissedAt, severity: Severity): number | null;
  onDigest(digest: Digest): void;
  /** To keep it elsewhere. */
  onState(state: FloodState): void;
}

/** Timers may come a millisecond early: nobody is to ask again and again for the rest of it. */
const SHORTEST_WAIT_MS = 100;
/** All alerts of a gate have one count. */
const ALL = 'all';

/** Counts the alerts of all keys against the limits, and gives the digests of what goes beyond them. */
export class AlertFlood {
  readonly #options: AlertFloodOptions;
  readonly #counter: KeyedRunner<FloodState, FloodEvent, FloodOutput>;

  constructor(options: AlertFloodOptions) {
    this.#options = options;
    const { limits, clock, onDigest, onState } = options;
    this.#counter = new KeyedRunner<FloodState, FloodEvent, FloodOutput>({
      step: flood(limits),
      clock,
      maxKeys: 1,
      onState: (_, state) => onState(state),
      onOutput: (_, output) => {
        if (output.type === 'digest') onDigest(output);
        else this.letGo();
      },
    });
  }

  /** When there is room for one more alert of a key, epoch milliseconds; null for now. */
  fullUntil(key: string): number | null {
    return this.#fullUntil(key, false);
  }

  /** In which time there is room for one more update of a key, milliseconds; null for now. */
  updateRoomMs(key: string): number | null {
    const until = this.#fullUntil(key, true);
    return until === null ? null : Math.max(SHORTEST_WAIT_MS, until - this.#options.clock.now());
  }

  told(key: string, isUpdate: boolean): void {
    this.#say({ type: 'told', key, isUpdate, at: this.#options.clock.now() });
  }

  held(about: MissedAt, severity: Severity): void {
    this.#say({ type: 'held', about, severity });
  }

  /** Lets a digest that is due go, without what must wait: that comes with a later one. */
  letGo(): void {
    const { clock, heldUntil } = this.#options;
    const state = this.#counter.peek(ALL);
    if (!state) return;
    const now = clock.now();
    const holdsMs = new Map<string, number>();
    for (const one of state.missed) holdsMs.set(one.cameraName, (heldUntil(one, one.severity) ?? now) - now);
    this.#say({ type: 'go', holdsMs });
  }

  restore(state: FloodState): void {
    this.#counter.restore(ALL, state, this.#options.clock.now());
  }

  /** Forgets all: nothing runs after it. */
  stop(): void {
    this.#counter.stop();
  }

  #fullUntil(key: string, isUpdate: boolean): number | null {
    const { limits, clock } = this.#options;
    return fullUntil(this.#counter.peek(ALL), limits, { key, isUpdate }, clock.now());
  }

  #say(event: FloodEvent): void {
    this.#counter.dispatch(ALL, event, this.#options.clock.now());
  }
}
