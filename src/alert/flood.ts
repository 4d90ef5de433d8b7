import type { Decider } from '../shared/decider';
import type { Severity } from '../shared/messages';
import { SEVERITIES } from './finding';

export interface FloodOptions {
  /** Time in which alerts are counted, milliseconds. */
  windowMs: number;
  /** Most alerts raised within it for one key; 0 for no limit. */
  perKey: number;
  /** Most alerts raised within it in all; 0 for no limit. */
  inAll: number;
}

export type FloodEvent =
  /** An alert was raised. */
  | { type: 'raised'; key: string }
  /** One was held back by the limit. `name` is the camera's. */
  | { type: 'held'; name: string; severity: Severity };

/** What was held back at one camera. */
export interface Missed {
  name: string;
  count: number;
  /** Of the first and the last, epoch milliseconds. */
  from: number;
  to: number;
}

export interface FloodState {
  raised: { key: string; at: number }[];
  missed: Missed[];
  /** The worst of what was held back. */
  severity: Severity;
  /** When what was held back is told; null while there is nothing. */
  digestAt: number | null;
}

export interface Digest {
  type: 'digest';
  count: number;
  severity: Severity;
  /** The fullest first. */
  missed: Missed[];
  from: number;
  to: number;
}

const NO_FLOOD: FloodState = { raised: [], missed: [], severity: 'info', digestAt: null };

/** With a limit per key only, that of a thousand keys. */
const MAX_RAISED = 5000;
/** Cameras named in one digest; the others are counted together. */
const MAX_NAMES = 20;
const OTHERS = '…';

/** Counts the alerts of all keys; what goes beyond the limits comes together in one digest, a window after its first. */
export function flood({ windowMs }: FloodOptions): Decider<FloodState, FloodEvent, Digest> {
  return (before = NO_FLOOD, event, now) => {
    const state = { ...before, raised: before.raised.filter(({ at }) => at > now - windowMs) };
    if (event.type === 'raised') {
      state.raised = [...state.raised, { key: event.key, at: now }].slice(-MAX_RAISED);
    } else if (event.type === 'held') {
      state.missed = withMissed(state.missed, event.name, now);
      const worse = SEVERITIES.indexOf(event.severity) > SEVERITIES.indexOf(state.severity);
      if (worse) state.severity = event.severity;
      state.digestAt ??= now + windowMs;
    } else if (state.digestAt !== null && now >= state.digestAt) {
      const { raised } = state;
      return { state: { ...NO_FLOOD, raised }, outputs: [digestOf(state)], wakeAt: null };
    }
    return { state, outputs: [], wakeAt: state.digestAt };
  };
}

/**
 * Whether there is room for one more alert of a key.
 *
 * @returns when there is, epoch milliseconds; null where there is room now
 */
export function fullUntil(
  state: FloodState | undefined,
  { windowMs, perKey, inAll }: FloodOptions,
  key: string,
  now: number,
): number | null {
  const recent = (state?.raised ?? []).filter(({ at }) => at > now - windowMs);
  const ofKey = recent.filter((one) => one.key === key);
  const over = [
    perKey > 0 && ofKey.length >= perKey ? ofKey.at(-perKey) : null,
    inAll > 0 && recent.length >= inAll ? recent.at(-inAll) : null,
  ];
  const until = over.map((one) => (one ? one.at + windowMs : 0));
  return Math.max(...until) || null;
}

function withMissed(missed: readonly Missed[], raw: string, now: number): Missed[] {
  const name = missed.length < MAX_NAMES || missed.some((one) => one.name === raw) ? raw : OTHERS;
  const known = missed.find((one) => one.name === name);
  if (!known) return [...missed, { name, count: 1, from: now, to: now }];
  return missed.map((one) => (one === known ? { ...one, count: one.count + 1, to: now } : one));
}

function digestOf({ missed, severity }: FloodState): Digest {
  return {
    type: 'digest',
    count: missed.reduce((sum, { count }) => sum + count, 0),
    severity,
    missed: missed.toSorted((a, b) => b.count - a.count),
    from: Math.min(...missed.map(({ from }) => from)),
    to: Math.max(...missed.map(({ to }) => to)),
  };
}
