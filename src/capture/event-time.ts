import type { Clock } from '../shared/clock';
import { type CaptureTimeState, captureTime } from './capture-time';

/** Capture times of one camera's frames, over one ffmpeg after the other: they never go back. */
export class EventTime {
  readonly #clock: Clock;
  readonly #isFast: boolean;
  /** Of the ffmpeg that runs. */
  #state: CaptureTimeState | undefined;
  #firstPts: number | null = null;
  #last = Number.NEGATIVE_INFINITY;
  /** When the newest frame arrived, by both clocks. */
  #arrived = { at: Number.NEGATIVE_INFINITY, monotonic: 0 };

  /** @param isFast a recording at full speed, whose arrivals say nothing: its time is that of its own stamps, from now on */
  constructor(clock: Clock, isFast: boolean) {
    this.#clock = clock;
    this.#isFast = isFast;
  }

  /** Another ffmpeg begins, with time stamps of its own. */
  restart(): void {
    this.#state = undefined;
    this.#firstPts = null;
  }

  /**
   * Of the frame that has just arrived.
   *
   * @param ptsMs the stream's time stamp, in milliseconds
   * @param agoMs how long ago its packets came in: ffmpeg holds the first frame of a stream back for a second
   * @returns whole milliseconds, as FrameInfo has them
   */
  of(ptsMs: number, agoMs = 0): { time: number; pts: number; age: number } {
    const now = this.#noteArrival();
    const arrival = now - agoMs;
    const next = this.#last + 1;
    const known = this.#state;
    const fastArrival = known ? ptsMs + known.offsetMs : Math.max(arrival, next);
    const { state, time } = captureTime(known, ptsMs, this.#isFast ? fastArrival : arrival);
    this.#state = state;
    this.#firstPts ??= ptsMs;
    this.#last = Math.max(time, next);
    return {
      time: Math.round(this.#last),
      pts: Math.round(ptsMs - this.#firstPts),
      age: Math.max(0, Math.round(now - this.#last)),
    };
  }

  /**
   * Epoch milliseconds. Where the machine's clock is set back, this one goes on: as event time never goes back, it
   * would stand still until the clock has made up for it.
   */
  #noteArrival(): number {
    const monotonic = this.#clock.monotonic();
    const at = Math.max(this.#clock.now(), this.#arrived.at + monotonic - this.#arrived.monotonic);
    this.#arrived = { at, monotonic };
    return at;
  }
}
