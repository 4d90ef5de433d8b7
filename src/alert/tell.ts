import type { AlertEnd, AlertInfo, AlertState } from '../shared/messages';
import { higher, namesOf, type Spent } from './cooldown';
import type { Finding } from './finding';
import type { GateOptions, GateOutput, GateState, Raised, Waiting } from './gate-state';
import { withMembers } from './members';

/** What becomes of a key. */
export interface Change {
  state: GateState;
  outputs: GateOutput[];
}

const MAX_ID_CHARS = 48;

/** The messages of an alert, and what a key remembers of them: it is raised, told of again, and cleared. */
export function tellRules({ sendCleared, salt }: Pick<GateOptions, 'sendCleared' | 'salt'>) {
  return { raise, again, clear };

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
      members: withMembers(before.flooded, members),
      owed: null,
    };
    const { id } = alert;
    const spent: Spent = { id, from: now, told: false, severity, ...namesOf(finding, null) };
    return {
      state: { alert, waiting: null, flooded: null, spent, idAt, last: finding },
      outputs: [told('raised', alert, finding, own)],
    };
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
}

/** A key as it may stand in a file name, a URL and a topic. */
function slug(key: string): string {
  const words = key.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '');
  return Array.from(words).slice(0, MAX_ID_CHARS).join('');
}
