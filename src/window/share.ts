import { appended } from './appended';

/**
 * What was seen over the last while, in steps of a twentieth of it: exact sums would need all observations.
 * Apart from the newest step, so that an observation copies little.
 */
export interface Share {
  /** Before the newest, oldest first. */
  done: Slot[];
  newest: Slot;
}

interface Slot {
  /** Number of the step, counted from 1970. */
  step: number;
  for: number;
  against: number;
  /** Milliseconds that were seen and end in this step. */
  knownMs: number;
}

const STEPS = 20;

/**
 * Notes a verdict that is known.
 *
 * @param share null at the beginning of a run
 * @param spanMs the while; 0 and less are one step
 * @param isFor whether it is what the rule waits for
 * @param knownMs of the time before it, how much was seen
 */
export function addShare(
  share: Share | null,
  spanMs: number,
  t: number,
  isFor: boolean,
  knownMs: number,
): Share {
  const step = Math.floor(t / Math.max(1, spanMs / STEPS));
  const slot: Slot = { step, for: isFor ? 1 : 0, against: isFor ? 0 : 1, knownMs };
  if (!share) return { done: [], newest: slot };
  const { done, newest } = share;
  if (newest.step !== step) {
    return { done: newest.step > step - STEPS ? keptOf(done, newest, step) : [], newest: slot };
  }
  slot.for += newest.for;
  slot.against += newest.against;
  slot.knownMs += newest.knownMs;
  return { done, newest: slot };
}

/** Those that are still within the while at a step. They are in order, and so are their steps. */
function keptOf(done: Slot[], newest: Slot, step: number): Slot[] {
  let old = 0;
  while (old < done.length && (done[old]?.step ?? 0) <= step - STEPS) old++;
  return appended(done, newest, done.length - old + 1);
}

/** Share (0 to 1) of what the rule waits for in all that is known. */
export function shareFor(share: Share | null): number {
  if (!share) return 0;
  let [wanted, all] = [share.newest.for, share.newest.for + share.newest.against];
  for (const slot of share.done) {
    wanted += slot.for;
    all += slot.for + slot.against;
  }
  return wanted / all;
}

/**
 * Share (0 to 1) of the last while that was seen; of a run that is younger, of its age. A run of no age is seen.
 *
 * @param ageMs of the run
 */
export function coverageOf(share: Share | null, spanMs: number, ageMs: number): number {
  const whole = Math.min(spanMs, ageMs);
  if (whole <= 0 || !share) return 1;
  let known = share.newest.knownMs;
  for (const slot of share.done) known += slot.knownMs;
  return Math.min(1, known / whole);
}
