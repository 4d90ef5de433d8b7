import type { AlertInfo, Severity } from '../shared/messages';
import type { Spent } from './cooldown';
import type { Finding, GateEvent } from './finding';
import type { Joined, Members } from './members';
import type { QuietTimes } from './quiet-times';

export interface GateOptions {
  severity: Severity;
  /** Least time between two alerts raised for one key. */
  cooldownMs: number;
  /** 0 to 1: what is less sure is not raised. */
  minConfidence: number;
  /** Least time between two messages for one alert while it lasts; 0 for no updates. */
  updateEveryMs: number;
  /** What becomes of an answer `unknown`: nothing · it is raised, marked as unverified · it waits for a `yes`. */
  unknown: 'ignore' | 'tell' | 'hold';
  /** How long an `unknown` waits at the most. */
  unknownMs: number;
  quiet: QuietTimes | null;
  /** Alerts of this severity and above are raised in quiet times too; null for none. */
  quietExcept: Severity | null;
  /** Of the quiet times, IANA, where the camera has none of its own; '' is the machine's. */
  timeZone: string;
  sendCleared: boolean;
  /** Random text of this start of the node: makes ids unique over restarts. */
  salt: string;
}

/** What holds back for a reason that lies outside of the key. Epoch milliseconds; null where nothing does. */
export interface Holds {
  mutedUntil: number | null;
  floodUntil: number | null;
  /** In which time there is room for one update more. A span: a key's own time does not go back with the wall clock. */
  updateRoomMs: number | null;
}

/** None. */
export const NOTHING_HOLDS: Holds = { mutedUntil: null, floodUntil: null, updateRoomMs: null };

/** A finding, for the key that it belongs to. */
export type GateReport = GateEvent & { key: string; holds: Holds };

/** What happens to a key. */
export type GateInput =
  | GateReport
  /** What waits may be told now, or is held back again. */
  | { type: 'go'; holds: Holds }
  /** An alert that was raised has reached somebody, or has not (yet). */
  | { type: 'told' | 'untold'; id: string }
  /** A person has taken note. */
  | { type: 'acknowledge'; id: string }
  /** The model's words, later than the alert. */
  | { type: 'words'; id: string; text: string };

/** Why something was not told. */
export type HoldReason =
  | 'confidence'
  | 'unverified'
  | 'muted'
  | 'quiet-hours'
  | 'cooldown'
  | 'flood'
  | 'already-raised'
  | 'not-raised'
  | 'blind'
  | 'amended';

/** An alert that was raised and not cleared yet. */
export interface Raised {
  id: string;
  /** Of the gate: of one rule, or of a group of them. */
  key: string;
  severity: Severity;
  /** Event time at which the condition began. */
  since: number;
  count: number;
  /** When the last message for it left, on the real clock. */
  sentAt: number;
  verified: boolean;
  acknowledged: boolean;
  /** What was found last. */
  finding: Finding;
  /** Rules of the group that go on. */
  members: Members;
  owed: Owed | null;
}

/** The newest of what was not told of an alert that is raised; told when nothing holds it back, if it still goes on. */
export interface Owed {
  finding: Finding;
  severity: Severity;
  notBefore: number;
}

/** Firing, but held back for a time; raised when that is over. */
export interface Waiting extends Joined {
  key: string;
  severity: Severity;
  verified: boolean;
  /** An `unknown` that is older is let go; null for none. */
  dropAt: number | null;
  /** While it is muted. */
  notBefore: number;
}

/** All that is known about one key: plain data. */
export interface GateState {
  alert: Raised | null;
  waiting: Waiting | null;
  /** Rules that go on and whose alert a flood has held back: its digest tells of them, once, and no alert does. */
  flooded: Members | null;
  spent: Spent | null;
  /** Of the newest id: two of one moment must differ. */
  idAt: number;
  /** What the key is about; null before the first event. */
  last: Finding | null;
}

export type GateOutput =
  /** `own` tells that it belongs to the message just given, as opposed to a timer or the run before. */
  | { type: 'alert'; alert: AlertInfo; finding: Finding; own: boolean }
  /**
   * Always the message just given. `until`: when it will be told if it still fires; null for never. `missed`: a digest is
   * to count it, because a flood holds it back for the first time.
   */
  | { type: 'held'; reason: HoldReason; until: number | null; missed: boolean; about: GateEvent }
  /** What waits may be told, unless something outside of the key is against it: answer with `go`. */
  | { type: 'ready' }
  /** What waited is not raised: an `unknown` for too long without a `yes`, or there were too many alerts. */
  | { type: 'let-go'; reason: 'too-old' | 'flood'; finding: Finding; severity: Severity }
  /** The message just given needs no word. */
  | { type: 'dropped' }
  /** Nothing is left to remember. */
  | { type: 'forget' };
