/**
 * What was seen over the last while, in steps of a twentieth of it: exact sums of all that was ever seen would need
 * all observations.
 */
export type Share = Slot[];

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
 * @param spanMs the while; 0 and less are one step
 * @param isFor whether it is what the rule waits for
 * @param knownMs of the time before it, how much was seen
 */
export function addShare(share: Share, spanMs: number, t: number, isFor: boolean, knownMs: number): Share {
  const step = Math.floor(t / stepMs(spanMs));
  const last = share.at(-1);
  const slot = {
    step,
    for: isFor ? 1 : 0,
    against: isFor ? 0 : 1,
    knownMs,
  };
  if (last?.step !== step) return [...share.filter((one) => one.step > step - STEPS), slot];
  slot.for += last.for;
  slot.against += last.against;
  slot.knownMs += last.knownMs;
  return share.with(-1, slot);
}

/** Share (0 to 1) of what the rule waits for in all that is known. 0 where nothing is. */
export function shareFor(share: Share): number {
  let [wanted, all] = [0, 0];
  for (const slot of share) {
    wanted += slot.for;
    all += slot.for + slot.against;
  }
  return all === 0 ? 0 : wanted / all;
}

/**
 * Share (0 to 1) of the last while that was seen; of a run that is younger, of its age. A run of no age is seen.
 *
 * @param ageMs of the run
 */
export function coverageOf(share: Share, spanMs: number, ageMs: number): number {
  const whole = Math.min(spanMs, ageMs);
  if (whole <= 0) return 1;
  let known = 0;
  for (const slot of share) known += slot.knownMs;
  return Math.min(1, known / whole);
}

function stepMs(spanMs: number): number {
  return Math.max(1, spanMs / STEPS);
}
