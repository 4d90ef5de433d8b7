import type { Observation } from './observation';

/** Counts observations, and the time for which it is known what was the case. */
export interface Tally {
  yes: number;
  no: number;
  unknown: number;
  /** Milliseconds between `yes` or `no` observations that followed each other closely enough. */
  knownMs: number;
  /** Time of the newest `yes` or `no`; null before the first. */
  lastKnown: number | null;
}

export const EMPTY_TALLY: Tally = { yes: 0, no: 0, unknown: 0, knownMs: 0, lastKnown: null };

/** @param gapMs longest time between two observations for which the time between them counts as known */
export function addTo(tally: Tally, seen: Observation, gapMs: number): Tally {
  if (seen.verdict === 'unknown') return { ...tally, unknown: tally.unknown + 1 };
  const gap = tally.lastKnown === null ? 0 : seen.t - tally.lastKnown;
  return {
    ...tally,
    [seen.verdict]: tally[seen.verdict] + 1,
    knownMs: tally.knownMs + (gap <= gapMs ? gap : 0),
    lastKnown: seen.t,
  };
}

/** Share (0 to 1) of a span for which it is known what was the case. A span of no length is known. */
export function coverageOf(knownMs: number, spanMs: number): number {
  return spanMs <= 0 ? 1 : Math.min(1, knownMs / spanMs);
}
