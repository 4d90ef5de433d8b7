import { windowInfo } from './info';
import type { KeyState, WindowOutput } from './key-state';
import type { Rule } from './rule';

/** A run that silence has ended: what was seen of it ends with what was seen last. */
export function withUntil<O>(state: KeyState<O>, until: number): KeyState<O> {
  return { ...state, run: { ...state.run, until } };
}

/**
 * What must be said of a key before it is forgotten: whoever has heard of its alarm would wait for the end for ever.
 *
 * @returns null where nothing is on
 */
export function lastWords<O>(
  rule: Rule<O>,
  state: KeyState<O>,
): Extract<WindowOutput, { type: 'window' }> | null {
  const { told, run, subject } = state;
  if (told === 'idle') return null;
  const isAlarm = told !== 'pending';
  const over = withUntil(state, isAlarm ? run.lastKnown : run.lastFor);
  const info = windowInfo(rule, over, isAlarm ? 'expired' : 'idle', true);
  return { type: 'window', info, subject, changed: true, own: false };
}
