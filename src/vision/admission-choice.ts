import type { AdmissionOptions, AdmissionState, Obstacle } from './admission-state';
import * as breakers from './breaker';
import * as money from './budget';
import { breakerOf } from './judge';
import type { Candidate, Flight } from './lane';
import { goesBefore, isAlert } from './turns';

/** Why a picture cannot be asked about however long it waits; null where it can. */
export function obstacle(
  state: AdmissionState,
  candidate: Candidate,
  now: number,
  waitsUntil: number,
  { budget }: AdmissionOptions,
): Obstacle | null {
  if (!breakers.isUsable(breakerOf(state, candidate.model), now)) return 'blocked';
  if (state.rate.heldUntil > waitsUntil) return 'held';
  if (isFree(state, candidate, now, budget)) return null;
  return money.canNeverFit(state.budget, budget, candidate.cost) ? 'budget' : null;
}

/** An alert in progress is worth more than the budget, unless the user says otherwise. */
function isFree(
  state: AdmissionState,
  candidate: Candidate,
  now: number,
  budget: money.BudgetOptions,
): boolean {
  return budget.whenSpent === 'alerts' && isAlert(state.turns, candidate, now);
}

/** Calls in flight, and the slot that is being asked for. */
export function slotsInUse(state: AdmissionState): number {
  let used = state.acquiring ? 1 : 0;
  for (const lane of state.lanes.values()) if (lane.flight?.phase === 'asking') used += 1;
  return used;
}

/** The one that is next, of those that there is money for now. */
export function best(state: AdmissionState, now: number, { budget }: AdmissionOptions): Candidate | null {
  let found: Candidate | null = null;
  for (const lane of state.lanes.values()) {
    const candidate = lane.flight ? readyOf(lane.flight) : lane.waiting[0];
    if (!candidate || (found && !goesBefore(state.turns, candidate, found, now))) continue;
    if (!isFree(state, candidate, now, budget) && !money.fits(state.budget, budget, candidate.cost)) continue;
    found = candidate;
  }
  return found;
}

function readyOf(flight: Flight): Candidate | null {
  return flight.phase === 'ready' ? flight.candidate : null;
}
