import type { Observation } from './observation';
import type { Run, RunOf } from './run';

/**
 * The newest observations of a key, in order of their time, and the run as it was before the first of them:
 * what is needed to put a late one in its place.
 */
export interface Recent<O> {
  list: Observation[];
  before: Run<O>;
  /** Nothing at or before this time finds its place any more; null where nothing was folded in yet. */
  fence: number | null;
}

/** Most observations kept to be re-ordered: at one a second more than a minute's. */
const MAX_RECENT = 64;

/** Where an observation goes: the list with it, and what is to be folded into which run. */
export interface Placed<O> {
  list: Observation[];
  from: Run<O>;
  tail: Observation[];
}

/**
 * Finds the place of an observation.
 *
 * @param run the run after all observations so far
 * @returns null where it is too late for one
 */
export function place<O>(recent: Recent<O>, run: Run<O>, seen: Observation): Placed<O> | null {
  const newest = recent.list.at(-1)?.t ?? recent.fence;
  if (newest === null || seen.t >= newest) return { list: [...recent.list, seen], from: run, tail: [seen] };
  if (recent.fence !== null && seen.t <= recent.fence) return null;
  const index = recent.list.findIndex((other) => other.t > seen.t);
  const list = recent.list.toSpliced(index, 0, seen);
  return { list, from: recent.before, tail: list };
}

/** Drops from a list what is too old to be re-ordered, folding it into the run before. */
export function keep<O>(of: RunOf<O>, { list, before, fence }: Recent<O>): Recent<O> {
  const newest = list.at(-1)?.t ?? 0;
  const oldest = newest - of.options.lateMs;
  let [run, drop] = [before, 0];
  for (const seen of list) {
    if (seen.t >= oldest && list.length - drop <= MAX_RECENT) break;
    run = of.fold(run, seen);
    drop++;
  }
  if (drop === 0) return { list, before, fence };
  return { list: list.slice(drop), before: run, fence: list[drop - 1]?.t ?? fence };
}
