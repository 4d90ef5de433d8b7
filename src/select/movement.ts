/** What a camera's movement has come to. Plain data; times are event times, epoch milliseconds. */
export interface Movement {
  /** `still`: what moved does so no more, but something is there that is not background. */
  phase: 'idle' | 'moving' | 'still';
  /** Events so far; the number of the present one while not idle. */
  events: number;
  /** Newest frame that moved. */
  movedAt: number;
  /** Most that the present event has differed from the background, in levels. */
  peak: number;
  /** Since when nothing but background has been seen; null while something else is. */
  emptySince: number | null;
}

/** How one frame differs, in levels of brightness (Difference of motion.ts). */
export interface Sight {
  /** Event time, epoch milliseconds; not before the one of the frame before. */
  time: number;
  score: number;
  toBackground: number;
}

/** `start`: an event begins · `moves`: it goes on · `settled`: all stands still from now on · `end`: it is over. */
export type Moment = 'start' | 'moves' | 'settled' | 'end' | null;

export const NO_MOVEMENT: Movement = { phase: 'idle', events: 0, movedAt: 0, peak: 0, emptySince: null };

/**
 * Somebody who stands still differs from the background nearly as much as when he came; what people leave behind
 * (a shadow, the camera's exposure, a cup on a table) by a tenth at most, as measured on the clip.
 */
const PRESENT_SHARE = 0.25;

/**
 * An event starts with movement and is over when nothing has moved for `endAfterMs` and only background is seen:
 * somebody who stands still does not end it. Whoever comes when the scene has been empty for half of that time is
 * a new event, so that people who come one after the other are told apart.
 *
 * @param threshold levels of brightness from which a difference counts
 * @param endAfterMs 0 or more
 */
export function follow(
  before: Movement,
  { time, score, toBackground }: Sight,
  { threshold, endAfterMs }: { threshold: number; endAfterMs: number },
): { movement: Movement; moment: Moment } {
  if (score >= threshold) {
    const wasEmpty = before.emptySince !== null && time - before.emptySince >= endAfterMs / 2;
    const starts = before.phase === 'idle' || wasEmpty;
    return {
      movement: {
        phase: 'moving',
        events: before.events + (starts ? 1 : 0),
        movedAt: time,
        peak: Math.max(toBackground, starts ? 0 : before.peak),
        emptySince: null,
      },
      moment: starts ? 'start' : 'moves',
    };
  }

  const present = toBackground >= Math.max(threshold, before.peak * PRESENT_SHARE);
  const movement = { ...before, emptySince: present ? null : (before.emptySince ?? time) };
  if (before.phase === 'idle' || time - before.movedAt < endAfterMs) return { movement, moment: null };
  if (!present) return { movement: { ...movement, phase: 'idle', peak: 0 }, moment: 'end' };
  return { movement: { ...movement, phase: 'still' }, moment: before.phase === 'moving' ? 'settled' : null };
}
