import type { Decider } from '../shared/decider';
import { type Candidate, type Flight, type Lane, queued } from './lane';

export interface AdmissionOptions {
  /** Calls that may be in flight at once, over all cameras. 1 or more. */
  slots: number;
  /** Shortest time between the starts of two calls. 0 for none. */
  minTimeMs: number;
  /** How long a model that cannot be used (bad key, no such model, no credit) is left alone between two tries. */
  blockMs: number;
}

export type AdmissionEvent =
  /** `askWithinMs`: how long the picture may wait; below 0 it is too old already. */
  | { type: 'offer'; candidate: Omit<Candidate, 'askBy'>; askWithinMs: number }
  /** A call has failed for now: its slot is free while it waits, its lane is not. */
  | { type: 'backOff'; lane: string; id: number }
  /** The wait is over: the call wants a slot again. */
  | { type: 'again'; lane: string; id: number }
  /** A call is over. `answered` unblocks its model, `standing` blocks it. */
  | { type: 'end'; lane: string; id: number; result: 'answered' | 'failed' | 'standing' }
  /** Lanes are gone: a node was closed. */
  | { type: 'leave'; lanes: (lane: string) => boolean };

/** superseded: a newer or higher one took its place; stale: too old; blocked: its model cannot be used now. */
export type DropReason = 'superseded' | 'stale' | 'blocked' | 'closed';

export type AdmissionOutput =
  | { type: 'start'; id: number }
  | { type: 'resume'; id: number }
  | { type: 'drop'; id: number; reason: DropReason };

export interface AdmissionState {
  lanes: Map<string, Lane>;
  /** Turn in which each camera was served last; a camera without one comes first. */
  served: Map<string, number>;
  turn: number;
  /** Earliest start of the next call. */
  nextStart: number;
  /** Models that cannot be used, and until when they are left alone. */
  blocked: Map<string, number>;
}

/** Cameras whose last turn is kept; one that is forgotten is merely served a little early. */
const MAX_SERVED = 2000;
/** Lanes with something in them. Beyond it new ones are turned away: each may hold three pictures. */
export const MAX_LANES = 2000;

/**
 * Which picture is asked about next. Pinned ones first, then the camera that was served longest ago; per lane
 * one pinned picture and the newest one wait, whatever else came is superseded.
 */
export function admission(
  options: AdmissionOptions,
): Decider<AdmissionState, AdmissionEvent, AdmissionOutput> {
  return (state, event, now) => {
    const next = state ? copy(state) : empty();
    const outputs: AdmissionOutput[] = [];
    if (event.type === 'offer') offer(next, { ...event.candidate, askBy: now + event.askWithinMs }, outputs);
    else if (event.type !== 'wake') change(next, event, now, options, outputs);
    dropUseless(next, now, outputs);
    startCalls(next, now, options, outputs);
    return { state: next, outputs, wakeAt: nextWake(next, now, options) };
  };
}

/** Pictures of these lanes that wait, and calls under way. */
export function load(state: AdmissionState | undefined, lanes: (lane: string) => boolean) {
  let waiting = 0;
  let asking = 0;
  for (const [name, lane] of state?.lanes ?? []) {
    if (!lanes(name)) continue;
    waiting += lane.waiting.length;
    if (lane.flight) asking += 1;
  }
  return { waiting, asking };
}

function empty(): AdmissionState {
  return {
    lanes: new Map(),
    served: new Map(),
    turn: 0,
    nextStart: Number.NEGATIVE_INFINITY,
    blocked: new Map(),
  };
}

function copy(state: AdmissionState): AdmissionState {
  return {
    ...state,
    lanes: new Map(state.lanes),
    served: new Map(state.served),
    blocked: new Map(state.blocked),
  };
}

function offer(state: AdmissionState, candidate: Candidate, outputs: AdmissionOutput[]): void {
  const lane = state.lanes.get(candidate.lane);
  if (!lane && state.lanes.size >= MAX_LANES) {
    outputs.push({ type: 'drop', id: candidate.id, reason: 'superseded' });
    return;
  }
  const waiting = queued(lane?.waiting ?? [], candidate);
  for (const one of [...(lane?.waiting ?? []), candidate]) {
    if (!waiting.includes(one)) outputs.push({ type: 'drop', id: one.id, reason: 'superseded' });
  }
  state.lanes.set(candidate.lane, { flight: lane?.flight ?? null, waiting });
}

function change(
  state: AdmissionState,
  event: Exclude<AdmissionEvent, { type: 'offer' }>,
  now: number,
  { blockMs }: AdmissionOptions,
  outputs: AdmissionOutput[],
): void {
  if (event.type === 'leave') {
    for (const [name, lane] of state.lanes) {
      if (!event.lanes(name)) continue;
      for (const one of lane.waiting) outputs.push({ type: 'drop', id: one.id, reason: 'closed' });
      if (lane.flight) outputs.push({ type: 'drop', id: lane.flight.candidate.id, reason: 'closed' });
      state.lanes.delete(name);
    }
    // A deploy may have brought what was missing: try again at once.
    state.blocked.clear();
    return;
  }
  const lane = state.lanes.get(event.lane);
  // The call may have been superseded or dropped: what is in its place is not its to change.
  if (lane?.flight?.candidate.id !== event.id) return;
  const { candidate } = lane.flight;
  if (event.type === 'end') {
    if (event.result === 'answered') state.blocked.delete(candidate.model);
    if (event.result === 'standing') state.blocked.set(candidate.model, now + blockMs);
    if (lane.waiting.length > 0) state.lanes.set(event.lane, { flight: null, waiting: lane.waiting });
    else state.lanes.delete(event.lane);
    return;
  }
  if (event.type === 'again' && lane.waiting.length > 0 && !candidate.pinned) {
    // While it waited, a newer picture has come that is worth more than another try.
    outputs.push({ type: 'drop', id: candidate.id, reason: 'superseded' });
    state.lanes.set(event.lane, { flight: null, waiting: lane.waiting });
    return;
  }
  const phase = event.type === 'again' ? 'ready' : 'backingOff';
  state.lanes.set(event.lane, { flight: { candidate, phase }, waiting: lane.waiting });
}

function dropUseless(state: AdmissionState, now: number, outputs: AdmissionOutput[]): void {
  for (const [name, lane] of state.lanes) {
    const left: Candidate[] = [];
    for (const one of lane.waiting) {
      if ((state.blocked.get(one.model) ?? now) > now)
        outputs.push({ type: 'drop', id: one.id, reason: 'blocked' });
      else if (one.askBy < now) outputs.push({ type: 'drop', id: one.id, reason: 'stale' });
      else left.push(one);
    }
    if (left.length === lane.waiting.length) continue;
    if (left.length === 0 && !lane.flight) state.lanes.delete(name);
    else state.lanes.set(name, { flight: lane.flight, waiting: left });
  }
}

function startCalls(
  state: AdmissionState,
  now: number,
  options: AdmissionOptions,
  outputs: AdmissionOutput[],
): void {
  let free = options.slots - slotsInUse(state);
  while (free > 0 && now >= state.nextStart) {
    const candidate = best(state);
    if (!candidate) return;
    const lane = state.lanes.get(candidate.lane);
    const resumed = lane?.flight?.candidate === candidate;
    state.lanes.set(candidate.lane, {
      flight: { candidate, phase: 'asking' },
      waiting: (lane?.waiting ?? []).filter((one) => one !== candidate),
    });
    outputs.push({ type: resumed ? 'resume' : 'start', id: candidate.id });
    takeTurn(state, candidate.camera);
    state.nextStart = now + options.minTimeMs;
    free -= 1;
    // A blocked model is tried with one call; until it is answered the others are dropped.
    if (state.blocked.has(candidate.model)) {
      state.blocked.set(candidate.model, now + options.blockMs);
      dropUseless(state, now, outputs);
    }
  }
}

function slotsInUse(state: AdmissionState): number {
  let used = 0;
  for (const lane of state.lanes.values()) if (lane.flight?.phase === 'asking') used += 1;
  return used;
}

function best(state: AdmissionState): Candidate | null {
  let found: Candidate | null = null;
  for (const lane of state.lanes.values()) {
    const candidate = lane.flight ? readyOf(lane.flight) : lane.waiting[0];
    if (candidate && (!found || goesBefore(state, candidate, found))) found = candidate;
  }
  return found;
}

function readyOf(flight: Flight): Candidate | null {
  return flight.phase === 'ready' ? flight.candidate : null;
}

function goesBefore(state: AdmissionState, a: Candidate, b: Candidate): boolean {
  if (a.pinned !== b.pinned) return a.pinned;
  const turnA = state.served.get(a.camera) ?? 0;
  const turnB = state.served.get(b.camera) ?? 0;
  return turnA === turnB ? a.id < b.id : turnA < turnB;
}

function takeTurn(state: AdmissionState, camera: string): void {
  state.turn += 1;
  state.served.delete(camera);
  state.served.set(camera, state.turn);
  if (state.served.size > MAX_SERVED) {
    const [longestAgo] = state.served.keys();
    if (longestAgo !== undefined) state.served.delete(longestAgo);
  }
}

/** When a waiting picture gets too old, or the spacing allows the next start. */
function nextWake(state: AdmissionState, now: number, options: AdmissionOptions): number | null {
  let wake = Number.POSITIVE_INFINITY;
  // A picture may still be asked about at its last moment, so it is too old one millisecond later.
  for (const lane of state.lanes.values())
    for (const one of lane.waiting) wake = Math.min(wake, one.askBy + 1);
  if (slotsInUse(state) < options.slots && state.nextStart > now && best(state))
    wake = Math.min(wake, state.nextStart);
  return wake === Number.POSITIVE_INFINITY ? null : wake;
}
