import { SPARSE_MS } from './tracks';

/** What a camera's movement has come to. Plain data; times are event times, epoch milliseconds. */
export interface Movement {
  /** `still`: what moved does so no more, but it is still there. */
  phase: 'idle' | 'moving' | 'still';
  /** Events so far; the number of the present one while not idle. */
  events: number;
  startedAt: number;
  /** Newest frame that moved. */
  movedAt: number;
  /** Most that the present event has differed from the background, in levels. */
  peak: number;
  /** Since when nothing of it has been seen; null while something is. */
  emptySince: number | null;
}

/** What one frame shows (Sight of watch.ts). */
export interface Moved {
  /** Event time, epoch milliseconds; not before the one of the frame before. */
  time: number;
  arrival: boolean;
  moving: boolean;
  shifted: boolean;
  strength: number;
}

/**
 * `start`: an event begins · `moves`: it goes on · `shifts`: it goes on elsewhere, or somebody else has come: where frames
 * are far apart nobody can tell · `resumes`: what stood still moves again · `stays`: it is still there · `end`: it is over.
 */
export type Moment = 'start' | 'moves' | 'shifts' | 'resumes' | 'stays' | 'end' | null;

export const NO_MOVEMENT: Movement = {
  phase: 'idle',
  events: 0,
  startedAt: 0,
  movedAt: 0,
  peak: 0,
  emptySince: null,
};

/** What is left of an event when its people have gone (a shadow, a cup on a table) differs by a tenth at most. */
const PRESENT_SHARE = 0.1;

/**
 * Somebody else who comes is an event of his own, but not within this time of the last one: head and feet may come
 * apart, and where frames are far apart nobody can tell who is who.
 */
const NEXT_START_MS = 2000;

/** From this many thresholds on, what is known and moves is an event even where none is going on. */
const LARGE = 6;

/**
 * An event starts when something comes, and is over when nothing has moved for `endAfterMs` and nothing of it is left:
 * somebody who stands still does not end it. Whoever comes when the scene has been empty for half of that time, or
 * apart from those who are there, is a new event.
 *
 * @param threshold levels from which a change counts
 * @param endAfterMs 0 or more
 * @param stepMs since the frame before
 */
export function follow(
  before: Movement,
  { time, arrival, moving, shifted, strength }: Moved,
  { threshold, endAfterMs, stepMs }: { threshold: number; endAfterMs: number; stepMs: number },
): { movement: Movement; moment: Moment } {
  const idle = before.phase === 'idle';
  if (arrival || (moving && strength >= threshold * (idle ? LARGE : 1))) {
    const wasEmpty = before.emptySince !== null && time - before.emptySince >= endAfterMs / 2;
    const sparse = stepMs > SPARSE_MS;
    const another = arrival && !sparse && time - before.startedAt >= NEXT_START_MS;
    const starts = idle || wasEmpty || another;
    const goesOn = before.phase === 'still' ? 'resumes' : sparse && (arrival || shifted) ? 'shifts' : 'moves';
    return {
      movement: {
        phase: 'moving',
        events: before.events + (starts ? 1 : 0),
        startedAt: starts ? time : before.startedAt,
        movedAt: time,
        peak: Math.max(strength, idle || wasEmpty ? 0 : before.peak),
        emptySince: null,
      },
      moment: starts ? 'start' : goesOn,
    };
  }

  const present = strength >= Math.max(threshold, before.peak * PRESENT_SHARE);
  const movement = { ...before, emptySince: present ? null : (before.emptySince ?? time) };
  if (idle) return { movement, moment: null };
  if (time - before.movedAt < endAfterMs) return { movement, moment: 'moves' };
  if (!present) return { movement: { ...movement, phase: 'idle', peak: 0 }, moment: 'end' };
  return { movement: { ...movement, phase: 'still' }, moment: 'stays' };
}
