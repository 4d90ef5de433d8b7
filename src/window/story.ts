import type { Verdict, VerdictSpan } from '../shared/messages';

/** A run that flickers for hours has more; its beginning and its newest part say most. */
const MAX_SPANS = 24;
const KEPT_OF_THE_BEGINNING = 4;

/** Verdicts in the order of their time: the same ones in a row are one entry. */
export function addToStory(story: VerdictSpan[], t: number, verdict: Verdict): VerdictSpan[] {
  const last = story.at(-1);
  if (last?.verdict === verdict) return story.with(-1, { ...last, to: t, n: last.n + 1 });
  const next = [...story, { verdict, from: t, to: t, n: 1 }];
  return next.length <= MAX_SPANS ? next : next.toSpliced(KEPT_OF_THE_BEGINNING, 1);
}
