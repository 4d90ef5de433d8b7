import type { Decider, Step } from '../shared/decider';
import type { AlertEnd, AlertInfo, AlertState } from '../shared/messages';
import { higher, isChange, namesOf, rank, type Spent } from './cooldown';
import type { Finding, GateEvent } from './finding';
import {
  type GateInput,
  type GateOptions,
  type GateOutput,
  type GateReport,
  type GateState,
  type HoldReason,
  type Holds,
  NOTHING_HOLDS,
  type Raised,
  type Waiting,
} from './gate-state';
import { holdRules } from './hold';
import { isNewRun, joinedBy, leftBy, withMember, withoutMember } from './members';

const QUIET_KEY: GateState = { alert: null, waiting: null, spent: null, idAt: 0, last: null };

const MAX_ID_CHARS = 48;

/** The gate of one key, on the real clock: raised, updated, acknowledged, cleared, or held back with a reason. */
export function alertGate(options: GateOptions): Decider<GateState, GateInput, GateOutput> {
  const { cooldownMs, minConfidence, updateEveryMs, sendCleared, salt } = options;
  const { holdAt, holdUpdate } = holdRules(options);

  return (before = QUIET_KEY, event, now) => {
    switch (event.type) {
      case 'wake':
        return rest(look(before, now), now);
      case 'go':
        return rest(raiseIfWaiting(before, event.holds, now), now);
      case 'told':
      case 'untold':
        return rest(onDelivery(before, event, now), now);
      case 'acknowledge':
        return rest(onAcknowledge(before, event.id, now), now);
      case 'words':
        return rest(onWords(before, event, now), now);
    }
    const state = { ...before, last: event.finding };
    return rest(onReport(state, event, now), now);
  };

  function onReport(state: GateState, event: GateReport, now: number): Change {
    switch (event.type) {
      case 'firing':
        return onFiring(state, event, now);
      case 'over':
        return onOver(state, event);
      case 'unsure':
        return onUnsure(state, event, now);
      case 'blind': {
        const reason = state.alert || state.waiting ? 'blind' : 'not-raised';
        return { state, outputs: [held(reason, null, event)] };
      }
      case 'note':
        return { state, outputs: [held('amended', null, event)] };
    }
  }

  function onFiring(before: GateState, event: GateReport, now: number): Change {
    const { finding } = event;
    const { alert } = before;
    if (!alert) return raiseOrHold(before, event, true, now);
    if (!isNewRun(alert.members, finding)) return update(before, alert, event, now);
    // The end of the run before never came (its window was reset): without this, no alert would come again.
    const cleared = clear(before, alert, alert.finding, 'seen', false);
    const next = raiseOrHold(cleared.state, event, true, now);
    return { state: next.state, outputs: [...cleared.outputs, ...next.outputs] };
  }

  function onUnsure(before: GateState, event: GateReport, now: number): Change {
    if (options.unknown === 'ignore' || before.alert)
      return { state: before, outputs: [{ type: 'dropped' }] };
    if (options.unknown === 'tell') return raiseOrHold(before, event, false, now);
    const { key, finding } = event;
    const known = before.waiting;
    const waiting: Waiting = {
      key,
      severity: event.severity ?? options.severity,
      verified: false,
      dropAt: now + options.unknownMs,
      notBefore: now,
      ...known,
      // What fires already waits for no yes.
      ...(known?.dropAt === null ? known : joinedBy(known, finding)),
    };
    return { state: { ...before, waiting }, outputs: [held('unverified', null, event)] };
  }

  function raiseOrHold(before: GateState, event: GateReport, verified: boolean, now: number): Change {
    const { finding, holds } = event;
    if (finding.confidence !== null && finding.confidence < minConfidence) {
      return { state: before, outputs: [held('confidence', null, event)] };
    }
    const wanted = wantedBy(before.waiting, event, verified, now);
    const hold = holdAt(before, wanted, holds, now);
    if (!hold) return raise(before, wanted, now, true);
    const output = held(hold.reason, hold.until, event);
    // What a flood has held back is told by its digest.
    if (hold.reason === 'flood') return { state: { ...before, waiting: null }, outputs: [output] };
    const waiting = hold.reason === 'muted' ? { ...wanted, notBefore: hold.until ?? now } : wanted;
    return { state: { ...before, waiting }, outputs: [output] };
  }

  /** What is to be raised: this, with what waits already. */
  function wantedBy(known: Waiting | null, event: GateReport, verified: boolean, now: number): Waiting {
    const { key, finding } = event;
    const severity = event.severity ?? options.severity;
    const isJoining = known && known.dropAt === null && !isNewRun(known.members, finding);
    const alone = { key, severity, verified, dropAt: null, notBefore: now, ...joinedBy(null, finding) };
    if (!isJoining) return alone;
    return {
      ...alone,
      ...joinedBy(known, finding),
      severity: higher(known.severity, severity),
      verified: verified || known.verified,
    };
  }

  function look(before: GateState, now: number): Change {
    const { waiting } = before;
    if (!waiting) return { state: before, outputs: [] };
    if (waiting.dropAt !== null) {
      if (now < waiting.dropAt) return { state: before, outputs: [] };
      return {
        state: { ...before, waiting: null },
        outputs: [letGo('too-old', waiting)],
      };
    }
    const hold = now < waiting.notBefore || holdAt(before, waiting, NOTHING_HOLDS, now);
    return { state: before, outputs: hold ? [] : [{ type: 'ready' }] };
  }

  function raiseIfWaiting(before: GateState, holds: Holds, now: number): Change {
    const { waiting } = before;
    if (!waiting || waiting.dropAt !== null) return { state: before, outputs: [] };
    const hold = holdAt(before, waiting, holds, now);
    if (!hold) return raise(before, waiting, now, false);
    // Told by its digest.
    if (hold.reason === 'flood')
      return { state: { ...before, waiting: null }, outputs: [letGo('flood', waiting)] };
    const notBefore = hold.reason === 'muted' ? (hold.until ?? now) : now;
    return { state: { ...before, waiting: { ...waiting, notBefore } }, outputs: [] };
  }

  function raise(
    before: GateState,
    { key, finding, severity, verified, members }: Waiting,
    now: number,
    own: boolean,
  ): Change {
    const idAt = Math.max(now, before.idAt + 1);
    const alert: Raised = {
      id: `${slug(key)}-${idAt.toString(36)}-${salt}`,
      key,
      severity,
      since: finding.since ?? finding.time,
      count: 1,
      sentAt: now,
      verified,
      acknowledged: false,
      finding,
      members,
    };
    const { id } = alert;
    const spent: Spent = { id, from: now, told: false, severity, ...namesOf(finding, null) };
    return {
      state: { alert, waiting: null, spent, idAt, last: finding },
      outputs: [told('raised', alert, finding, own)],
    };
  }

  function update(before: GateState, known: Raised, event: GateReport, now: number): Change {
    const { finding } = event;
    const severity = higher(known.severity, event.severity ?? known.severity);
    const { spent } = before;
    const isWorth =
      !known.verified ||
      rank(severity) > rank(known.severity) ||
      (spent !== null && isChange(spent, finding, severity));
    const isDue = updateEveryMs > 0 && now >= known.sentAt + updateEveryMs && !known.acknowledged;
    const alert: Raised = { ...known, finding, members: withMember(known.members, finding) };
    if (event.repeat || (!isWorth && !isDue))
      return { state: { ...before, alert }, outputs: [held('already-raised', null, event)] };
    const hold = holdUpdate(finding, severity, event.holds, now);
    if (hold) return { state: { ...before, alert }, outputs: [held(hold, null, event)] };
    return again('updated', before, { ...alert, severity, verified: true }, finding, true, now);
  }

  function onOver(before: GateState, event: GateReport): Change {
    const { alert } = before;
    if (alert) {
      const members = withoutMember(alert.members, event.finding.key);
      if (!members) return clear({ ...before, waiting: null }, alert, event.finding, event.end, true);
      const reason = event.finding.key in alert.members ? 'already-raised' : 'not-raised';
      const state = { ...before, alert: { ...alert, members } };
      return { state, outputs: [event.change ? held(reason, null, event) : { type: 'dropped' }] };
    }
    const { waiting } = before;
    const waits = waiting !== null && event.finding.key in waiting.members;
    const state = waits ? { ...before, waiting: leftBy(waiting, event.finding.key) } : before;
    // A camera that sees nothing says `no` all day; only what would have been told is worth a word.
    const isWorth = (event.change && !event.repeat) || waits;
    return { state, outputs: [isWorth ? held('not-raised', null, event) : { type: 'dropped' }] };
  }

  function onDelivery(before: GateState, { type, id }: { type: string; id: string }, now: number): Change {
    if (before.spent?.id !== id) return { state: before, outputs: [] };
    if (before.spent.told) return { state: before, outputs: [] };
    const isTold = type === 'told';
    const spent: Spent = { ...before.spent, from: isTold ? now : null, told: isTold };
    return { state: { ...before, spent }, outputs: [] };
  }

  function onAcknowledge(before: GateState, id: string, now: number): Change {
    const { alert } = before;
    if (!alert || alert.id !== id || alert.acknowledged) return { state: before, outputs: [] };
    return again('acknowledged', before, { ...alert, acknowledged: true }, alert.finding, false, now);
  }

  function onWords(before: GateState, { id, text }: { id: string; text: string }, now: number): Change {
    const { alert } = before;
    if (!alert || alert.id !== id || text === '') return { state: before, outputs: [] };
    const finding = { ...alert.finding, reason: text };
    return again('updated', before, { ...alert, finding }, finding, true, now);
  }

  /** One more message for an alert. */
  function again(
    state: AlertState,
    before: GateState,
    known: Raised,
    finding: Finding,
    own: boolean,
    now: number,
  ): Change {
    const alert = { ...known, count: known.count + 1, sentAt: now };
    const spent = before.spent && {
      ...before.spent,
      severity: higher(before.spent.severity, alert.severity),
      ...namesOf(finding, before.spent),
    };
    return { state: { ...before, alert, spent }, outputs: [told(state, alert, finding, own)] };
  }

  /** The end of an alert that was raised is told always: whoever heard of it must hear that it is over. */
  function clear(before: GateState, known: Raised, finding: Finding, end: AlertEnd, own: boolean): Change {
    const state = { ...before, alert: null };
    if (!sendCleared) return { state, outputs: own ? [{ type: 'dropped' }] : [] };
    const last = { ...known, count: known.count + 1 };
    return { state, outputs: [told('cleared', last, finding, own, end)] };
  }

  function told(
    state: AlertState,
    known: Raised,
    finding: Finding,
    own: boolean,
    end?: AlertEnd,
  ): GateOutput {
    const { id, key, severity, since, count, verified, finding: last } = known;
    const alert: AlertInfo = { id, key, state, severity, since, count };
    if (end) alert.end = end;
    if (!verified) alert.verified = false;
    // Without a window nobody has measured: what is known is the time between the first and the last `yes`.
    const heldMs = finding.since === null ? Math.max(0, last.time - since) : finding.heldMs;
    return { type: 'alert', alert, finding: { ...finding, heldMs }, own };
  }

  /** What is left to do later. */
  function rest({ state, outputs }: Change, now: number): Step<GateState, GateOutput> {
    const { waiting, alert, spent } = state;
    if (waiting) {
      const hold = holdAt(state, waiting, NOTHING_HOLDS, now);
      return { state, outputs, wakeAt: waiting.dropAt ?? Math.max(hold?.until ?? now, waiting.notBefore) };
    }
    if (alert) return { state, outputs, wakeAt: null };
    const forgetAt = spent?.from == null ? now : spent.from + cooldownMs;
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

function letGo(reason: 'too-old' | 'flood', { finding, severity }: Waiting): GateOutput {
  return { type: 'let-go', reason, finding, severity };
}

/** A key as it may stand in a file name, a URL and a topic. */
function slug(key: string): string {
  const words = key.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '');
  return Array.from(words).slice(0, MAX_ID_CHARS).join('');
}
