import type { Decider, Step } from '../shared/decider';
import type { WindowInfo, WindowState } from '../shared/messages';
import type { ObservationEvent, Subject } from './observation';
import { NO_PROBES, nextProbe, type ProbeNeed, type Probes, probed } from './probe';
import { keep, type Placed, place, type Recent } from './recent';
import type { Phase, RunRule } from './run-rule';

/** All that is known about one key: plain data, bounded. */
export interface KeyState<R> {
  subject: Subject;
  run: R;
  recent: Recent<R>;
  /** The phase that was told last. */
  told: Phase;
  /** Time of the newest observation. */
  newest: number;
  /** How far the key's time is behind the camera's (see ProbeNeed). */
  lagMs: number;
  /** Of the newest `yes`. */
  confidence: number | null;
  reason: string;
  /** Frame ids seen last, to know a repeat. */
  ids: string[];
  probes: Probes;
  /** Observations in a row that were older than any limit. */
  tooOld: number;
}

export type WindowOutput =
  /**
   * The state of the key. `changed` is false for an update only; `own` tells that it belongs to the
   * observation just given, as opposed to what silence did.
   */
  | { type: 'window'; info: WindowInfo; subject: Subject; changed: boolean; own: boolean }
  | { type: 'probe'; subject: Subject }
  | { type: 'dropped'; reason: 'duplicate' | 'late' }
  /** The time of this key was set back: forget it and give it this event again. */
  | { type: 'restart'; event: ObservationEvent }
  /** Nothing is left to remember. */
  | { type: 'forget' };

export interface WindowOptions {
  /** Whether to ask for frames. */
  probe: boolean;
  /** Probes go out half of this after the newest observation. Milliseconds. */
  gapMs: number;
}

/** Repeats come from a re-sent message or two wires that meet: soon or never. */
const MAX_IDS = 32;

/** An idle key is forgotten after so long a silence: far beyond the lateness of any answer. */
const FORGET_AFTER_MS = 600_000;

/** A single message may be hours late; three in a row mean that the camera's clock was set back. */
const RESTART_AFTER = 3;

/** Turns a rule into the decider of one key. Undefined state: nothing is known. */
export function windowDecider<R>(
  rule: RunRule<R>,
  { probe, gapMs }: WindowOptions,
): Decider<KeyState<R> | undefined, ObservationEvent, WindowOutput> {
  return (before, event, now) => {
    if (event.type === 'observation') return onObservation(before, event, now);
    return before ? attend(before, [], now) : { state: before, outputs: [], wakeAt: null };
  };

  function onObservation(before: KeyState<R> | undefined, event: ObservationEvent, now: number) {
    const { observation: seen } = event;
    const state = before ?? newKey(rule, event);
    if (seen.id !== null && state.ids.includes(seen.id)) {
      return attend(state, [{ type: 'dropped', reason: 'duplicate' }], now);
    }
    const placed = place(state.recent, state.run, seen, rule.lateMs);
    if (typeof placed === 'string') {
      const tooOld = placed === 'beyond the limit' ? state.tooOld + 1 : state.tooOld;
      const output: WindowOutput =
        tooOld >= RESTART_AFTER ? { type: 'restart', event } : { type: 'dropped', reason: 'late' };
      return attend({ ...state, tooOld }, [output], now);
    }
    // Silence before this observation comes first, whether its timer ran or not: a replay decides the same.
    const settled = settle(state, seen.t);
    const next = take(settled.state, event, placed, now);
    return attend(next.state, [...settled.outputs, ...next.outputs], now);
  }

  /** Puts an observation in its place and tells what that changes. */
  function take(state: KeyState<R>, event: ObservationEvent, placed: Placed<R>, now: number) {
    const { observation: seen } = event;
    const outputs: WindowOutput[] = [];
    const inOrder = seen.t >= state.newest;
    let next: KeyState<R> = {
      ...state,
      subject: event.subject,
      newest: Math.max(state.newest, seen.t),
      lagMs: inOrder ? Math.max(0, seen.t + event.latencyMs - now) : state.lagMs,
      ids: seen.id === null ? state.ids : [...state.ids, seen.id].slice(-MAX_IDS),
      probes: inOrder ? { ...state.probes, unanswered: 0 } : state.probes,
      tooOld: 0,
    };
    if (inOrder && seen.verdict === 'yes') {
      next = { ...next, confidence: seen.confidence, reason: event.reason };
    }
    let run = placed.from;
    for (const one of placed.tail) {
      const was = run;
      run = rule.fold(run, one);
      const [phaseWas, phase] = [rule.phaseAt(was, one.t), rule.phaseAt(run, one.t)];
      if ((phaseWas === 'firing') === (phase === 'firing')) continue;
      const told = phase === 'firing' ? 'firing' : 'resolved';
      outputs.push(window({ ...next, run, newest: one.t }, told, true));
    }
    const phase = rule.phaseAt(run, now);
    const alarmed = outputs.length > 0;
    const recent = alarmed
      ? { list: [], before: run, fence: next.newest }
      : keep(rule, { ...state.recent, list: placed.list });
    next = { ...next, run, recent, told: phase };
    // Firing says so itself, and so does the end of it; only what came after it needs a word more.
    if (!alarmed || phase === 'pending') outputs.push(window(next, phase, phase !== state.told || alarmed));
    const last = outputs.at(-1);
    if (last?.type === 'window') last.own = true;
    return { state: next, outputs };
  }

  /** What silence until a moment has ended. */
  function settle(state: KeyState<R>, at: number): { state: KeyState<R>; outputs: WindowOutput[] } {
    if (state.told !== 'pending' || rule.phaseAt(state.run, at) !== 'idle') return { state, outputs: [] };
    return { state: { ...state, told: 'idle' }, outputs: [window(state, 'idle', true)] };
  }

  /** What is due at a moment beside the observation in hand, and when to look again. */
  function attend(before: KeyState<R>, first: WindowOutput[], now: number): Step<KeyState<R>, WindowOutput> {
    const settled = settle(before, now);
    const outputs = [...first, ...settled.outputs];
    let state = settled.state;
    const forgetAt = state.newest + Math.max(FORGET_AFTER_MS, 2 * rule.lateMs);
    if (state.told === 'idle') {
      if (now >= forgetAt) outputs.push({ type: 'forget' });
      return { state, outputs, wakeAt: now >= forgetAt ? null : forgetAt };
    }
    const need = probeNeed(state);
    const due = probe ? nextProbe(state.probes, need, gapMs) : null;
    if (due !== null && due <= now) {
      outputs.push({ type: 'probe', subject: state.subject });
      state = { ...state, probes: probed(state.probes, need, now) };
    }
    const again = probe ? nextProbe(state.probes, need, gapMs) : null;
    return { state, outputs, wakeAt: earliest(again, need.lastsUntil === null ? null : need.lastsUntil + 1) };
  }

  function probeNeed({ told, run, newest, lagMs }: KeyState<R>): ProbeNeed {
    const { since } = rule.figures(run, newest);
    const [completeAt, lastsUntil] = [rule.completeAt(run), rule.lastsUntil(run)];
    return { phase: told, since, newest, completeAt, lastsUntil, lagMs };
  }

  function window(state: KeyState<R>, told: WindowState, changed: boolean): WindowOutput {
    const { subject, run, newest, confidence, reason } = state;
    const figures = rule.figures(run, newest);
    const known = told !== 'idle' || changed;
    const info: WindowInfo = {
      key: subject.key,
      camera: subject.camera,
      rule: subject.rule,
      state: told,
      since: told === 'idle' ? null : figures.since,
      // The message that ends a run tells how far it came; an idle key has nothing to tell.
      heldMs: known ? figures.heldMs : 0,
      samples: known ? figures.samples : { yes: 0, no: 0, unknown: 0 },
      coverage: known ? figures.coverage : 0,
      time: newest,
      confidence: known ? confidence : null,
    };
    if (known && reason !== '') info.reason = reason;
    return { type: 'window', info, subject, changed, own: false };
  }
}

function newKey<R>(rule: RunRule<R>, { subject, observation }: ObservationEvent): KeyState<R> {
  return {
    subject,
    run: rule.start,
    recent: { list: [], before: rule.start, fence: null },
    told: 'idle',
    newest: observation.t,
    lagMs: 0,
    confidence: null,
    reason: '',
    ids: [],
    probes: NO_PROBES,
    tooOld: 0,
  };
}

function earliest(...times: (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
