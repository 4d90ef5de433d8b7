import type { Phase } from './run-record';

/** What is remembered about the probes of one key. */
export interface Probes {
  lastAt: number | null;
  /** The oldest probe to which an answer is awaited; null where none is. */
  askedAt: number | null;
  /** Probes since the newest observation. */
  unanswered: number;
  /** `since` of the run for which the probe at its completion was sent; null before. */
  completionOf: number | null;
}

export const NO_PROBES: Probes = { lastAt: null, askedAt: null, unanswered: 0, completionOf: null };

/** What the time of the next probe depends on. Times are the key's, in epoch milliseconds. */
export interface ProbeNeed {
  phase: Phase;
  since: number;
  newest: number;
  completeAt: number | null;
  lastsUntil: number | null;
  /**
   * How far the key's time is behind the camera's: an answer comes some time after its frame was captured, and
   * the key's time starts from that frame's. A probe must go out earlier by so much to be asked in time.
   */
  lagMs: number;
}

/**
 * When to ask for a frame: half a gap after the newest observation, so that there is time for an answer before
 * the gap is too long; and once when the run would be complete, so that the alarm comes then. While firing (or
 * blind) and unanswered every `gapMs`. A pending run is not probed past its end.
 *
 * @returns the key's time, which may be in the past; null for never
 */
export function nextProbe(probes: Probes, need: ProbeNeed, gapMs: number): number | null {
  if (need.phase === 'idle') return null;
  const pause = need.phase !== 'pending' && probes.unanswered > 0 ? gapMs : gapMs / 2;
  const regular = Math.max(
    need.newest + gapMs / 2 - need.lagMs,
    probes.lastAt === null ? Number.NEGATIVE_INFINITY : probes.lastAt + pause,
  );
  const completion =
    need.completeAt === null || probes.completionOf === need.since
      ? Number.POSITIVE_INFINITY
      : need.completeAt - need.lagMs;
  const due = Math.min(regular, completion);
  return need.lastsUntil !== null && due > need.lastsUntil ? null : due;
}

/** Notes a probe that is sent now. */
export function probed(probes: Probes, need: ProbeNeed, now: number): Probes {
  const completes = need.completeAt !== null && need.completeAt - need.lagMs <= now;
  return {
    lastAt: now,
    askedAt: probes.askedAt ?? now,
    unanswered: probes.unanswered + 1,
    completionOf: completes ? need.since : probes.completionOf,
  };
}

/**
 * Notes an observation that is the newest one: of a probe's time or later it is its answer.
 *
 * @param t its capture time
 */
export function answered(probes: Probes, t: number): Probes {
  const { lastAt, askedAt } = probes;
  if (lastAt === null || askedAt === null || t < askedAt) return probes;
  if (t >= lastAt) return { ...probes, askedAt: null, unanswered: 0 };
  // Of those in between nothing is known but that the last one is still out.
  return { ...probes, askedAt: lastAt };
}

/**
 * Until when an answer may still come that shows that there was no silence; null where none is awaited. The oldest
 * question counts: those after it are asked because it was not answered, and must not put the end off for ever.
 *
 * @param lateMs how long an answer may take
 */
export function askedUntil({ askedAt }: Probes, lateMs: number): number | null {
  return askedAt === null ? null : askedAt + lateMs;
}
