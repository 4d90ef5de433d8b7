import type { Decider, Step } from '../shared/decider';
import type { AlertInfo, AlertState, Severity } from '../shared/messages';
import type { Finding, GateEvent } from './finding';
import { type QuietHours, quietUntil } from './quiet-hours';

export interface GateOptions {
  severity: Severity;
  /** Least time between two alerts raised for one key. */
  cooldownMs: number;
  /** 0 to 1: what is less sure is not raised. */
  minConfidence: number;
  /** Least time between two messages for one alert while it lasts; 0 for no updates. */
  updateEveryMs: number;
  quiet: QuietHours | null;
  /** Of the quiet hours, IANA, where the camera has none of its own; '' is the machine's. */
  timeZone: string;
  sendCleared: boolean;
  /** Random text of this start of the node: makes ids unique over restarts. */
  salt: string;
}

/** Why something was not told. */
export type HoldReason = 'confidence' | 'quiet-hours' | 'cooldown' | 'already-raised' | 'not-raised';

/** An alert that was raised and not cleared yet. */
interface Raised {
  id: string;
  /** Event time at which the condition began. */
  since: number;
  count: number;
  /** When the last message for it left, on the real clock. */
  sentAt: number;
  /** What was found last. */
  finding: Finding;
}

/** All that is known about one key: plain data. */
export interface GateState {
  alert: Raised | null;
  /** Firing, but held back for a time; raised when that is over. */
  waiting: Finding | null;
  /** When an alert was raised last, on the real clock. */
  raisedAt: number | null;
  /** What the key is about; null before the first event. */
  last: Finding | null;
}

export type GateOutput =
  /** `own` tells that it belongs to the message just given, as opposed to a timer or the run before. */
  | { type: 'alert'; alert: AlertInfo; finding: Finding; own: boolean }
  /** Always the message just given. `until`: when it will be raised if it still fires; null for never. */
  | { type: 'held'; reason: HoldReason; until: number | null; about: GateEvent }
  /** The message just given needs no word. */
  | { type: 'dropped' }
  /** Nothing is left to remember. */
  | { type: 'forget' };

const QUIET_KEY: GateState = { alert: null, waiting: null, raisedAt: null, last: null };

const MAX_ID_CHARS = 48;

/** The gate of one key, on the real clock: raised, updated, cleared, or held back with a reason. */
export function alertGate(options: GateOptions): Decider<GateState, GateEvent, GateOutput> {
  const { severity, cooldownMs, minConfidence, updateEveryMs, sendCleared, salt } = options;

  return (before = QUIET_KEY, event, now) => {
    if (event.type === 'wake') return rest(raiseIfWaiting(before, now), now);
    const state = { ...before, last: event.finding };
    return rest(event.type === 'firing' ? onFiring(state, event, now) : onOver(state, event), now);
  };

  function onFiring(before: GateState, event: GateEvent, now: number): Change {
    const { finding } = event;
    const { alert } = before;
    if (!alert) return raiseOrHold(before, event, now);
    if (isSameRun(alert, finding)) return update(before, alert, event, now);
    // The end of the run before never came (its window was reset): without this, no alert would come again.
    const cleared = clear(before, alert, alert.finding, false);
    const next = raiseOrHold(cleared.state, event, now);
    return { state: next.state, outputs: [...cleared.outputs, ...next.outputs] };
  }

  function raiseOrHold(before: GateState, event: GateEvent, now: number): Change {
    const { finding } = event;
    if (finding.confidence !== null && finding.confidence < minConfidence) {
      return { state: before, outputs: [held('confidence', null, event)] };
    }
    const hold = holdAt(before, finding, now);
    if (!hold) return raise(finding, now, true);
    return { state: { ...before, waiting: finding }, outputs: [held(hold.reason, hold.until, event)] };
  }

  function raiseIfWaiting(before: GateState, now: number): Change {
    const { waiting } = before;
    if (!waiting || holdAt(before, waiting, now)) return { state: before, outputs: [] };
    return raise(waiting, now, false);
  }

  /** What holds an alert back for a time. */
  function holdAt({ raisedAt }: GateState, finding: Finding, now: number) {
    const quiet = options.quiet && quietUntil(now, options.quiet, finding.timeZone || options.timeZone);
    if (quiet !== null) return { reason: 'quiet-hours', until: quiet } as const;
    if (raisedAt === null || now >= raisedAt + cooldownMs) return null;
    return { reason: 'cooldown', until: raisedAt + cooldownMs } as const;
  }

  function raise(finding: Finding, now: number, own: boolean): Change {
    const id = `${slug(finding.key)}-${now.toString(36)}-${salt}`;
    const alert: Raised = { id, since: finding.since ?? finding.time, count: 1, sentAt: now, finding };
    return {
      state: { alert, waiting: null, raisedAt: now, last: finding },
      outputs: [told('raised', alert, finding, own)],
    };
  }

  function update(before: GateState, known: Raised, event: GateEvent, now: number): Change {
    const { finding } = event;
    const due = updateEveryMs > 0 && now >= known.sentAt + updateEveryMs;
    const quiet =
      due && options.quiet && quietUntil(now, options.quiet, finding.timeZone || options.timeZone);
    if (!due || quiet) {
      const state = { ...before, alert: { ...known, finding } };
      return { state, outputs: [held(quiet ? 'quiet-hours' : 'already-raised', null, event)] };
    }
    const alert: Raised = { ...known, finding, count: known.count + 1, sentAt: now };
    return { state: { ...before, alert }, outputs: [told('updated', alert, finding, true)] };
  }

  function onOver(before: GateState, event: GateEvent): Change {
    const state = { ...before, waiting: null };
    if (before.alert) return clear(state, before.alert, event.finding, true);
    // A camera that sees nothing says `no` all day; only what would have been told is worth a word.
    const worthAWord = event.change || before.waiting !== null;
    return { state, outputs: [worthAWord ? held('not-raised', null, event) : { type: 'dropped' }] };
  }

  /** The end of an alert that was raised is told always: whoever heard of it must hear that it is over. */
  function clear(before: GateState, known: Raised, finding: Finding, own: boolean): Change {
    const state = { ...before, alert: null };
    if (!sendCleared) return { state, outputs: own ? [{ type: 'dropped' }] : [] };
    return { state, outputs: [told('cleared', { ...known, count: known.count + 1 }, finding, own)] };
  }

  function told(
    state: AlertState,
    { id, since, count, finding: last }: Raised,
    finding: Finding,
    own: boolean,
  ) {
    const alert: AlertInfo = { id, key: finding.key, state, severity, since, count };
    // Without a window nobody has measured: what is known is the time between the first and the last `yes`.
    const heldMs = finding.since === null ? Math.max(0, last.time - since) : finding.heldMs;
    return { type: 'alert', alert, finding: { ...finding, heldMs }, own } as const;
  }

  /** What is left to do later. */
  function rest({ state, outputs }: Change, now: number): Step<GateState, GateOutput> {
    if (state.waiting) return { state, outputs, wakeAt: holdAt(state, state.waiting, now)?.until ?? now };
    if (state.alert) return { state, outputs, wakeAt: null };
    const forgetAt = state.raisedAt === null ? now : state.raisedAt + cooldownMs;
    if (now >= forgetAt) return { state, outputs: [...outputs, { type: 'forget' }], wakeAt: null };
    return { state, outputs, wakeAt: forgetAt };
  }
}

interface Change {
  state: GateState;
  outputs: GateOutput[];
}

function held(reason: HoldReason, until: number | null, about: GateEvent): GateOutput {
  return { type: 'held', reason, until, about };
}

/** Answers without a window belong to whatever alert there is. */
function isSameRun(alert: Raised, { since }: Finding): boolean {
  return since === null || alert.finding.since === null || alert.finding.since === since;
}

/** A key as it may stand in a file name, a URL and a topic. */
function slug(key: string): string {
  const words = key.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '');
  return Array.from(words).slice(0, MAX_ID_CHARS).join('');
}
