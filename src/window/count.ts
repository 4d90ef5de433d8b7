import type { Rule } from './rule';

export interface CountOptions {
  /** So many within the window fire. 1 to 100. */
  countN: number;
  /** W: length of the window. Milliseconds. */
  windowMs: number;
  /** m: so many `no` in a row are needed to end a firing run, and between two rising edges. 1 or more. */
  ends: number;
  /** Whether only a `yes` after m `no` counts (somebody has come again), and not each `yes`. */
  edges: boolean;
  /** G: with edges, who is seen again within it has not been away. Milliseconds. */
  gapMs: number;
}

/** Times of the newest `countN` that count, oldest first. */
export type Marks = number[];

/**
 * Enough `yes`, or enough rising edges, within a time, whatever came between. A firing run ends on a `no` when fewer
 * than `countN` are still in the window; they are used up then. A pending one ends when the newest has left it; with edges
 * not while somebody is there: who stays would else come again with each window.
 */
export function countRule({ countN, windowMs, ends, edges, gapMs }: CountOptions): Rule<Marks> {
  const inWindow = (marks: Marks, at: number) => marks.filter((t) => at - t <= windowMs);
  const counts = (marks: Marks, row: number) => !edges || marks.length === 0 || row >= ends;
  return {
    wants: 'yes',
    spanMs: windowMs,
    start: [],
    note: (marks, seen, isFor, run) =>
      isFor && counts(marks, run.phase === 'idle' ? 0 : run.row)
        ? [...inWindow(marks, seen.t), seen.t].slice(-countN)
        : marks,
    sinceOf: (marks) => marks[0] ?? 0,
    fires: (run) => run.own.length >= countN,
    endsPending: () => false,
    endsFiring: (run) => inWindow(run.own, run.lastKnown).length < countN,
    pendingUntil: (run) => {
      const newest = (run.own.at(-1) ?? run.lastFor) + windowMs;
      return edges ? Math.max(newest, run.lastFor + gapMs) : newest;
    },
    completeAt: () => null,
  };
}
