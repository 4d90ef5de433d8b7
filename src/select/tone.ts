import { coarse, type FinePlane, type Plane } from './blocks';
import { type Brightness, brightnessBetween } from './brightness';

/** Below this the light is the same: the usual case, and the cheap one. */
const SAME_GAIN = 0.02;
const SAME_OFFSET = 1;

/** The curve is refined in this many steps of brightness: a camera's exposure is no straight line. */
const BINS = 16;
const LEVELS_A_BIN = 256 / BINS;
/** Every fifth pixel is enough for a mean, and the columns are not a multiple of it. */
const EVERY = 7;
/** A bin of fewer pixels says nothing. */
const MIN_PIXELS = 20;
/** What moves differs by more: in a bin it counts for no more than this, in levels. */
const MAX_PULL = 14;
const ROUNDS = 2;

/**
 * A table that puts the light of `background` on the levels of `frame` (lamp, exposure, cloud): one entry a level.
 * null where the light is the same. First a straight line that fits the better half of the picture, then a curve.
 *
 * @param means of the blocks of both
 */
export function toneBetween(
  frame: Plane,
  background: FinePlane,
  means: { frame: Float32Array; background: Float32Array },
): Float32Array | null {
  const light = brightnessBetween(coarse(means.frame), coarse(means.background));
  if (isSame(light)) return null;
  const table = new Float32Array(256);
  for (let level = 0; level < 256; level++) table[level] = level * light.gain + light.offset;
  for (let round = 0; round < ROUNDS; round++) bend(table, frame, background);
  return table;
}

function isSame({ gain, offset }: Brightness): boolean {
  return Math.abs(gain - 1) < SAME_GAIN && Math.abs(offset) < SAME_OFFSET;
}

function bend(table: Float32Array, frame: Plane, background: FinePlane): void {
  const sums = new Float32Array(BINS);
  const counts = new Float32Array(BINS);
  for (let i = 0; i < frame.length; i += EVERY) {
    const level = frame[i] ?? 0;
    const bin = level >> 4;
    const off = (background[i] ?? 0) - (table[level] ?? 0);
    sums[bin] = (sums[bin] ?? 0) + (off > MAX_PULL ? MAX_PULL : off < -MAX_PULL ? -MAX_PULL : off);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const pulls: { level: number; pull: number }[] = [];
  for (let bin = 0; bin < BINS; bin++) {
    const count = counts[bin] ?? 0;
    if (count >= MIN_PIXELS)
      pulls.push({ level: (bin + 0.5) * LEVELS_A_BIN, pull: (sums[bin] ?? 0) / count });
  }
  let next = 0;
  for (let level = 0; level < 256; level++) {
    while (next < pulls.length && (pulls[next]?.level ?? 0) < level) next++;
    const right = pulls[next] ?? pulls.at(-1);
    const left = pulls[next - 1] ?? right;
    if (!left || !right) return;
    const share = right.level === left.level ? 0 : (level - left.level) / (right.level - left.level);
    table[level] =
      (table[level] ?? 0) + left.pull + Math.max(0, Math.min(1, share)) * (right.pull - left.pull);
  }
}
