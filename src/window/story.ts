import type { Verdict, VerdictSpan } from '../shared/messages';

/** The verdicts of a run in the order of their time: the same ones in a row are one entry. */
export interface Story {
  /** Before the newest, oldest first. */
  done: VerdictSpan[];
  newest: VerdictSpan;
}

/** A run that flickers for hours has more; its beginning and its newest part say most. */
const MAX_SPANS = 24;
const KEPT_OF_THE_BEGINNING = 4;

/** @param story null at the beginning of a run */
export function addToStory(story: Story | null, t: number, verdict: Verdict): Story {
  const span = { verdict, from: t, to: t, n: 1 };
  if (!story) return { done: [], newest: span };
  const { done, newest } = story;
  if (newest.verdict === verdict) {
    return { done, newest: { verdict, from: newest.from, to: t, n: newest.n + 1 } };
  }
  const next = done.length + 1 < MAX_SPANS ? done.slice() : done.toSpliced(KEPT_OF_THE_BEGINNING, 1);
  next.push(newest);
  return { done: next, newest: span };
}

/** All entries, oldest first. */
export function spansOf(story: Story | null): VerdictSpan[] {
  return story ? [...story.done, story.newest] : [];
}
