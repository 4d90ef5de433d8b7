import type { Clock, Timer } from '../../shared/clock';
import { CameraError } from '../../shared/errors';

/** A time-out over several steps, joined with the caller's own signal. */
export class Deadline {
  /** What is waited for now, as the beginning of a sentence: `192.168.1.20 does not answer`. */
  waitsFor = 'The camera does not answer';
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  readonly #endsAt: number;
  readonly #timer: Timer;
  readonly #outer: AbortSignal | undefined;

  /**
   * @param timeoutMs for all steps together, in milliseconds
   * @param outer where it is aborted, so is this one, with its reason
   */
  constructor(clock: Clock, timeoutMs: number, outer?: AbortSignal) {
    this.#clock = clock;
    this.#endsAt = clock.monotonic() + timeoutMs;
    this.#outer = outer;
    this.#timer = clock.setTimeout(() => this.#expire(timeoutMs), timeoutMs);
    if (outer?.aborted) this.#onOuter();
    else outer?.addEventListener('abort', this.#onOuter, { once: true });
  }

  /** Aborted with a CameraError CAMERA_NETWORK when the time is over. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Milliseconds, never below 0. */
  get leftMs(): number {
    return Math.max(0, this.#endsAt - this.#clock.monotonic());
  }

  /** All steps are done, or one has failed: to be called in every case. */
  done(): void {
    this.#timer.clear();
    this.#outer?.removeEventListener('abort', this.#onOuter);
  }

  readonly #onOuter = () => this.#abort.abort(this.#outer?.reason);

  #expire(timeoutMs: number): void {
    this.#abort.abort(
      new CameraError('CAMERA_NETWORK', `${this.waitsFor} within ${timeoutMs / 1000} s.`, {
        retryable: true,
        advice: 'Check the power of the camera, the network, and the host and port in the address.',
      }),
    );
  }
}
