import type { Rhythm } from './rhythm';
import type { Share } from './share';
import type { Story } from './story';

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
  /** Observations of the run. */
  forN: number;
  againstN: number;
  unknownN: number;
  /** Holes since the newest verdict for it, and since the newest that was known. Milliseconds. */
  holesForMs: number;
  holesKnownMs: number;
  /** Time of the newest observation of the key, of whatever run; null before the first. */
  newest: number | null;
  rhythm: Rhythm;
  share: Share | null;
  story: Story | null;
  own: O;
}

/** The record of a key about which nothing is known. */
export function noRun<O>(own: O): Run<O> {
  return {
    phase: 'idle',
    since: 0,
    lastFor: 0,
    lastKnown: 0,
    heldMs: 0,
    row: 0,
    rowFrom: 0,
    until: null,
    forN: 0,
    againstN: 0,
    unknownN: 0,
    holesForMs: 0,
    holesKnownMs: 0,
    newest: null,
    rhythm: [],
    share: null,
    story: null,
    own,
  };
}

/** A copy, field by field: with a spread of so many an observation takes half as long again (`npm run bench -- window`). */
export function copyOf<O>(run: Run<O>): Run<O> {
  return {
    phase: run.phase,
    since: run.since,
    lastFor: run.lastFor,
    lastKnown: run.lastKnown,
    heldMs: run.heldMs,
    row: run.row,
    rowFrom: run.rowFrom,
    until: run.until,
    forN: run.forN,
    againstN: run.againstN,
    unknownN: run.unknownN,
    holesForMs: run.holesForMs,
    holesKnownMs: run.holesKnownMs,
    newest: run.newest,
    rhythm: run.rhythm,
    share: run.share,
    story: run.story,
    own: run.own,
  };
}
