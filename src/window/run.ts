import type { VerdictSpan } from '../shared/messages';
import type { Observation } from './observation';
import { beat, NO_RHYTHM, type Rhythm } from './rhythm';
import type { Rule } from './rule';
import { addShare, type Share } from './share';
import { addToStory } from './story';

/** What is the case for a key at a moment. `resolved` and `expired` are none: they are what is told of an end. */
export type Phase = 'idle' | 'pending' | 'firing' | 'blind';

/** The record of a key's run: plain data, bounded. Kept until the next run begins: its end tells of it. */
export interface Run<O> {
  /** As the last observation left it. What silence does is asked for a moment: {@link RunOf.phaseAt}. */
  phase: Exclude<Phase, 'blind'>;
  since: number;
  /** Time of the newest verdict for it, and of the newest for or against it. */
  lastFor: number;
  lastKnown: number;
  /** Sum of the gaps of at most G between verdicts for it, without holes: time unseen is not claimed. */
  heldMs: number;
  /** Verdicts against it since the newest one for it, and the time of their first. */
  row: number;
  rowFrom: number;
  /** When it ended, as it was seen; null while it lasts. */
  until: number | null;
  counts: { for: number; against: number; unknown: number };
  /** Holes since the newest verdict for it, and since the newest that was known. Milliseconds. */
  holesMs: { sinceFor: number; sinceKnown: number };
  rhythm: Rhythm;
  share: Share;
  story: VerdictSpan[];
  own: O;
}

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
    const { rhythm, holeMs } = beat(before.rhythm, seen.t, seen.paced, gapMs);
    const idle = phaseAt(before, seen.t) === 'idle';
    const isFor = seen.verdict === rule.wants;
    const sure = seen.confidence === null || seen.confidence >= startConfidence;
    if (idle) return isFor && sure ? begin(before, seen, rhythm) : { ...before, phase: 'idle', rhythm };
    const holesMs = {
      sinceFor: before.holesMs.sinceFor + holeMs,
      sinceKnown: before.holesMs.sinceKnown + holeMs,
    };
    const story = addToStory(before.story, seen.t, seen.verdict);
    if (seen.verdict === 'unknown') {
      const counts = { ...before.counts, unknown: before.counts.unknown + 1 };
      return { ...before, rhythm, holesMs, story, counts };
    }
    return known(
      { ...before, rhythm, holesMs, story },
      seen,
      isFor,
      rule.note(before.own, seen, isFor, before),
    );
  }

  function begin(before: Run<O>, seen: Observation, rhythm: Rhythm): Run<O> {
    const own = rule.note(rule.start, seen, true, { ...before, phase: 'idle' });
    const run: Run<O> = {
      phase: 'pending',
      since: seen.t,
      lastFor: seen.t,
      lastKnown: seen.t,
      heldMs: 0,
      row: 0,
      rowFrom: 0,
      until: null,
      counts: { for: 1, against: 0, unknown: 0 },
      holesMs: { sinceFor: 0, sinceKnown: 0 },
      rhythm,
      share: addShare([], rule.spanMs, seen.t, true, 0),
      story: addToStory([], seen.t, seen.verdict),
      own,
    };
    return rule.fires(run) ? { ...run, phase: 'firing' } : run;
  }

  /** A verdict for or against a run that lasts. */
  function known(before: Run<O>, seen: Observation, isFor: boolean, own: O): Run<O> {
    const gap = seen.t - before.lastKnown;
    const knownMs = gap <= gapMs ? Math.max(0, gap - before.holesMs.sinceKnown) : 0;
    const share = addShare(before.share, rule.spanMs, seen.t, isFor, knownMs);
    const run: Run<O> = { ...before, lastKnown: seen.t, share, own };
    return isFor ? goOn(run, seen) : oppose(run, seen);
  }

  function goOn(before: Run<O>, seen: Observation): Run<O> {
    const gap = seen.t - before.lastFor;
    const run: Run<O> = {
      ...before,
      since: before.phase === 'pending' ? (rule.sinceOf?.(before.own) ?? before.since) : before.since,
      lastFor: seen.t,
      heldMs: before.heldMs + (gap <= gapMs ? Math.max(0, gap - before.holesMs.sinceFor) : 0),
      row: 0,
      counts: { ...before.counts, for: before.counts.for + 1 },
      holesMs: { sinceFor: 0, sinceKnown: 0 },
    };
    return run.phase === 'pending' && rule.fires(run) ? { ...run, phase: 'firing' } : run;
  }

  function oppose(before: Run<O>, seen: Observation): Run<O> {
    const run: Run<O> = {
      ...before,
      row: before.row + 1,
      rowFrom: before.row === 0 ? seen.t : before.rowFrom,
      counts: { ...before.counts, against: before.counts.against + 1 },
      holesMs: { ...before.holesMs, sinceKnown: 0 },
    };
    const over = run.phase === 'firing' ? run.row >= ends && rule.endsFiring(run) : rule.endsPending(run);
    return over ? { ...run, phase: 'idle', until: run.rowFrom } : run;
  }

  return { rule, options, start: noRun(rule.start), fold, phaseAt, phaseUntil, expiresAt };
}

/** The record of a key about which nothing is known. */
function noRun<O>(own: O): Run<O> {
  return {
    phase: 'idle',
    since: 0,
    lastFor: 0,
    lastKnown: 0,
    heldMs: 0,
    row: 0,
    rowFrom: 0,
    until: null,
    counts: { for: 0, against: 0, unknown: 0 },
    holesMs: { sinceFor: 0, sinceKnown: 0 },
    rhythm: NO_RHYTHM,
    share: [],
    story: [],
    own,
  };
}
