import { appended } from './appended';

/** The newest gaps between observations that followed each other by a fixed interval, oldest first. Milliseconds. */
export type Rhythm = readonly number[];

/** So many gaps are remembered: a new rhythm has taken over after half of them. */
const REMEMBERED = 8;
/** Fewer gaps make no rhythm. */
const ENOUGH = 4;
/** Two answers may be lost (a limit, a slow model) before a gap is a hole: with three nobody has looked. */
const HOLE_FACTOR = 3;

/** Whether answers that should have come are missing in a gap. */
export function isHole(gapMs: number, rhythm: Rhythm): boolean {
  if (rhythm.length < ENOUGH) return false;
  // Most gaps are no longer than the one before, and need no sorting.
  let least = gapMs;
  for (const one of rhythm) if (one < least) least = one;
  return gapMs > HOLE_FACTOR * least && gapMs > HOLE_FACTOR * medianOf(rhythm);
}

/** The newest gaps with one more. */
export function withGap(gaps: readonly number[], gapMs: number): number[] {
  return appended(gaps, gapMs, REMEMBERED);
}

/** The middle one; of an even number the lower of the two. 0 for none. */
export function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1] ?? 0;
}
