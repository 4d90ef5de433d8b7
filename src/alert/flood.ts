import type { Decider, Step } from '../shared/decider';
import type { Severity } from '../shared/messages';
import { higher } from './cooldown';
import type { Finding } from './finding';

export interface FloodOptions {
  /** Time in which alerts are counted, milliseconds. */
  windowMs: number;
  /** Most alerts raised within it for one key; 0 for no limit. For updates: most of both together. */
  perKey: number;
  /** The same in all. */
  inAll: number;
}

export type FloodEvent =
  /** An alert was raised, or something more was told of it. */
  | ({ type: 'told' } & Told)
  /** One was held back by the limit. */
  | { type: 'held'; about: MissedAt; severity: Severity }
  /** What is due may be told. `holdsMs`: by the camera's name, for how long nothing may be told of it yet. */
  | { type: 'go'; holdsMs: ReadonlyMap<string, number> };

export interface Told {
  key: string;
  isUpdate: boolean;
  /** On the wall clock, epoch milliseconds: what that says is in the future, since it was set back, counts no more. */
  at: number;
}

export type MissedAt = Pick<Finding, 'camera' | 'cameraName' | 'timeZone'>;

/** What was held back at cameras of one name. */
export interface Missed extends MissedAt {
  /** The worst of it. */
  severity: Severity;
  count: number;
  /** Of the first and the last, epoch milliseconds. */
  from: number;
  to: number;
  /** When it is told: a window after its first. */
  tellAt: number;
  /** While its camera is muted or quiet. */
  notBefore: number;
}

export interface FloodState {
  told: Told[];
  missed: Missed[];
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

export type FloodOutput =
  | Digest
  /** A digest is due, unless its cameras are muted or quiet: answer with `go`. */
  | { type: 'ready' };

const NO_FLOOD: FloodState = { told: [], missed: [] };

/** With a limit per key only, that of a thousand keys. */
const MAX_TOLD = 10_000;
/** Cameras named in one digest; the others are counted together. */
const MAX_NAMES = 20;
const OTHERS: MissedAt = { camera: '', cameraName: '…', timeZone: '' };
/** Below the 24 days of setTimeout. */
const LONGEST_WAIT_MS = 7 * 86_400_000;

/** Counts the alerts of all keys; what goes beyond the limits comes together in one digest, a window after its first. */
export function flood(options: FloodOptions): Decider<FloodState, FloodEvent, FloodOutput> {
  const { windowMs, perKey, inAll } = options;
  return (state = NO_FLOOD, event, now) => {
    switch (event.type) {
      case 'told': {
        if (perKey === 0 && inAll === 0) return rest(state, [], now);
        const { key, isUpdate, at } = event;
        const told = [...recentOf(state, windowMs, at), { key, isUpdate, at }].slice(-MAX_TOLD);
        return rest({ ...state, told }, [], now);
      }
      case 'held':
        return rest({ ...state, missed: withMissed(state.missed, event, now, now + windowMs) }, [], now);
      case 'go':
        return tell(state, event.holdsMs, now);
      case 'wake':
        return rest(state, state.missed.some((one) => wakeOf(one) <= now) ? [{ type: 'ready' }] : [], now);
    }
  };
}

/** With what is due goes all that nothing holds: one digest. */
function tell(before: FloodState, holdsMs: ReadonlyMap<string, number>, now: number) {
  const missed = before.missed.map((one) => ({
    ...one,
    notBefore: now + (holdsMs.get(one.cameraName) ?? 0),
  }));
  const isDue = missed.some((one) => wakeOf(one) <= now);
  const told = isDue ? missed.filter(({ notBefore }) => notBefore <= now) : [];
  const state = { ...before, missed: missed.filter((one) => !told.includes(one)) };
  return rest(state, told.length > 0 ? [digestOf(told)] : [], now);
}

function rest(state: FloodState, outputs: FloodOutput[], now: number): Step<FloodState, FloodOutput> {
  if (state.missed.length === 0) return { state, outputs, wakeAt: null };
  const wakeAt = Math.min(...state.missed.map(wakeOf), now + LONGEST_WAIT_MS);
  return { state, outputs, wakeAt };
}

function wakeOf({ tellAt, notBefore }: Missed): number {
  return Math.max(tellAt, notBefore);
}

/**
 * Whether there is room for one more alert of a key, or for one more update. Updates never take the room of alerts.
 *
 * @param now epoch milliseconds, on the wall clock
 * @returns when there is, epoch milliseconds; null where there is room now
 */
export function fullUntil(
  state: FloodState | undefined,
  { windowMs, perKey, inAll }: FloodOptions,
  { key, isUpdate }: { key: string; isUpdate: boolean },
  now: number,
): number | null {
  const recent = recentOf(state ?? NO_FLOOD, windowMs, now).filter((one) => isUpdate || !one.isUpdate);
  const ofKey = recent.filter((one) => one.key === key);
  const over = [
    perKey > 0 && ofKey.length >= perKey ? ofKey.at(-perKey) : null,
    inAll > 0 && recent.length >= inAll ? recent.at(-inAll) : null,
  ];
  const until = over.map((one) => (one ? one.at + windowMs : 0));
  return Math.max(...until) || null;
}

function recentOf({ told }: FloodState, windowMs: number, now: number): Told[] {
  return told.filter(({ at }) => at > now - windowMs && at <= now);
}

function withMissed(
  missed: readonly Missed[],
  { about, severity }: { about: MissedAt; severity: Severity },
  now: number,
  tellAt: number,
): Missed[] {
  const isNamed = missed.length < MAX_NAMES || missed.some((one) => one.cameraName === about.cameraName);
  const { camera, cameraName, timeZone } = isNamed ? about : OTHERS;
  const known = missed.find((one) => one.cameraName === cameraName);
  const first = {
    camera,
    cameraName,
    timeZone,
    severity,
    count: 1,
    from: now,
    to: now,
    tellAt,
    notBefore: 0,
  };
  if (!known) return [...missed, first];
  const more = { ...known, severity: higher(known.severity, severity), count: known.count + 1, to: now };
  return missed.map((one) => (one === known ? more : one));
}

function digestOf(missed: readonly Missed[]): Digest {
  return {
    type: 'digest',
    count: missed.reduce((sum, { count }) => sum + count, 0),
    severity: missed.map(({ severity }) => severity).reduce(higher),
    missed: missed.toSorted((a, b) => b.count - a.count),
    from: Math.min(...missed.map(({ from }) => from)),
    to: Math.max(...missed.map(({ to }) => to)),
  };
}
