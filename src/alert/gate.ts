import type { Decider, Step } from '../shared/decider';
import type { Severity } from '../shared/messages';
import { higher, isChange, rank, type Spent } from './cooldown';
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
  type Owed,
  type Raised,
  type Waiting,
} from './gate-state';
import { type Hold, holdRules } from './hold';
import {
  isMember,
  isNewRun,
  joinedBy,
  leftBy,
  type Members,
  withMember,
  withMembers,
  withoutMember,
} from './members';
import { type Change, tellRules } from './tell';

const QUIET_KEY: GateState = {
  alert: null,
  waiting: null,
  flooded: null,
  spent: null,
  idAt: 0,
  last: null,
};

/** The gate of one key, on the real clock: raised, updated, acknowledged, cleared, or held back with a reason. */
export function alertGate(options: GateOptions): Decider<GateState, GateInput, GateOutput> {
  const { cooldownMs, minConfidence, updateEveryMs } = options;
  const { holdAt, holdUpdate } = holdRules(options);
  const { raise, again, clear } = tellRules(options);

  return (before = QUIET_KEY, event, now) => {
    switch (event.type) {
      case 'wake':
        return rest(look(before, now), now);
      case 'go':
        return rest(go(before, event.holds, now), now);
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
    if (isMember(before.flooded, finding)) return floodedAgain(before, event);
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
    if (isMember(before.flooded, finding)) return floodedAgain(before, event);
    if (finding.confidence !== null && finding.confidence < minConfidence) {
      return { state: before, outputs: [held('confidence', null, event)] };
    }
    const wanted = wantedBy(before.waiting, event, verified, now);
    const hold = holdAt(before, wanted, holds, now);
    if (!hold) return raise(before, wanted, now, true);
    if (hold.reason === 'flood')
      return { state: flooded(before, wanted.members), outputs: [held('flood', null, event, true)] };
    const waiting = hold.reason === 'muted' ? { ...wanted, notBefore: hold.until ?? now } : wanted;
    return { state: { ...before, waiting }, outputs: [held(hold.reason, hold.until, event)] };
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
    const { waiting, alert } = before;
    if (waiting && waiting.dropAt !== null) {
      if (now < waiting.dropAt) return { state: before, outputs: [] };
      return { state: { ...before, waiting: null }, outputs: [letGo('too-old', waiting)] };
    }
    const isReady = waiting
      ? now >= waiting.notBefore && !holdAt(before, waiting, NOTHING_HOLDS, now)
      : alert?.owed && now >= alert.owed.notBefore;
    return { state: before, outputs: isReady ? [{ type: 'ready' }] : [] };
  }

  function go(before: GateState, holds: Holds, now: number): Change {
    const { waiting, alert } = before;
    if (waiting) return raiseIfWaiting(before, waiting, holds, now);
    if (!alert?.owed) return { state: before, outputs: [] };
    const hold = holdUpdate(alert, alert.owed.finding, alert.owed.severity, holds, now);
    return hold
      ? { state: owing(before, alert, alert.owed, hold), outputs: [] }
      : pay(before, alert, alert.owed, false, now);
  }

  function raiseIfWaiting(before: GateState, waiting: Waiting, holds: Holds, now: number): Change {
    if (waiting.dropAt !== null) return { state: before, outputs: [] };
    const hold = holdAt(before, waiting, holds, now);
    if (!hold) return raise(before, waiting, now, false);
    if (hold.reason === 'flood')
      return { state: flooded(before, waiting.members), outputs: [letGo('flood', waiting)] };
    const notBefore = hold.reason === 'muted' ? (hold.until ?? now) : now;
    return { state: { ...before, waiting: { ...waiting, notBefore } }, outputs: [] };
  }

  function update(before: GateState, known: Raised, event: GateReport, now: number): Change {
    const { finding } = event;
    const { owed } = known;
    const severity = higher(owed?.severity ?? known.severity, event.severity ?? known.severity);
    const isDue = updateEveryMs > 0 && now >= known.sentAt + updateEveryMs && !known.acknowledged;
    const isWanted = owed !== null || isNews(before, known, finding, severity) || isDue;
    const alert: Raised = { ...known, finding, members: withMember(known.members, finding) };
    if (event.repeat || !isWanted)
      return { state: { ...before, alert }, outputs: [held('already-raised', null, event)] };
    const hold = holdUpdate(known, finding, severity, event.holds, now);
    if (!hold) return pay(before, alert, { finding, severity }, true, now);
    const state = owing(before, alert, { finding, severity }, hold);
    return { state, outputs: [held(hold.reason, hold.until, event)] };
  }

  /** Tells what has changed. */
  function pay(
    before: GateState,
    known: Raised,
    { finding, severity }: Pick<Owed, 'finding' | 'severity'>,
    own: boolean,
    now: number,
  ): Change {
    return again('updated', before, { ...known, severity, verified: true, owed: null }, finding, own, now);
  }

  function onOver(before: GateState, event: GateReport): Change {
    const { alert } = before;
    if (alert) {
      const members = withoutMember(alert.members, event.finding.key);
      if (!members) return clear({ ...before, waiting: null }, alert, event.finding, event.end, true);
      const reason = event.finding.key in alert.members ? 'already-raised' : 'not-raised';
      const state = { ...before, alert: { ...alert, members, owed: owedAfter(alert, event.finding) } };
      return { state, outputs: [event.change ? held(reason, null, event) : { type: 'dropped' }] };
    }
    const { waiting } = before;
    const waits = waiting !== null && event.finding.key in waiting.members;
    const state = {
      ...before,
      waiting: waits ? leftBy(waiting, event.finding.key) : waiting,
      flooded: before.flooded && withoutMember(before.flooded, event.finding.key),
    };
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
    // Updates by the clock end with it.
    const owed =
      alert.owed && isNews(before, alert, alert.owed.finding, alert.owed.severity) ? alert.owed : null;
    return again('acknowledged', before, { ...alert, acknowledged: true, owed }, alert.finding, false, now);
  }

  function onWords(before: GateState, { id, text }: { id: string; text: string }, now: number): Change {
    const { alert } = before;
    if (!alert || alert.id !== id || text === '') return { state: before, outputs: [] };
    const finding = { ...alert.finding, reason: text };
    return again('updated', before, { ...alert, finding }, finding, true, now);
  }

  /** What is left to do later. */
  function rest({ state, outputs }: Change, now: number): Step<GateState, GateOutput> {
    const { waiting, alert, flooded, spent } = state;
    if (waiting) {
      const hold = holdAt(state, waiting, NOTHING_HOLDS, now);
      return { state, outputs, wakeAt: waiting.dropAt ?? Math.max(hold?.until ?? now, waiting.notBefore) };
    }
    if (alert || flooded) return { state, outputs, wakeAt: alert?.owed?.notBefore ?? null };
    const forgetAt = spent?.from == null ? now : spent.from + cooldownMs;
    if (now >= forgetAt) return { state, outputs: [...outputs, { type: 'forget' }], wakeAt: null };
    return { state, outputs, wakeAt: forgetAt };
  }
}

function held(reason: HoldReason, until: number | null, about: GateEvent, missed = false): GateOutput {
  return { type: 'held', reason, until, missed, about };
}

/** A rule that a flood has held back goes on: its digest counts it once. */
function floodedAgain(state: GateState, event: GateEvent): Change {
  return { state, outputs: [held('flood', null, event)] };
}

function flooded(before: GateState, members: Members): GateState {
  return { ...before, waiting: null, flooded: withMembers(before.flooded, members) };
}

function owing(
  before: GateState,
  alert: Raised,
  { finding, severity }: Pick<Owed, 'finding' | 'severity'>,
  { until }: Hold,
): GateState {
  return { ...before, alert: { ...alert, owed: { finding, severity, notBefore: until ?? 0 } } };
}

/** What is still to be told of a group when one of it is over: not of that one, but that it has become worse. */
function owedAfter({ owed, severity }: Raised, over: Finding): Owed | null {
  return owed?.finding.key === over.key && rank(owed.severity) <= rank(severity) ? null : owed;
}

/** Whether people should hear of it at once. */
function isNews({ spent }: GateState, known: Raised, finding: Finding, severity: Severity): boolean {
  return (
    !known.verified ||
    rank(severity) > rank(known.severity) ||
    (spent !== null && isChange(spent, finding, severity))
  );
}

function letGo(reason: 'too-old' | 'flood', { finding, severity }: Waiting): GateOutput {
  return { type: 'let-go', reason, finding, severity };
}
