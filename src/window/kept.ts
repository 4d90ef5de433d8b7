import type { KeyState } from './key-state';
import { NO_PROBES } from './probe';
import { noneRecent } from './recent';

/** A run as it is kept over a restart: plain data. */
export interface Kept<O> {
  version: 1;
  /** Name of the kind of rule: the record of one is never given to another. */
  rule: string;
  /** The key's time, and the wall clock's at the same moment. Epoch milliseconds. */
  at: number;
  wall: number;
  state: Omit<KeyState<O>, 'recent' | 'probes'>;
}

/**
 * What is worth keeping of a key.
 *
 * @param at the key's time; `wall` the wall clock's
 * @returns null while no run is on: then there is nothing to lose
 */
export function kept<O>(rule: string, state: KeyState<O>, at: number, wall: number): Kept<O> | null {
  if (state.told === 'idle') return null;
  // Answers that were on their way at a restart are lost: there is nothing to put in its place, and no probe is out.
  const { recent, probes, ...rest } = state;
  return { version: 1, rule, at, wall, state: rest };
}

/**
 * A key as it goes on after a restart. The time without us is silence: the gap rule decides about it.
 *
 * @param value what the journal gave back, from whatever version
 * @param wall epoch milliseconds
 * @returns null where it is of another rule or version
 */
export function restored<O>(
  rule: string,
  value: unknown,
  wall: number,
): { state: KeyState<O>; at: number } | null {
  const one = value as Partial<Kept<O>> | null;
  if (typeof one !== 'object' || one?.version !== 1 || one.rule !== rule || !one.state) return null;
  const { state } = one;
  if (typeof one.at !== 'number' || typeof one.wall !== 'number') return null;
  return {
    state: {
      ...state,
      recent: noneRecent(state.run, state.newest),
      probes: NO_PROBES,
    },
    at: one.at + Math.max(0, wall - one.wall),
  };
}
