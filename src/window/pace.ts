import { medianOf } from './rhythm';

/** Fewer gaps say nothing. */
const ENOUGH = 4;

/**
 * A probe is asked half a gap after the newest answer, and its frame takes a moment to come: answers that come in
 * time are up to a quarter later than that.
 */
const TOLERANCE = 1.25;

/**
 * Whether answers come more seldom than half of the longest gap: with every lost one the run would end.
 *
 * @param gaps the newest between two observations of a run, in milliseconds
 */
export function isSeldom(gaps: readonly number[], gapMs: number): boolean {
  const limit = (TOLERANCE * gapMs) / 2;
  // The newest alone tells in most cases.
  return gaps.length >= ENOUGH && (gaps.at(-1) ?? 0) > limit && medianOf(gaps) > limit;
}
