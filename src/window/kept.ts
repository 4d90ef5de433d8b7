import type { WindowInfo } from '../shared/messages';
import { windowInfo } from './info';
import type { KeyState, Spoken } from './key-state';
import type { Subject } from './observation';
import { NO_PROBES } from './probe';
import { noneRecent } from './recent';
import type { Rule } from './rule';

/** A run as it is kept over a restart: plain data. */
export interface Kept<O> {
  version: 2;
  /** Name of the kind of rule: the record of one is never given to another. */
  rule: string;
  /** The key's time, and the wall clock's at the same moment. Epoch milliseconds. */
  at: number;
  wall: number;
  state: Omit<KeyState<O>, 'recent' | 'probes' | 'early'>;
}

/** How long the end of an alarm may be on its way to whoever must hear of it, nodes in between included. */
const END_UNDER_WAY_MS = 60_000;

/**
 * What is worth keeping of a key.
 *
 * @param at the key's time; `wall` the wall clock's
 * @returns null while no run is on, and none has just ended: then there is nothing to lose
 */
export function kept<O>(rule: string, state: KeyState<O>, at: number, wall: number): Kept<O> | null {
  if (state.told === 'idle') {
    const ended = endOf(state);
    if (!ended || at - ended.until > END_UNDER_WAY_MS) return null;
  }
  // Answers that were on their way at a restart are lost: there is nothing to put in its place, and no probe is out.
  const { recent, probes, early, ...rest } = state;
  return { version: 2, rule, at, wall, state: rest };
}

/**
 * A key as it goes on after a restart. The time without us is silence: the gap rule decides about it.
 *
 * @param value what the journal gave back, from whatever version
 * @param wall epoch milliseconds
 * @returns null where it is of another rule or version, or no run is on
 */
export function restored<O>(
  rule: string,
  value: unknown,
  wall: number,
): { state: KeyState<O>; at: number } | null {
  const one = readKept<O>(rule, value);
  if (!one || one.state.told === 'idle') return null;
  return { state: stateOf(one), at: one.at + Math.max(0, wall - one.wall) };
}

/**
 * What had been told of an alarm before the process ended, to be told again, marked: if it was killed just then, this is
 * here and nobody has heard of it.
 *
 * @param name of the kind of rule
 * @returns the alarm and that it is blind, or its end; nothing of a pending run, which nobody has to know
 */
export function toldBefore<O>(
  name: string,
  rule: Rule<O>,
  value: unknown,
): { info: WindowInfo; subject: Subject }[] {
  const one = readKept<O>(name, value);
  if (!one) return [];
  const state = stateOf(one);
  const { told } = state;
  const ended = told === 'idle' ? endOf(state) : null;
  const states = ended ? [ended.state] : told === 'blind' ? (['firing', 'blind'] as const) : [told];
  return states
    .filter((each) => each !== 'pending' && each !== 'idle')
    .map((each) => ({
      info: { ...windowInfo(rule, state, each, true), repeat: true },
      subject: state.subject,
    }));
}

/** How the alarm ended whose run this still is; null where there is none. */
function endOf<O>({ spoken, run }: Pick<KeyState<O>, 'spoken' | 'run'>): Spoken | null {
  return spoken && spoken.state !== 'firing' && run.since < spoken.until ? spoken : null;
}

function readKept<O>(rule: string, value: unknown): Kept<O> | null {
  const one = value as Partial<Kept<O>> | null;
  if (typeof one !== 'object' || one?.version !== 2 || one.rule !== rule || !one.state) return null;
  return typeof one.at === 'number' && typeof one.wall === 'number' ? (one as Kept<O>) : null;
}

function stateOf<O>({ state }: Kept<O>): KeyState<O> {
  return { ...state, recent: noneRecent(state.run, state.newest), probes: NO_PROBES, early: 0 };
}
