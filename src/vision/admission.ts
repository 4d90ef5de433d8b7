import type { Decider } from '../shared/decider';
import { nextOf, obstacle, slotsInUse } from './admission-choice';
import { changeFlight, elsewhere } from './admission-flight';
import type {
  AdmissionEvent,
  AdmissionOptions,
  AdmissionOutput,
  AdmissionState,
  Obstacle,
} from './admission-state';
import * as breakers from './breaker';
import * as money from './budget';
import { breakerOf, setBreaker } from './judge';
import { type Candidate, queued } from './lane';
import * as pace from './rate';
import { isAlert, noTurns, noteProbe, takeTurn } from './turns';

/** Lanes with something in them. Beyond it new ones are turned away: each may hold three pictures. */
export const MAX_LANES = 2000;
/** A call that could go on waits no longer than this for a provider that wants to be left alone. */
const PATIENCE_MS = 10_000;
/** Of the pictures that come by the clock, one in so many is asked about while there is little money. */
export const STRETCH = 3;

/**
 * Which picture is asked about next, and when. Alerts in progress first, then pinned pictures, then the camera that
 * was served longest ago; per lane one pinned picture and the newest one wait, whatever else came is superseded.
 * Nothing starts that the provider's limits, the budget or the state of its model forbid.
 */
export function admission(
  options: AdmissionOptions,
): Decider<AdmissionState, AdmissionEvent, AdmissionOutput> {
  return (state, event, now) => {
    const next = state ? copy(state) : empty(options, now);
    const outputs: AdmissionOutput[] = [];
    next.budget = money.rolled(next.budget, now);
    if (event.type === 'offer') offer(next, event, now, outputs);
    else if (event.type !== 'wake') change(next, event, now, options, outputs);
    probeOutages(next, now, outputs);
    clearUseless(next, now, options, outputs);
    wantSlot(next, now, options, outputs);
    tellBudget(next, options, outputs);
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

function empty(options: AdmissionOptions, now: number): AdmissionState {
  return {
    lanes: new Map(),
    turns: noTurns(),
    breakers: new Map(),
    rate: pace.fullRate(options.rate, now),
    budget: money.newBudget(now),
    level: 'normal',
    latestCost: 0,
    routines: new Map(),
    slots: options.slots,
    acquiring: false,
  };
}

/** What is in the maps and lists is never changed, only replaced. */
function copy(state: AdmissionState): AdmissionState {
  return {
    ...state,
    lanes: new Map(state.lanes),
    turns: { ...state.turns, served: new Map(state.turns.served), alerts: new Map(state.turns.alerts) },
    breakers: new Map(state.breakers),
    routines: new Map(state.routines),
  };
}

function offer(
  state: AdmissionState,
  { candidate: offered, askWithinMs }: Extract<AdmissionEvent, { type: 'offer' }>,
  now: number,
  outputs: AdmissionOutput[],
): void {
  const candidate = { ...offered, askBy: now + askWithinMs };
  const { id } = candidate;
  state.latestCost = candidate.cost;
  if (candidate.probe) noteProbe(state.turns, candidate.camera, now);
  const lane = state.lanes.get(candidate.lane);
  if (!lane && state.lanes.size >= MAX_LANES)
    return void outputs.push({ type: 'drop', id, reason: 'superseded' });
  if (isStretched(state, candidate, now)) return void outputs.push({ type: 'drop', id, reason: 'saving' });
  const waiting = queued(lane?.waiting ?? [], candidate);
  for (const one of [...(lane?.waiting ?? []), candidate]) {
    if (!waiting.includes(one)) outputs.push({ type: 'drop', id: one.id, reason: 'superseded' });
  }
  state.lanes.set(candidate.lane, { flight: lane?.flight ?? null, waiting });
}

/** Heartbeats come less often while there is little money, but not those of a camera with an alert in progress. */
function isStretched(state: AdmissionState, candidate: Candidate, now: number): boolean {
  if (state.level === 'normal') state.routines.clear();
  if (state.level !== 'saving' || !candidate.routine || isAlert(state.turns, candidate, now)) return false;
  if (state.routines.size >= MAX_LANES) state.routines.clear();
  const count = state.routines.get(candidate.lane) ?? 0;
  state.routines.set(candidate.lane, (count + 1) % STRETCH);
  return count !== 0;
}

type Change = Exclude<AdmissionEvent, { type: 'offer' }>;

function change(
  state: AdmissionState,
  event: Change,
  now: number,
  options: AdmissionOptions,
  outputs: AdmissionOutput[],
): void {
  switch (event.type) {
    case 'acquired':
      state.acquiring = false;
      start(state, now, options, outputs);
      return;
    case 'notAcquired':
      state.acquiring = false;
      return;
    case 'told':
      state.rate = pace.learnt(state.rate, event.model, event.limits, now);
      return;
    case 'probed':
      setBreaker(state, event.model, breakers.probed(breakerOf(state, event.model), event.isThere));
      return;
    case 'spentBefore':
      state.budget = money.spentBefore(state.budget, event);
      return;
    case 'capacity':
      state.slots = Math.max(1, event.slots);
      return;
    case 'leave':
      leave(state, event.lanes, now, outputs);
      return;
    default:
      changeFlight(state, event, now, options, outputs);
  }
}

function leave(
  state: AdmissionState,
  gone: (lane: string) => boolean,
  now: number,
  outputs: AdmissionOutput[],
): void {
  for (const [name, { flight, waiting }] of state.lanes) {
    if (!gone(name)) continue;
    for (const one of waiting) outputs.push({ type: 'drop', id: one.id, reason: 'closed' });
    // A call under way keeps its slot and its money until its attempt has ended, which the drop brings about.
    if (flight) outputs.push({ type: 'drop', id: flight.candidate.id, reason: 'closed' });
    if (flight?.phase === 'asking') state.lanes.set(name, { flight, waiting: [] });
    else state.lanes.delete(name);
  }
  // A deploy may have brought what was missing: try again at once.
  for (const [model, breaker] of state.breakers) {
    setBreaker(state, model, breakers.changed(breaker, now));
  }
}

function probeOutages(state: AdmissionState, now: number, outputs: AdmissionOutput[]): void {
  for (const [model, breaker] of state.breakers) {
    if (breaker.state !== 'open' || breaker.probeAt > now) continue;
    outputs.push({ type: 'probe', model });
    state.breakers.set(model, { ...breaker, probeAt: now + breakers.PROBE_MS });
  }
}

/** What cannot be asked about is dropped, or asked elsewhere. */
function clearUseless(
  state: AdmissionState,
  now: number,
  options: AdmissionOptions,
  outputs: AdmissionOutput[],
): void {
  for (const [name, lane] of state.lanes) {
    let { flight } = lane;
    const left: Candidate[] = [];
    const ready = flight?.phase === 'ready' ? flight.candidate : null;
    if (ready && ready.askBy < now) {
      flight = null;
      // A newer one of its camera is asked about in its place; that a pinned one is lost must be told.
      const isReplaced = lane.waiting.length > 0 && !ready.pinned;
      outputs.push({ type: 'drop', id: ready.id, reason: isReplaced ? 'superseded' : 'stale' });
    } else if (ready) {
      const reason = obstacle(state, ready, now, now + PATIENCE_MS, options);
      if (reason) flight = options.hasFallback ? elsewhere(ready, now) : null;
      if (reason) outputs.push(turnedAway(ready, reason, options));
    }
    for (const one of lane.waiting) {
      const reason = one.askBy < now ? 'stale' : obstacle(state, one, now, one.askBy, options);
      if (reason === null) left.push(one);
      else if (reason === 'stale') outputs.push({ type: 'drop', id: one.id, reason });
      else if (!options.hasFallback) outputs.push(turnedAway(one, reason, options));
      else if (flight) left.push(one);
      else {
        flight = elsewhere(one, now);
        outputs.push(turnedAway(one, reason, options));
      }
    }
    if (flight === lane.flight && left.length === lane.waiting.length) continue;
    if (left.length === 0 && !flight) state.lanes.delete(name);
    else state.lanes.set(name, { flight, waiting: left });
  }
}

function turnedAway({ id }: Candidate, reason: Obstacle, { hasFallback }: AdmissionOptions): AdmissionOutput {
  return { type: hasFallback ? 'divert' : 'drop', id, reason };
}

function wantSlot(
  state: AdmissionState,
  now: number,
  options: AdmissionOptions,
  outputs: AdmissionOutput[],
): void {
  if (state.acquiring || slotsInUse(state) >= state.slots) return;
  const { candidate } = nextOf(state, now, options);
  if (!candidate || pace.mayStartAt(state.rate, candidate.tokens, now) > now) return;
  state.acquiring = true;
  outputs.push({ type: 'acquire' });
}

/** A slot is there: chosen is who is best now, not who was when it was asked for. */
function start(
  state: AdmissionState,
  now: number,
  options: AdmissionOptions,
  outputs: AdmissionOutput[],
): void {
  clearUseless(state, now, options, outputs);
  if (slotsInUse(state) >= state.slots) return;
  const { candidate } = nextOf(state, now, options);
  if (!candidate || pace.mayStartAt(state.rate, candidate.tokens, now) > now) return;
  const lane = state.lanes.get(candidate.lane);
  const isResumed = lane?.flight?.candidate === candidate;
  state.lanes.set(candidate.lane, {
    flight: { candidate, phase: 'asking', startedAt: now },
    waiting: (lane?.waiting ?? []).filter((one) => one !== candidate),
  });
  takeTurn(state.turns, candidate, now);
  state.rate = pace.drawn(state.rate, candidate.model, candidate.tokens, now);
  state.budget = money.reserve(state.budget, candidate.cost);
  const breaker = breakerOf(state, candidate.model);
  if (breaker.state !== 'closed')
    state.breakers.set(candidate.model, breakers.taken(breaker, options.blockMs, now));
  outputs.push({ type: isResumed ? 'resume' : 'start', id: candidate.id });
}

function tellBudget(state: AdmissionState, { budget }: AdmissionOptions, outputs: AdmissionOutput[]): void {
  const { level, period } = money.levelOf(state.budget, budget, state.latestCost);
  if (level === state.level) return;
  state.level = level;
  outputs.push({ type: 'budget', level, period });
}

/** When a waiting picture gets too old, a limit allows the next start, or a server is to be looked at. */
function nextWake(state: AdmissionState, now: number, options: AdmissionOptions): number | null {
  let wake = Number.POSITIVE_INFINITY;
  // A picture may still be asked about at its last moment, so it is too old one millisecond later.
  for (const { flight, waiting } of state.lanes.values()) {
    for (const one of waiting) wake = Math.min(wake, one.askBy + 1);
    if (flight?.phase === 'ready') wake = Math.min(wake, flight.candidate.askBy + 1);
  }
  for (const breaker of state.breakers.values())
    if (breaker.state === 'open') wake = Math.min(wake, breaker.probeAt);
  // Where one is asked for, or all are used, another event comes first.
  if (!state.acquiring && slotsInUse(state) < state.slots) {
    const { candidate, laterAt } = nextOf(state, now, options);
    wake = Math.min(wake, laterAt);
    if (candidate) wake = Math.min(wake, pace.mayStartAt(state.rate, candidate.tokens, now));
  }
  return wake === Number.POSITIVE_INFINITY ? null : wake;
}
