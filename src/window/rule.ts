import type { Verdict } from '../shared/messages';
import type { Observation } from './observation';
import type { Run } from './run-record';

/**
 * What a rule waits for, over a record `O` of its own (plain data, bounded). All else is the same for all rules: see
 * run.ts. A verdict is *for* the rule or *against* it; `unknown` is neither.
 */
export interface Rule<O> {
  /** The verdict that is for it. */
  wants: Exclude<Verdict, 'unknown'>;
  /** The while over which shares are counted. Milliseconds. */
  spanMs: number;
  /** The rule's own record before the first observation of a run. */
  start: O;
  /** Notes a verdict for or against. `run` is as it was before; where it is idle, a new run begins. */
  note(own: O, seen: Observation, isFor: boolean, run: Run<O>): O;
  /** Since when a run counts, where that is not its first observation. */
  sinceOf?(own: O): number;
  /** Whether a pending run fires now. Asked after each verdict for it. */
  fires(run: Run<O>): boolean;
  /** Whether a verdict against ends a pending run. `run` is as it is with it. */
  endsPending(run: Run<O>): boolean;
  /** Whether a firing run may end, after enough verdicts against it in a row. */
  endsFiring(run: Run<O>): boolean;
  /** The last moment at which a pending run is still one if nothing more is seen; null for no such moment. */
  pendingUntil(run: Run<O>): number | null;
  /** When the next verdict for it would make a pending run fire; null where no moment is better than another. */
  completeAt(run: Run<O>): number | null;
}

/** What a run must have to fire beside its time. */
export interface Proof {
  /** Least number of verdicts for it. */
  least: number;
  /** Least share of verdicts for it in those that are known, over the last T. 0 to 1. */
  share: number;
  /** Least share of the last T that was seen. 0 to 1. */
  coverage: number;
}
