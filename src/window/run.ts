import type { Observation } from './observation';
import { isHole, withGap } from './rhythm';
import type { Rule } from './rule';
import { copyOf, noRun, type Phase, type Run } from './run-record';
import { addShare } from './share';
import { addToStory } from './story';

export interface RunOptions {
  /** G. */
  gapMs: number;
  /** m. */
  ends: number;
  /** How long a run may be blind before it ends as expired. Milliseconds. */
  expireMs: number;
  /** 0 to 1: a verdict that is less sure begins no run. No confidence at all is enough. */
  startConfidence: number;
  /** L: an observation so much older than the newest one still finds its place. */
  lateMs: number;
}

/** A rule as pure functions over the record of a run. Observations are folded in the order of their time. */
export interface RunOf<O> {
  rule: Rule<O>;
  options: RunOptions;
  start: Run<O>;
  fold(run: Run<O>, seen: Observation): Run<O>;
  /** The phase at a moment, silence included. A firing run that has expired is idle. */
  phaseAt(run: Run<O>, at: number): Phase;
  /** The last moment of the phase that a run has at a moment, if nothing more is seen; null for no end. */
  phaseUntil(run: Run<O>, at: number): number | null;
  /** When a run that nobody sees any more has expired. */
  expiresAt(run: Run<O>): number;
}

export function runOf<O>(rule: Rule<O>, options: RunOptions): RunOf<O> {
  const { gapMs, ends, expireMs, startConfidence } = options;
  const expiresAt = (run: Run<O>) => run.lastKnown + gapMs + expireMs;

  function phaseAt(run: Run<O>, at: number): Phase {
    if (run.phase === 'pending') {
      const until = rule.pendingUntil(run);
      return until !== null && at > until ? 'idle' : 'pending';
    }
    if (run.phase === 'idle' || at - run.lastKnown <= gapMs) return run.phase;
    return at > expiresAt(run) ? 'idle' : 'blind';
  }

  function phaseUntil(run: Run<O>, at: number): number | null {
    const phase = phaseAt(run, at);
    if (phase === 'pending') return rule.pendingUntil(run);
    if (phase === 'firing') return run.lastKnown + gapMs;
    return phase === 'blind' ? expiresAt(run) : null;
  }

  function fold(before: Run<O>, seen: Observation): Run<O> {
    const { t, verdict } = seen;
    // A copy that is filled in here and never changed again.
    const run = copyOf(before);
    run.newest = t;
    const hole = holeMs(run, before.newest, seen);
    const isFor = verdict === rule.wants;
    if (phaseAt(before, t) === 'idle') {
      const sure = seen.confidence === null || seen.confidence >= startConfidence;
      run.phase = 'idle';
      return isFor && sure ? begin(run, seen) : run;
    }
    run.holesForMs += hole;
    run.holesKnownMs += hole;
    run.story = addToStory(run.story, t, verdict);
    if (verdict === 'unknown') {
      run.unknownN++;
      return run;
    }
    run.own = rule.note(before.own, seen, isFor, before);
    const gap = t - before.lastKnown;
    const knownMs = gap <= gapMs ? Math.max(0, gap - run.holesKnownMs) : 0;
    run.share = addShare(run.share, rule.spanMs, t, isFor, knownMs);
    run.lastKnown = t;
    run.holesKnownMs = 0;
    if (isFor) goOn(run, t);
    else oppose(run, t);
    return run;
  }

  /** Notes the rhythm; tells how much of the time before an observation is a hole: all of it, or nothing. */
  function holeMs(run: Run<O>, newest: number | null, { t, paced, unseen }: Observation): number {
    const gap = newest === null ? 0 : t - newest;
    // Longer gaps are outages, no rhythm.
    if (gap <= 0 || gap > gapMs) return 0;
    // That nobody came is only known of the time in which it was looked.
    if (unseen && rule.wants === 'no') return gap;
    if (!paced) return 0;
    const hole = isHole(gap, run.rhythm) ? gap : 0;
    run.rhythm = withGap(run.rhythm, gap);
    return hole;
  }

  function begin(before: Run<O>, seen: Observation): Run<O> {
    const { t, verdict } = seen;
    const { newest, rhythm } = before;
    const own = rule.note(rule.start, seen, true, before);
    const share = addShare(null, rule.spanMs, t, true, 0);
    const story = addToStory(null, t, verdict);
    const run: Run<O> = { ...noRun(own), newest, rhythm, share, story };
    run.phase = 'pending';
    run.since = t;
    run.lastFor = t;
    run.lastKnown = t;
    run.forN = 1;
    if (rule.fires(run)) run.phase = 'firing';
    return run;
  }

  /** A verdict for a run that lasts. */
  function goOn(run: Run<O>, t: number): void {
    const gap = t - run.lastFor;
    if (gap <= gapMs) run.heldMs += Math.max(0, gap - run.holesForMs);
    run.lastFor = t;
    run.row = 0;
    run.forN++;
    run.holesForMs = 0;
    if (run.phase === 'firing') return;
    run.since = rule.sinceOf?.(run.own) ?? run.since;
    if (rule.fires(run)) run.phase = 'firing';
  }

  /** A verdict against a run that lasts. */
  function oppose(run: Run<O>, t: number): void {
    if (run.row === 0) run.rowFrom = t;
    run.row++;
    run.againstN++;
    const over = run.phase === 'firing' ? run.row >= ends && rule.endsFiring(run) : rule.endsPending(run);
    if (!over) return;
    run.phase = 'idle';
    run.until = run.rowFrom;
  }

  return { rule, options, start: noRun(rule.start), fold, phaseAt, phaseUntil, expiresAt };
}
