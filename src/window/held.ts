import type { Observation } from './observation';
import type { Phase, RunRule } from './run-rule';
import { addTo, coverageOf, EMPTY_TALLY, type Tally } from './tally';

export interface HeldOptions {
  /** How long the condition must have been seen to hold. 0 fires on the first `yes`. */
  holdMs: number;
  /** Longest time between two `yes` for which the condition counts as held between them. */
  gapMs: number;
  /** So many `no` in a row end a run. 1 or more. */
  noEnds: number;
}

export interface HeldRun {
  phase: Phase;
  /** Time of the first `yes`. Kept, as all below, until the next run starts: the end of a run tells of it. */
  since: number;
  lastYes: number;
  /** Sum of the gaps of at most `gapMs` between `yes` observations: time unseen is not claimed. */
  heldMs: number;
  /** `no` observations since the newest `yes`. */
  noRow: number;
  tally: Tally;
}

/**
 * A condition that has held for a time. Only an observation fires, and a firing run is ended by observed `no`
 * alone: silence ends a pending run, never a firing one, because what was not seen is not `no`.
 */
export function heldRule({ holdMs, gapMs, noEnds }: HeldOptions): RunRule<HeldRun> {
  const phaseAt = (run: HeldRun, at: number): Phase =>
    run.phase === 'pending' && at - run.lastYes > gapMs ? 'idle' : run.phase;

  function begin(seen: Observation): HeldRun {
    const tally = addTo(EMPTY_TALLY, seen, gapMs);
    const phase = holdMs <= 0 ? 'firing' : 'pending';
    return { phase, since: seen.t, lastYes: seen.t, heldMs: 0, noRow: 0, tally };
  }

  function goOn(run: HeldRun, seen: Observation): HeldRun {
    const gap = seen.t - run.lastYes;
    const heldMs = run.heldMs + (gap <= gapMs ? gap : 0);
    return {
      ...run,
      phase: heldMs >= holdMs ? 'firing' : run.phase,
      lastYes: seen.t,
      heldMs,
      noRow: 0,
      tally: addTo(run.tally, seen, gapMs),
    };
  }

  return {
    lateMs: gapMs,
    start: { phase: 'idle', since: 0, lastYes: 0, heldMs: 0, noRow: 0, tally: EMPTY_TALLY },
    phaseAt,
    fold(run, seen) {
      const phase = phaseAt(run, seen.t);
      if (seen.verdict === 'yes') return phase === 'idle' ? begin(seen) : goOn(run, seen);
      if (phase === 'idle') return run.phase === 'idle' ? run : { ...run, phase };
      const tally = addTo(run.tally, seen, gapMs);
      if (seen.verdict === 'unknown') return { ...run, tally };
      const noRow = run.noRow + 1;
      return { ...run, phase: noRow >= noEnds ? 'idle' : phase, noRow, tally };
    },
    lastsUntil: (run) => (run.phase === 'pending' ? run.lastYes + gapMs : null),
    completeAt: (run) => (run.phase === 'pending' ? run.since + holdMs : null),
    figures: ({ since, heldMs, tally }, newest) => ({
      since,
      heldMs,
      samples: { yes: tally.yes, no: tally.no, unknown: tally.unknown },
      coverage: coverageOf(tally.knownMs, newest - since),
    }),
  };
}
