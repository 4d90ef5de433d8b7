import type { AdmissionOptions, AdmissionState, Obstacle } from './admission-state';
import * as breakers from './breaker';
import * as money from './budget';
import { breakerOf } from './judge';
import type { Candidate, Flight } from './lane';
import * as pace from './rate';
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
  if (pace.heldUntil(state.rate, candidate.model) > waitsUntil) return 'held';
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

/**
 * The one that is next, of those whose model has room for it now; null for none.
 *
 * @returns `laterAt` when a model that has no room may have some again, as far as that is known; infinite for never
 */
export function nextOf(
  state: AdmissionState,
  now: number,
  options: AdmissionOptions,
): { candidate: Candidate | null; laterAt: number } {
  const full = new Set<string>();
  let laterAt = Number.POSITIVE_INFINITY;
  for (;;) {
    const candidate = best(state, now, options, full);
    const roomAt = candidate ? modelHasRoomAt(state, candidate, now) : now;
    if (!candidate || roomAt <= now) return { candidate, laterAt };
    // Its model waits with it: smaller calls must not drink up what a larger one waits for.
    full.add(candidate.model);
    laterAt = Math.min(laterAt, roomAt);
  }
}

/** When the limits of a model allow a call, and its share of the slots; infinite where one of its calls must end first. */
function modelHasRoomAt(state: AdmissionState, { model, tokens }: Candidate, now: number): number {
  const { rate, slots } = state;
  const startAt = pace.modelMayStartAt(rate, model, tokens, now);
  const usable = pace.slotsNow(rate, model, slots, now);
  if (usable >= slots || slotsOf(state, model) < usable) return startAt;
  return Math.max(startAt, pace.nextGain(rate, model, now) ?? Number.POSITIVE_INFINITY);
}

function slotsOf(state: AdmissionState, model: string): number {
  let used = 0;
  for (const { flight } of state.lanes.values())
    if (flight?.phase === 'asking' && flight.candidate.model === model) used += 1;
  return used;
}

/** The best of those that there is money for now, without those of models that are full. */
function best(
  state: AdmissionState,
  now: number,
  { budget }: AdmissionOptions,
  full: ReadonlySet<string>,
): Candidate | null {
  let found: Candidate | null = null;
  for (const lane of state.lanes.values()) {
    const candidate = lane.flight ? readyOf(lane.flight) : lane.waiting[0];
    if (!candidate || (found && !goesBefore(state.turns, candidate, found, now))) continue;
    if (full.has(candidate.model)) continue;
    if (!isFree(state, candidate, now, budget) && !money.fits(state.budget, budget, candidate.cost)) continue;
    found = candidate;
  }
  return found;
}

function readyOf(flight: Flight): Candidate | null {
  return flight.phase === 'ready' ? flight.candidate : null;
}
