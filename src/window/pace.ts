import { medianOf } from './rhythm';

const REMEMBERED = 8;
/** Fewer gaps say nothing. */
const ENOUGH = 4;

/**
 * A probe is asked half a gap after the newest answer, and its frame takes a moment to come: answers that come in
 * time are up to a quarter later than that.
 */
const TOLERANCE = 1.25;

/** Notes the time between two observations of a run. */
export function withGap(pace: number[], gap: number): number[] {
  return pace.length < REMEMBERED ? [...pace, gap] : [...pace.slice(1), gap];
}

/** Whether answers come more seldom than half of the longest gap: with every lost one the run would end. */
export function isSeldom(pace: number[], gapMs: number): boolean {
  return pace.length >= ENOUGH && medianOf(pace) > (TOLERANCE * gapMs) / 2;
}
