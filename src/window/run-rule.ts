import type { WindowInfo } from '../shared/messages';
import type { Observation } from './observation';

/** What is the case for a key. `resolved` is no phase: it is what is told when firing ends. */
export type Phase = 'idle' | 'pending' | 'firing';

export type Figures = Pick<WindowInfo, 'heldMs' | 'samples' | 'coverage'> & { since: number };

/**
 * A rule as pure functions over its own record `R` of the run, which is plain data. Observations are folded in
 * the order of their time; what silence does is asked for a moment, never stored, so that an answer which
 * comes late still finds the run as it was.
 */
export interface RunRule<R> {
  /** An observation this much older than the newest one still finds its place. Milliseconds. */
  lateMs: number;
  /** The record of a key about which nothing is known. */
  start: R;
  fold(run: R, seen: Observation): R;
  /** The phase at a moment, silence since the newest observation included. */
  phaseAt(run: R, at: number): Phase;
  /** The last moment at which a pending run is still one if nothing more is seen; null while not pending. */
  lastsUntil(run: R): number | null;
  /** When the next `yes` would make a pending run fire; null where there is no such moment. */
  completeAt(run: R): number | null;
  /** Figures of the run, or of the one that has just ended. @param newest time of the newest observation */
  figures(run: R, newest: number): Figures;
}
