import type { Breaker, Outage } from './breaker';
import type { BudgetLevel, BudgetOptions, BudgetState, Period } from './budget';
import type { Candidate, Lane } from './lane';
import type { RateOptions, RateState, ToldLimits } from './rate';
import type { Turns } from './turns';

export interface AdmissionOptions {
  /** Calls that may be in flight at once, over all cameras. 1 or more. */
  slots: number;
  /** How long a model that cannot be used (bad key, no such model, no credit) is left alone between two tries. */
  blockMs: number;
  rate: RateOptions;
  budget: BudgetOptions;
  /** Whether there is another endpoint to ask where this one cannot be. */
  hasFallback: boolean;
}

/** How an attempt ended, as far as the next one is concerned. */
export type AttemptEnd =
  | { kind: 'answered' }
  /** A fault of the server or the network. */
  | { kind: 'outage'; outage: Outage }
  | { kind: 'limited'; retryAfterMs: number | null }
  /** Nothing will work until somebody changes something. */
  | { kind: 'standing' }
  /** It was about this picture, or it was given up: says nothing about the server. */
  | { kind: 'other' };

export type AdmissionEvent =
  /** `askWithinMs`: how long the picture may wait; below 0 it is too old already. */
  | { type: 'offer'; candidate: Omit<Candidate, 'askBy'>; askWithinMs: number }
  /** The slot that was asked for is there. */
  | { type: 'acquired' }
  /** There will be none: another one may be asked for. */
  | { type: 'notAcquired' }
  /** An attempt has ended, and its slot is free; its lane stays taken until `end`. `spent`: what it has cost. */
  | { type: 'attempted'; lane: string; id: number; end: AttemptEnd; spent: number }
  /** An answer's headers have told limits of its model. */
  | { type: 'told'; model: string; limits: ToldLimits }
  /** The wait is over: the call wants a slot again. `isRepair`: its answer is there, and only its form is wanting. */
  | { type: 'again'; lane: string; id: number; isRepair?: boolean }
  /** A call has come to nothing, and another endpoint is asked: it needs no slot, but its lane stays taken until `end`. */
  | { type: 'elsewhere'; lane: string; id: number }
  /** A call is over. `isTooLate`: another endpoint was to be asked, but its picture had become too old for that. */
  | { type: 'end'; lane: string; id: number; isTooLate?: boolean }
  /** A look at a server that did not answer has ended. */
  | { type: 'probed'; model: string; isThere: boolean }
  /** What was spent in this hour and day before, by an earlier process. */
  | { type: 'spentBefore'; hour: number; day: number }
  /** Slots that this process may use from now on. */
  | { type: 'capacity'; slots: number }
  /** Lanes are gone: a node was closed. */
  | { type: 'leave'; lanes: (lane: string) => boolean };

/**
 * superseded: a newer or higher one took its place; stale: too old; blocked: its model cannot be used now; held:
 * the provider wants that model left alone for longer than it may wait; budget: no money left; saving: left out, because
 * there is little; closed: given up.
 */
export type DropReason = 'superseded' | 'stale' | Obstacle | 'saving' | 'closed';
/** Why this endpoint cannot be asked now, where another one could. */
export type Obstacle = 'blocked' | 'held' | 'budget';

export type AdmissionOutput =
  /** Ask for a slot. One is asked for at a time, so nothing queues where the slots are counted. */
  | { type: 'acquire' }
  /** The slot that was acquired is for this one. Where no such output follows, it is not needed. */
  | { type: 'start'; id: number }
  | { type: 'resume'; id: number }
  /** Ask another endpoint about it. */
  | { type: 'divert'; id: number; reason: Obstacle }
  | { type: 'drop'; id: number; reason: DropReason }
  /** Look whether the server of a model is there again. */
  | { type: 'probe'; model: string }
  | { type: 'budget'; level: BudgetLevel; period: Period };

export interface AdmissionState {
  lanes: Map<string, Lane>;
  turns: Turns;
  /** Models that are not simply usable; one that is not here is. */
  breakers: Map<string, Breaker>;
  rate: RateState;
  budget: BudgetState;
  level: BudgetLevel;
  /** What the latest picture may cost. */
  latestCost: number;
  /** Routine pictures of a lane while there is little money. */
  routines: Map<string, number>;
  slots: number;
  acquiring: boolean;
}
