/** Below this a silence may be a hiccup of the network. */
const FLOOR_MS = 10_000;
/** A stream may skip two frames before it counts as silent: a long GOP must cause no restart. */
const MISSED_FRAMES = 3;

/**
 * How long a live stream may be silent: three of its own intervals, 10 s at the least.
 *
 * @param intervalMs measured time between frames; null while it is not known
 * @param unknownMs what counts while it is not known, in milliseconds
 */
export function silenceLimitMs(intervalMs: number | null, unknownMs: number): number {
  if (intervalMs === null) return Math.max(unknownMs, FLOOR_MS);
  return Math.max(FLOOR_MS, MISSED_FRAMES * intervalMs);
}
