import type { Clock } from '../../shared/clock';
import { CameraError } from '../../shared/errors';
import type { MediaPlaylist } from './hls-playlist';

/** A server has 1.5 target durations for the next version of a live playlist (RFC 8216, section 6.2.1). */
const FROZEN_AFTER_TARGETS = 3;

/** Watches whether a live playlist goes on. */
export class LiveEdge {
  readonly #clock: Clock;
  #edge = '';
  #changedAt: number;
  #targetMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#changedAt = clock.monotonic();
  }

  saw({ sequence, segments, targetDuration }: MediaPlaylist): void {
    // Without the query: it may hold a token that is new each time.
    const last = segments.at(-1)?.url.split('?', 1)[0] ?? '';
    const edge = `${sequence}+${segments.length} ${last}`;
    this.#targetMs = targetDuration * 1000;
    if (edge === this.#edge) return;
    this.#edge = edge;
    this.#changedAt = this.#clock.monotonic();
  }

  /**
   * What is wrong when nothing new has come for too long; null before.
   *
   * @param reason why the playlist could not be read; null where it could
   */
  frozen(reason: Error | null): CameraError | null {
    const silentMs = this.#clock.monotonic() - this.#changedAt;
    if (silentMs <= FROZEN_AFTER_TARGETS * this.#targetMs) return null;
    if (reason instanceof CameraError) return reason;
    return new CameraError(
      'CAMERA_STALLED',
      `The playlist has not changed for ${Math.round(silentMs / 1000)} s.`,
      {
        retryable: true,
        advice: 'Check what feeds the server that gives this stream.',
        detail: reason?.message ?? '',
      },
    );
  }
}
