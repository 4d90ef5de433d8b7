import type { Decider, Step, Wake } from '../shared/decider';
import type { WindowState } from '../shared/messages';
import { NO_EVIDENCE, withPicture } from './evidence';
import { windowInfo } from './info';
import { copyOfState, type KeyState, newKey, type Spoken, type WindowOutput } from './key-state';
import { lastWords, withUntil } from './last-words';
import type { CameraEvent, Observation, ObservationEvent } from './observation';
import { isSeldom } from './pace';
import { answered, askedUntil, nextProbe, type ProbeNeed, probed } from './probe';
import { noneRecent, type Placed, place } from './recent';
import { hasSum, idSum, withSum } from './repeat';
import { medianOf, withGap } from './rhythm';
import type { RunOf } from './run';
import type { Phase, Run } from './run-record';

export type WindowEvent = ObservationEvent | CameraEvent;

export interface WindowOptions {
  /** Whether to ask for frames. */
  probe: boolean;
  /** Whether to tell also of observations that change nothing. */
  updates: boolean;
}

/** An idle key is forgotten after so long a silence: far beyond the lateness of any answer. */
const FORGET_AFTER_MS = 600_000;

const NO_TURNS: never[] = [];

/** A single message may be hours late or early; three in a row mean that the camera's clock was set. */
const BELIEVED_AFTER = 3;

/** Further ahead of the clock no frame can have been captured (reference: llm-and-selection.md §5). */
const MAX_AHEAD_MS = 5000;

/**
 * The time that an observation gives to its key.
 *
 * @returns epoch milliseconds; undefined for one of a time to come that is not believed: all that follow would be too late
 */
export function keyTimeOf(state: KeyState<unknown> | undefined, event: ObservationEvent): number | undefined {
  return isTooEarly(state, event) ? undefined : event.observation.t;
}

function isTooEarly(state: KeyState<unknown> | undefined, { aheadMs }: ObservationEvent): boolean {
  return state !== undefined && aheadMs > MAX_AHEAD_MS && state.early + 1 < BELIEVED_AFTER;
}

/** Where an alarm began or ended. */
interface Turn<O> {
  state: WindowState;
  run: Run<O>;
  at: number;
}

/**
 * Turns a rule into the decider of one key (docs/temporal-window.md). Undefined state: nothing is known. The functions in it
 * add what is to be told to the `outputs` of the step, a list that nobody else has.
 */
export function windowDecider<O>(
  of: RunOf<O>,
  { probe, updates }: WindowOptions,
): Decider<KeyState<O> | undefined, WindowEvent, WindowOutput> {
  const { rule, options } = of;
  const { gapMs, lateMs } = options;

  return (before, event: WindowEvent | Wake, now) => {
    if (event.type === 'observation') return onObservation(before, event, now);
    if (!before) return { state: before, outputs: [], wakeAt: null };
    // A camera that is back has shown nothing yet: what is seen tells that it is not blind any more.
    const offline = before.offline || (event.type === 'camera' && !event.online);
    return attend({ ...before, offline }, [], now);
  };

  function onObservation(before: KeyState<O> | undefined, event: ObservationEvent, now: number) {
    const { observation: seen } = event;
    const state = before ?? newKey(of, event);
    const sum = event.id === null ? null : idSum(event.id);
    if (sum !== null && hasSum(state.ids, sum)) {
      return attend(state, [{ type: 'dropped', reason: 'duplicate' }], now);
    }
    const ids = sum === null ? state.ids : withSum(state.ids, sum);
    if (isTooEarly(before, event)) {
      const next = { ...state, ids, early: state.early + 1 };
      return attend(next, [{ type: 'dropped', reason: 'early' }], now);
    }
    if (seen.t < state.newest - lateMs) return onTooOld({ ...state, ids }, event, now);
    const { spoken } = state;
    if (spoken && seen.t <= spoken.until) return onAfterTheFact({ ...state, ids }, spoken, seen, now);
    const outputs: WindowOutput[] = [];
    // Silence before this observation comes first, whether its timer ran or not: a replay decides the same.
    const settled = seen.t >= state.newest ? settle(state, seen.t, outputs) : state;
    const isUnseen = state.offline && seen.t >= state.newest;
    const placed = place(of, settled.recent, settled.run, isUnseen ? { ...seen, unseen: true } : seen);
    if (!placed) return attend(state, [{ type: 'dropped', reason: 'late' }], now);
    const next = take(settled, event, placed, now, outputs);
    next.ids = ids;
    return attend(next, outputs, now);
  }

  function onTooOld(before: KeyState<O>, event: ObservationEvent, now: number) {
    const state = { ...before, tooOld: before.tooOld + 1 };
    if (state.tooOld < BELIEVED_AFTER) return attend(state, [{ type: 'dropped', reason: 'late' }], now);
    const outputs: WindowOutput[] = [{ type: 'restart', event }];
    const end = lastWords(rule, state);
    if (end) outputs.unshift(end);
    return { state, outputs, wakeAt: null };
  }

  /** Of a time that has been spoken of: that is annotated, and nothing is taken back. */
  function onAfterTheFact(before: KeyState<O>, spoken: Spoken, seen: Observation, now: number) {
    const amended = spoken.amended + 1;
    const state = { ...before, spoken: { ...spoken, amended } };
    const output = window(state, state.told, true);
    output.info.amended = { state: spoken.state, verdict: seen.verdict, time: seen.t, count: amended };
    output.own = true;
    return attend(state, [output], now);
  }

  /** Puts an observation in its place and tells what that changes. */
  function take(
    before: KeyState<O>,
    event: ObservationEvent,
    placed: Placed<O>,
    now: number,
    outputs: WindowOutput[],
  ): KeyState<O> {
    const { observation: seen, picture } = event;
    const { run, alarms } = follow(placed);
    const state = copyOfState(before);
    if (seen.t >= before.newest) noteNewest(state, run, event, now);
    state.subject = event.subject;
    state.run = run;
    state.tooOld = 0;
    state.early = event.aheadMs > MAX_AHEAD_MS ? BELIEVED_AFTER : 0;
    state.told = phaseOf(state, state.newest);
    const last = alarms.at(-1);
    if (last) {
      state.recent = noneRecent(run, state.newest);
      state.spoken = { state: last.state, until: state.newest, amended: 0 };
    } else state.recent = placed.recent;

    if (picture !== null && state.evidence !== before.evidence) outputs.push({ type: 'keep', picture });
    if (isSeldom(state.pace, gapMs) && !isSeldom(before.pace, gapMs)) {
      outputs.push({ type: 'seldom', everyMs: medianOf(state.pace), subject: state.subject });
    }
    for (const { state: told, run: as, at } of alarms) {
      outputs.push(window({ ...state, run: as, newest: at }, told, true));
    }
    // Firing says so itself, and so does the end of it; only what came after it needs a word more.
    const said = last ? (last.state === 'firing' ? 'firing' : 'idle') : before.told;
    const changed = state.told !== said;
    if (changed || (updates && !last)) outputs.push(window(state, state.told, changed));
    if (last || changed || updates) {
      const own = outputs.at(-1);
      if (own?.type === 'window') own.own = true;
    }
    return state;
  }

  /** What only the newest observation changes. `state` is still as it was before, and nobody else has it. */
  function noteNewest(state: KeyState<O>, run: Run<O>, event: ObservationEvent, now: number): void {
    const { observation: seen, picture } = event;
    const before = state.run;
    if (before.phase !== 'idle') state.pace = withGap(state.pace, seen.t - state.newest);
    state.newest = seen.t;
    state.lagMs = Math.max(0, seen.t + event.latencyMs - now);
    if (seen.verdict !== 'unknown') state.offline = false;
    state.probes = answered(state.probes, seen.t);
    if (seen.verdict !== rule.wants) return;
    state.confidence = seen.confidence;
    state.reason = event.reason;
    if (picture === null || run.phase === 'idle') return;
    const evidence = run.forN === 1 ? NO_EVIDENCE : state.evidence;
    const fires = run.phase === 'firing' && before.phase !== 'firing';
    state.evidence = withPicture(evidence, { id: picture, t: seen.t }, rule.spanMs, fires);
  }

  /** Folds observations into a run; tells where in it an alarm began or ended. */
  function follow({ from, tail }: Placed<O>): { run: Run<O>; alarms: readonly Turn<O>[] } {
    let alarms: Turn<O>[] = NO_TURNS;
    let run = from;
    for (const seen of tail) {
      const was = run;
      const wasOn = was.phase === 'firing' && of.phaseAt(was, seen.t) !== 'idle';
      if (was.phase === 'firing' && !wasOn) {
        const expired = { ...was, until: was.lastKnown };
        alarms = [...alarms, { state: 'expired', run: expired, at: was.newest ?? was.lastKnown }];
      }
      run = of.fold(was, seen);
      const isOn = run.phase === 'firing';
      if (wasOn !== isOn) alarms = [...alarms, { state: isOn ? 'firing' : 'resolved', run, at: seen.t }];
    }
    return { run, alarms };
  }

  /** The phase at a moment, with what is known of the camera. */
  function phaseOf({ run, offline }: KeyState<O>, at: number): Phase {
    const phase = of.phaseAt(run, at);
    return phase === 'firing' && offline ? 'blind' : phase;
  }

  /** What silence until a moment has changed. */
  function settle(before: KeyState<O>, at: number, outputs: WindowOutput[]): KeyState<O> {
    const phase = phaseOf(before, at);
    // Silence begins nothing, and shows nothing to one that is blind.
    if (phase === before.told || before.told === 'idle' || phase === 'firing') return before;
    if (before.run.phase !== 'firing') {
      const state = { ...before, told: phase };
      outputs.push(window(withUntil(state, before.run.lastFor), phase, true));
      return state;
    }
    const blind: KeyState<O> = { ...before, told: 'blind' };
    if (before.told !== 'blind') outputs.push(window(blind, 'blind', true));
    if (phase === 'blind') return blind;
    const over = withUntil(before, before.run.lastKnown);
    const run: Run<O> = { ...over.run, phase: 'idle' };
    const state: KeyState<O> = {
      ...over,
      run,
      told: 'idle',
      spoken: { state: 'expired', until: of.expiresAt(before.run), amended: 0 },
      recent: noneRecent(run, before.newest),
    };
    outputs.push(window(state, 'expired', true));
    return state;
  }

  /** What is due at a moment beside the observation in hand, and when to look again. */
  function attend(
    before: KeyState<O>,
    outputs: WindowOutput[],
    now: number,
  ): Step<KeyState<O>, WindowOutput> {
    // While a question is out, its answer may show that there was no silence.
    const asked = askedUntil(before.probes, lateMs);
    const isAsked = asked !== null && now < asked;
    let state = isAsked ? offlineOnly(before, outputs) : settle(before, now, outputs);
    if (state.told === 'idle') {
      const forgetAt = state.newest + Math.max(FORGET_AFTER_MS, 2 * lateMs);
      if (now < forgetAt) return { state, outputs, wakeAt: forgetAt };
      outputs.push({ type: 'forget' });
      return { state, outputs, wakeAt: null };
    }
    const need = probeNeed(state);
    const due = probe ? nextProbe(state.probes, need, gapMs) : null;
    if (due !== null && due <= now) {
      outputs.push({ type: 'probe', subject: state.subject });
      state = { ...state, probes: probed(state.probes, need, now) };
    }
    const again = due !== null && due <= now ? nextProbe(state.probes, need, gapMs) : due;
    return { state, outputs, wakeAt: earliest(again, silenceAt(state)) };
  }

  /** A camera that is gone is blind at once: there is nothing to wait for. */
  function offlineOnly(state: KeyState<O>, outputs: WindowOutput[]): KeyState<O> {
    return state.offline && state.told === 'firing' ? settle(state, state.newest, outputs) : state;
  }

  /** When silence changes the phase that was told; null for never. */
  function silenceAt({ told, run, probes, newest }: KeyState<O>): number | null {
    const until = told === 'blind' ? of.expiresAt(run) : of.phaseUntil(run, newest);
    if (until === null) return null;
    return Math.max(until + 1, askedUntil(probes, lateMs) ?? Number.NEGATIVE_INFINITY);
  }

  function probeNeed({ told, run, newest, lagMs }: KeyState<O>): ProbeNeed {
    const isPending = told === 'pending';
    return {
      phase: told,
      since: run.since,
      newest,
      completeAt: isPending ? rule.completeAt(run) : null,
      lastsUntil: isPending ? rule.pendingUntil(run) : null,
      lagMs,
    };
  }

  function window(state: KeyState<O>, told: WindowState, changed: boolean) {
    const info = windowInfo(rule, state, told, changed);
    return { type: 'window' as const, info, subject: state.subject, changed, own: false };
  }
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
