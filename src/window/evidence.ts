/** Pictures of a run in the picture store, by id, oldest first. */
export interface Evidence {
  kept: { id: string; t: number }[];
  /** Least time between two that are kept. Milliseconds. */
  spacingMs: number;
}

export const NO_EVIDENCE: Evidence = { kept: [], spacingMs: 0 };

/** First and last, and some between them to choose the middle one from. */
const MAX_KEPT = 8;
/** So many of them until a rule fires: the disk is not written for each frame. */
const PER_SPAN = 4;
const MIN_SPACING_MS = 1000;

/**
 * Looks at the picture of a verdict for the rule.
 *
 * @param spanMs the while of the rule
 * @param mustKeep whether it is one that will be asked for: the one that fired
 * @returns the evidence with it, or as it was
 */
export function withPicture(
  evidence: Evidence,
  picture: { id: string; t: number },
  spanMs: number,
  mustKeep: boolean,
): Evidence {
  const { kept } = evidence;
  const spacingMs = evidence.spacingMs || Math.max(MIN_SPACING_MS, spanMs / PER_SPAN);
  const last = kept.at(-1);
  if (last?.id === picture.id) return evidence;
  if (last && picture.t - last.t < spacingMs && !mustKeep) return evidence;
  const next = [...kept, picture];
  if (next.length <= MAX_KEPT) return { kept: next, spacingMs };
  // A long run: every other one goes, but for the first and the newest.
  return { kept: next.filter((_, i) => i % 2 === 0 || i === next.length - 1), spacingMs: 2 * spacingMs };
}

/**
 * The first, the one nearest to the middle of the time, and the last. Ids of the picture store; null for none.
 *
 * @param since begin of the run: older ones are not its own
 */
export function chosen(
  evidence: Evidence,
  since: number,
): { first: string; middle: string; last: string } | null {
  const kept = evidence.kept.filter(({ t }) => t >= since);
  const [first, last] = [kept[0], kept.at(-1)];
  if (!first || !last) return null;
  const half = (first.t + last.t) / 2;
  const distance = ({ t }: { t: number }) => Math.abs(t - half);
  const middle = kept.reduce((best, one) => (distance(one) < distance(best) ? one : best));
  return { first: first.id, middle: middle.id, last: last.id };
}
