import type { LabelledEvent } from './select-scene';

/** A frame that was sent. `wakes`: because something was seen, in place of a mere heartbeat. */
export interface Sent {
  second: number;
  wakes: boolean;
}

/** How good a choice of frames is. */
export interface Verdict {
  sent: number;
  events: number;
  /** Events of which a frame was sent while they are in full view. */
  seen: number;
  /** The same, heartbeats that happened to fall into them left out. */
  seenAwake: number;
  /** From the start of each event to the first frame that shows something of it, seconds; those never shown are left out. */
  delaysS: number[];
  /** Times at which frames were sent though nothing is there; frames in a row are one. */
  falseWakeups: number;
}

/** An event is in full view from so long after its start. As the issue defines it. */
const FULL_VIEW_S = 0.5;
/** Labels are read to a tenth of a second, and a shadow may come before a person. */
const LABEL_S = 0.3;
/** The end of an event may be told this long after it. */
const AFTER_S = 6;
/** False frames that are closer together are one wake-up. */
const APART_S = 10;

export function judge({ events }: { events: LabelledEvent[] }, sent: Sent[]): Verdict {
  const inFullView = (frames: Sent[]) =>
    events.filter(({ start, end }) =>
      frames.some(({ second }) => second >= start + FULL_VIEW_S && second <= end),
    ).length;
  const delaysS = events.flatMap(({ start, end }) => {
    const first = sent.find(({ second }) => second >= start - LABEL_S && second <= end);
    return first ? [Math.max(0, first.second - start)] : [];
  });
  const wrong = sent.filter(
    ({ second, wakes }) =>
      wakes && !events.some(({ start, end }) => second >= start - LABEL_S && second <= end + AFTER_S),
  );
  const falseWakeups = wrong.filter(
    ({ second }, i) => second - (wrong[i - 1]?.second ?? -APART_S) >= APART_S,
  );
  return {
    sent: sent.length,
    events: events.length,
    seen: inFullView(sent),
    seenAwake: inFullView(sent.filter(({ wakes }) => wakes)),
    delaysS,
    falseWakeups: falseWakeups.length,
  };
}
