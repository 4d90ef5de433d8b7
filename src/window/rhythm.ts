/** How a key's observations have come lately. */
export interface Rhythm {
  /** Time of the newest observation; null before the first. */
  last: number | null;
  /** The newest gaps between observations that followed each other, oldest first. Milliseconds. */
  gaps: number[];
}

export const NO_RHYTHM: Rhythm = { last: null, gaps: [] };

/** So many gaps are remembered: a new rhythm has taken over after half of them. */
const REMEMBERED = 8;
/** Fewer gaps make no rhythm. */
const ENOUGH = 4;
/** Two answers may be lost (a limit, a slow model) before a gap is a hole: with three nobody has looked. */
const HOLE_FACTOR = 3;

/**
 * Notes an observation.
 *
 * @param paced whether its frame came by a fixed interval: only then is a longer gap one in what was seen
 * @param gapMs G: longer gaps are outages, not a rhythm
 * @returns the rhythm with it, and how much of the time before it is a hole: all or nothing of the gap
 */
export function beat(
  rhythm: Rhythm,
  t: number,
  paced: boolean,
  gapMs: number,
): { rhythm: Rhythm; holeMs: number } {
  const gap = rhythm.last === null ? 0 : t - rhythm.last;
  if (!paced || gap <= 0 || gap > gapMs) return { rhythm: { last: t, gaps: rhythm.gaps }, holeMs: 0 };
  const holeMs = isHole(gap, rhythm.gaps) ? gap : 0;
  const gaps = rhythm.gaps.length < REMEMBERED ? [...rhythm.gaps, gap] : [...rhythm.gaps.slice(1), gap];
  return { rhythm: { last: t, gaps }, holeMs };
}

function isHole(gap: number, gaps: number[]): boolean {
  if (gaps.length < ENOUGH) return false;
  // The median is at least the least: most gaps need no sorting.
  return gap > HOLE_FACTOR * Math.min(...gaps) && gap > HOLE_FACTOR * medianOf(gaps);
}

/** The middle one; of an even number the lower of the two. 0 for none. */
export function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1] ?? 0;
}
