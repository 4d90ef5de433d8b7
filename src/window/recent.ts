import { appended } from './appended';
import type { Observation } from './observation';
import type { RunOf } from './run';
import type { Run } from './run-record';

/**
 * The newest observations of a key in order of their time, in two generations, each with the run as it was before it:
 * what is needed to put a late one in its place. The older generation is dropped as a whole when the younger one alone
 * reaches back far enough: so an observation is folded once, and copies little.
 */
export interface Recent<O> {
  beforeOld: Run<O>;
  old: Observation[];
  beforeYoung: Run<O>;
  young: Observation[];
  /** Nothing at or before this time finds its place any more; null where nothing was folded in yet. */
  fence: number | null;
}

/** A generation of so many is full, however short its time: at one a second more than a minute's. */
const MAX_YOUNG = 64;

/** Nothing can be put before this moment. */
export function noneRecent<O>(run: Run<O>, fence: number | null): Recent<O> {
  return { beforeOld: run, old: [], beforeYoung: run, young: [], fence };
}

/** Where an observation goes: what is to be folded into which run, and all that is recent with it. */
export interface Placed<O> {
  from: Run<O>;
  tail: Observation[];
  recent: Recent<O>;
}

/**
 * Finds the place of an observation.
 *
 * @param run the run after all observations so far
 * @returns null where it is too late for one
 */
export function place<O>(of: RunOf<O>, recent: Recent<O>, run: Run<O>, seen: Observation): Placed<O> | null {
  const { beforeOld, old, beforeYoung, young, fence } = recent;
  const newest = young.at(-1)?.t ?? old.at(-1)?.t ?? fence;
  if (newest === null || seen.t >= newest) {
    return { from: run, tail: [seen], recent: withNewest(recent, run, seen, of.options.lateMs) };
  }
  if (fence !== null && seen.t <= fence) return null;
  const first = young[0];
  if (first && seen.t >= first.t) {
    const next = inserted(young, seen);
    return { from: beforeYoung, tail: next, recent: { ...recent, young: next } };
  }
  const next = inserted(old, seen);
  return {
    from: beforeOld,
    tail: [...next, ...young],
    recent: { ...recent, old: next, beforeYoung: next.reduce((so, one) => of.fold(so, one), beforeOld) },
  };
}

function withNewest<O>(recent: Recent<O>, run: Run<O>, seen: Observation, lateMs: number): Recent<O> {
  const { beforeYoung, young, old, beforeOld, fence } = recent;
  const first = young[0];
  if (first && (young.length >= MAX_YOUNG || seen.t - first.t > lateMs)) {
    return {
      beforeOld: beforeYoung,
      old: young,
      beforeYoung: run,
      young: [seen],
      fence: old.at(-1)?.t ?? fence,
    };
  }
  const next = appended(young, seen, MAX_YOUNG);
  return { beforeOld, old, beforeYoung: first ? beforeYoung : run, young: next, fence };
}

/** After those of the same time. */
function inserted(list: Observation[], seen: Observation): Observation[] {
  const index = list.findIndex((other) => other.t > seen.t);
  return list.toSpliced(index < 0 ? list.length : index, 0, seen);
}
