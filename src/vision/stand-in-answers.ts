import type { Verdict } from '../shared/messages';
import { COUNT_CANNOT_TELL, keysOf, VALUE_OF } from './question-schema';
import { CANNOT_TELL, type Question } from './questions';

/** An answer to each of several questions in which all of them get the same verdict, as a stand-in knows no better. */
export function standInAnswers(
  questions: readonly Question[],
  verdict: Verdict,
  reason: string,
): Record<string, unknown> {
  const confidence = verdict === 'unknown' ? 0 : 0.9;
  const keys = keysOf(questions);
  return Object.fromEntries(
    questions.map((question, index) => [
      keys[index],
      { [VALUE_OF[question.type]]: valueFor(question, verdict), confidence, reason },
    ]),
  );
}

function valueFor({ type, options, yes, atLeast }: Question, verdict: Verdict): unknown {
  switch (type) {
    case 'yesno':
      return verdict;
    case 'count':
      return { yes: atLeast, no: 0, unknown: COUNT_CANNOT_TELL }[verdict];
    case 'choice':
      if (verdict === 'unknown') return CANNOT_TELL;
      return options.find((option) => yes.includes(option) === (verdict === 'yes')) ?? CANNOT_TELL;
    case 'text':
      return { yes: 'stand-in', no: '', unknown: CANNOT_TELL }[verdict];
  }
}
