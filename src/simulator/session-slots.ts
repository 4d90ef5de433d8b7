import type { Clock } from '../shared/clock';
import type { FaultyMethod } from './fault';

/** How many sessions a camera has, and what it does when all are taken. */
export interface SessionLimits {
  /** Without end if left out. */
  maxSessions?: number;
  /** What the one too many is answered; 453 if left out. Some recorders say 401 or 500. */
  fullStatus?: number;
  /** In answer to which request; SETUP if left out. */
  fullOn?: FaultyMethod;
  /**
   * How long a session whose connection was lost without TEARDOWN keeps its slot, in seconds; 0 if left out. live555,
   * which many cameras run, takes 65 (its default reclamation time).
   */
  staleS?: number;
}

/** The sessions of one camera: those that are open, and those whose client went without a word. */
export class SessionSlots {
  readonly #clock: Clock;
  readonly #limits: SessionLimits;
  #open = 0;
  /** When stale sessions end, monotonic milliseconds. No longer than the limit of sessions. */
  #staleUntilMs: number[] = [];

  constructor(clock: Clock, limits: SessionLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The status with which a request must be refused now, if it must be. */
  refusal(method: string): number | undefined {
    const { maxSessions, fullStatus = 453, fullOn = 'SETUP' } = this.#limits;
    if (method !== fullOn || maxSessions === undefined) return undefined;
    return this.#open + this.#staleNow().length >= maxSessions ? fullStatus : undefined;
  }

  take(): void {
    this.#open += 1;
  }

  /** @param inOrder by TEARDOWN, or because the camera itself ended it */
  leave(inOrder: boolean): void {
    this.#open -= 1;
    const { staleS = 0, maxSessions } = this.#limits;
    if (inOrder || staleS === 0 || maxSessions === undefined) return;
    this.#staleUntilMs = [...this.#staleNow(), this.#clock.monotonic() + staleS * 1000];
  }

  /** The camera was switched off: it remembers nothing. */
  forget(): void {
    this.#staleUntilMs = [];
  }

  #staleNow(): number[] {
    const now = this.#clock.monotonic();
    this.#staleUntilMs = this.#staleUntilMs.filter((untilMs) => untilMs > now);
    return this.#staleUntilMs;
  }
}
