import type { Proof, Rule } from './rule';
import type { Run } from './run-record';
import { coverageOf, shareFor } from './share';

export interface HeldOptions {
  /** T: how long it must have been seen to hold. 0 fires on the first verdict for it. Milliseconds. */
  holdMs: number;
  /** G: longest time between two verdicts for it for which it counts as held between them. */
  gapMs: number;
  /** m: so many verdicts against in a row end a run. 1 or more. */
  ends: number;
  proof: Proof;
}

/** A condition that has held for a time. */
export function heldRule(options: HeldOptions): Rule<null> {
  const { holdMs, gapMs, ends } = options;
  return {
    wants: 'yes',
    spanMs: holdMs,
    start: null,
    note: () => null,
    fires: (run) => hasHeld(run, options),
    endsPending: (run) => run.row >= ends,
    endsFiring: () => true,
    pendingUntil: (run) => run.lastFor + gapMs,
    completeAt: (run) => run.lastFor + Math.max(0, holdMs - run.heldMs),
  };
}

/**
 * No `yes` for a time although it was looked: the guard who does not come. The clock stands still while nothing is
 * seen; one `yes` sets it back.
 */
export function absenceRule(options: HeldOptions): Rule<null> {
  return {
    ...heldRule(options),
    wants: 'no',
    endsPending: () => true,
    pendingUntil: () => null,
  };
}

function hasHeld(run: Run<null>, { holdMs, proof }: HeldOptions): boolean {
  if (run.heldMs < holdMs || run.forN < proof.least) return false;
  if (holdMs <= 0) return true;
  return (
    shareFor(run.share) >= proof.share &&
    coverageOf(run.share, holdMs, run.lastFor - run.since) >= proof.coverage
  );
}
