import type { WindowInfo, WindowState } from '../shared/messages';
import { type Evidence, NO_EVIDENCE } from './evidence';
import type { ObservationEvent, Subject } from './observation';
import { NO_PROBES, type Probes } from './probe';
import { noneRecent, type Recent } from './recent';
import { NO_IDS, type SeenIds } from './repeat';
import type { RunOf } from './run';
import type { Phase, Run } from './run-record';

/** All that is known about one key: plain data, bounded. */
export interface KeyState<O> {
  subject: Subject;
  run: Run<O>;
  recent: Recent<O>;
  /** The phase that was told last. */
  told: Phase;
  /** What was told last of an alarm; null before the first. */
  spoken: Spoken | null;
  /** Time of the newest observation. */
  newest: number;
  /** How far the key's time is behind the camera's (see ProbeNeed). */
  lagMs: number;
  /** Whether the camera has gone offline since something was seen last. */
  offline: boolean;
  /** Of the newest verdict for the rule. */
  confidence: number | null;
  reason: string;
  evidence: Evidence;
  /** Sums of the frame ids seen last, to know a repeat. */
  ids: SeenIds;
  probes: Probes;
  /** The newest gaps between observations while a run was on. Milliseconds. */
  pace: number[];
  /** Observations in a row that were older than any limit. */
  tooOld: number;
  /** Observations in a row that were ahead of the clock; 3 where that is believed. */
  early: number;
}

export interface Spoken {
  state: WindowState;
  /** Event time up to which it speaks: what was captured until then does not change it. */
  until: number;
  /** Answers that came too late for it. */
  amended: number;
}

export type WindowOutput =
  /**
   * The state of the key. `changed` is false for an update only; `own` tells that it belongs to the
   * observation just given, as opposed to what silence did.
   */
  | { type: 'window'; info: WindowInfo; subject: Subject; changed: boolean; own: boolean }
  | { type: 'probe'; subject: Subject }
  /** The picture of the observation just given is evidence: to be kept under this id. */
  | { type: 'keep'; picture: string }
  /** While a run was on, answers came every so many milliseconds: more seldom than it needs. */
  | { type: 'seldom'; everyMs: number; subject: Subject }
  | { type: 'dropped'; reason: 'duplicate' | 'late' | 'early' }
  /** The time of this key was set back: forget it and give it this event again. */
  | { type: 'restart'; event: ObservationEvent }
  /** Nothing is left to remember. */
  | { type: 'forget' };

/** A key of which the first observation has just come. */
export function newKey<O>({ start }: RunOf<O>, { subject, observation }: ObservationEvent): KeyState<O> {
  return {
    subject,
    run: start,
    recent: noneRecent(start, null),
    told: 'idle',
    spoken: null,
    newest: observation.t,
    lagMs: 0,
    offline: false,
    confidence: null,
    reason: '',
    evidence: NO_EVIDENCE,
    ids: NO_IDS,
    probes: NO_PROBES,
    pace: [],
    tooOld: 0,
    early: 0,
  };
}

/** A copy, field by field: see copyOf of a run. */
export function copyOfState<O>(state: KeyState<O>): KeyState<O> {
  return {
    subject: state.subject,
    run: state.run,
    recent: state.recent,
    told: state.told,
    spoken: state.spoken,
    newest: state.newest,
    lagMs: state.lagMs,
    offline: state.offline,
    confidence: state.confidence,
    reason: state.reason,
    evidence: state.evidence,
    ids: state.ids,
    probes: state.probes,
    pace: state.pace,
    tooOld: state.tooOld,
    early: state.early,
  };
}
