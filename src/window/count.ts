import type { Phase, RunRule } from './run-rule';
import { addTo, coverageOf, EMPTY_TALLY, type Tally } from './tally';

export interface CountOptions {
  /** So many `yes` within the window fire. 1 to 100. */
  countN: number;
  /** Length of the window. */
  windowMs: number;
  /** So many `no` in a row are needed to end a firing run. 1 or more. */
  noEnds: number;
  /** Longest time between two observations for which the time between them counts as known. */
  gapMs: number;
}

/** One `yes`, with what had been counted when it came. */
interface Mark {
  t: number;
  before: Tally;
}

export interface CountRun {
  phase: Phase;
  /** The newest `countN` of the `yes` that count. */
  yes: Mark[];
  /** The first of those that fired; null while nothing has. */
  first: Mark | null;
  lastYes: number;
  noRow: number;
  /** Of everything since the key is known; marks subtract what came before them. */
  tally: Tally;
}

/**
 * Enough `yes` within a time, whatever came between. It fires on the `yes` that completes the number. It
 * resolves on an observed `no`, when `noEnds` of them came in a row and fewer than `countN` of the `yes` are
 * still in the window; those are used up then. A pending run ends when its newest `yes` leaves the window.
 */
export function countRule({ countN, windowMs, noEnds, gapMs }: CountOptions): RunRule<CountRun> {
  const inWindow = (yes: Mark[], at: number) => yes.filter((mark) => at - mark.t <= windowMs);

  return {
    lateMs: windowMs,
    start: { phase: 'idle', yes: [], first: null, lastYes: 0, noRow: 0, tally: EMPTY_TALLY },
    phaseAt: (run, at) => (run.phase === 'pending' && at - run.lastYes > windowMs ? 'idle' : run.phase),
    fold(run, seen) {
      const tally = addTo(run.tally, seen, gapMs);
      if (seen.verdict === 'unknown') return { ...run, tally };
      if (seen.verdict === 'yes') {
        const mark = { t: seen.t, before: { ...tally, yes: tally.yes - 1 } };
        const yes = [...inWindow(run.yes, seen.t), mark].slice(-countN);
        const next = { ...run, yes, lastYes: seen.t, noRow: 0, tally };
        if (run.phase === 'firing') return next;
        if (yes.length >= countN) return { ...next, phase: 'firing', first: yes[0] ?? mark };
        return { ...next, phase: 'pending', first: null };
      }
      const next = { ...run, noRow: run.noRow + 1, tally };
      if (run.phase !== 'firing') return next;
      const over = next.noRow >= noEnds && inWindow(run.yes, seen.t).length < countN;
      return over ? { ...next, phase: 'idle', yes: [] } : next;
    },
    lastsUntil: (run) => (run.phase === 'pending' ? run.lastYes + windowMs : null),
    // No moment is better than another for the next `yes`.
    completeAt: () => null,
    figures(run, newest) {
      const begin = run.first ?? inWindow(run.yes, newest)[0] ?? run.yes[0];
      const { t: since, before } = begin ?? { t: newest, before: run.tally };
      return {
        since,
        heldMs: Math.max(0, run.lastYes - since),
        samples: {
          yes: run.tally.yes - before.yes,
          no: run.tally.no - before.no,
          unknown: run.tally.unknown - before.unknown,
        },
        coverage: coverageOf(run.tally.knownMs - before.knownMs, newest - since),
      };
    },
  };
}
