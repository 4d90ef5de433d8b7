import type { Observation } from './observation';
import type { RunRule } from './run-rule';

/**
 * The newest observations of a key, in order of their time, and the run as it was before the first of them:
 * what is needed to put a late one in its place.
 */
export interface Recent<R> {
  list: Observation[];
  before: R;
  /** Nothing at or before this time finds its place any more; null where nothing was folded in yet. */
  fence: number | null;
}

/** Most observations kept to be re-ordered: at one a second more than a minute's. */
const MAX_RECENT = 64;

/** Where an observation goes: the list with it, and what is to be folded into which run. */
export interface Placed<R> {
  list: Observation[];
  from: R;
  tail: Observation[];
}

/** Why an observation goes nowhere. */
export type Late = 'beyond the limit' | 'after the fact';

/**
 * Finds the place of an observation.
 *
 * @param run the run after all observations so far
 * @param lateMs how much older than the newest one it may be
 */
export function place<R>(recent: Recent<R>, run: R, seen: Observation, lateMs: number): Placed<R> | Late {
  const newest = recent.list.at(-1)?.t ?? recent.fence;
  if (newest === null || seen.t >= newest) return { list: [...recent.list, seen], from: run, tail: [seen] };
  if (seen.t < newest - lateMs) return 'beyond the limit';
  // What was told on the strength of later observations is not taken back.
  if (recent.fence !== null && seen.t <= recent.fence) return 'after the fact';
  const index = recent.list.findIndex((other) => other.t > seen.t);
  const list = recent.list.toSpliced(index, 0, seen);
  return { list, from: recent.before, tail: list };
}

/** Drops from a list what is too old to be re-ordered, folding it into the run before. */
export function keep<R>(rule: RunRule<R>, { list, before, fence }: Recent<R>): Recent<R> {
  const newest = list.at(-1)?.t ?? 0;
  const kept = list.findIndex((seen, i) => seen.t >= newest - rule.lateMs && list.length - i <= MAX_RECENT);
  if (kept <= 0) return { list, before, fence };
  return {
    list: list.slice(kept),
    before: list.slice(0, kept).reduce((run, seen) => rule.fold(run, seen), before),
    fence: list[kept - 1]?.t ?? fence,
  };
}
