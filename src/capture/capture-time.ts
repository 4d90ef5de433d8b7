/** How the stream's own time stamps lie on the wall clock. */
export interface CaptureTimeState {
  /** Wall clock minus stream time, in milliseconds. */
  offsetMs: number;
  /** Capture time given last. */
  lastMs: number;
  /** The stream's time stamp of the last frame. */
  lastPtsMs: number;
  /** Arrival of the last frame, on the wall clock. */
  lastArrivalMs: number;
}

/** The camera's clock may run faster or slower than ours: quartz is good to about 100 ppm, cheap ones to 500. */
const DRIFT_PPM = 500;
/** A capture time after the arrival is impossible; a little of it is jitter of our own measurement. */
const MAX_AHEAD_MS = 250;
/** A frame this much older than its arrival is not late: the stream's clock was set. Cameras buffer a few seconds. */
const MAX_BEHIND_MS = 15_000;

/**
 * Capture time of a frame: anchor + (time stamp − first time stamp). The anchor is corrected gently towards the
 * arrival, because network jitter only ever adds, and is set anew where the stream's clock has jumped.
 *
 * @param state undefined for the first frame of a stream
 * @param ptsMs the stream's time stamp, in milliseconds
 * @param arrivalMs when the frame arrived, epoch milliseconds
 * @returns the new state and the capture time in epoch milliseconds, always later than the one before
 */
export function captureTime(
  state: CaptureTimeState | undefined,
  ptsMs: number,
  arrivalMs: number,
): { state: CaptureTimeState; time: number } {
  const heard = arrivalMs - ptsMs;
  let offsetMs = heard;
  if (state) {
    const behind = arrivalMs - (ptsMs + state.offsetMs);
    const jumped =
      ptsMs <= state.lastPtsMs || behind > MAX_BEHIND_MS || -behind > MAX_AHEAD_MS + drift(state, arrivalMs);
    if (!jumped) {
      // Earlier than thought is the truth at once; later may be a slow network, and is believed only slowly.
      offsetMs = heard < state.offsetMs ? heard : state.offsetMs + Math.min(behind, drift(state, arrivalMs));
    }
  }
  const time = Math.max(ptsMs + offsetMs, (state?.lastMs ?? Number.NEGATIVE_INFINITY) + 1);
  return { state: { offsetMs, lastMs: time, lastPtsMs: ptsMs, lastArrivalMs: arrivalMs }, time };
}

/** How far two clocks may have drifted apart since the last frame, in milliseconds. */
function drift(state: CaptureTimeState, arrivalMs: number): number {
  return (Math.max(0, arrivalMs - state.lastArrivalMs) * DRIFT_PPM) / 1e6;
}
