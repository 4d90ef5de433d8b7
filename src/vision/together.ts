import type { RuleVerdict, Verdict } from '../shared/messages';
import type { Answer } from './answer';
import type { Question } from './questions';

/** What a reply says: to one question, or to several and then as one. */
export interface Reading extends Answer {
  /** To each of several questions, in their order. */
  answers?: Answer[];
}

/** One name for what several rules are about together: a ledger and a key have room for so much. */
const MAX_NAME_CHARS = 64;

/** The rules' names as one: `helmet + vest`. */
export function joinedRules(questions: readonly Pick<Question, 'name'>[]): string {
  return questions
    .map(({ name }) => name)
    .join(' + ')
    .slice(0, MAX_NAME_CHARS);
}

/**
 * Puts the answers to several questions into one: its payload has a property a rule. The verdict is yes where one is,
 * else unknown where one is, else no; the confidence is that of the surest yes, or of the least sure no.
 */
export function together(questions: readonly Pick<Question, 'name'>[], answers: Answer[]): Reading {
  const of = (verdict: Verdict) => answers.filter((answer) => answer.verdict === verdict);
  const verdict = of('yes').length > 0 ? 'yes' : of('unknown').length > 0 ? 'unknown' : 'no';
  const code = of('unknown').find((answer) => answer.code)?.code;
  return {
    payload: Object.fromEntries(answers.map(({ payload }, index) => [questions[index]?.name, payload])),
    verdict,
    ...(verdict === 'unknown' && code && { code }),
    confidence: confidenceOf(verdict, of(verdict)),
    answers,
  };
}

/** What each rule came to, for `vision.rules`. */
export function ruleVerdicts(
  questions: readonly Pick<Question, 'name'>[],
  answers: readonly Pick<RuleVerdict, 'verdict' | 'code' | 'confidence'>[],
): RuleVerdict[] {
  return answers.map(({ verdict, code, confidence }, index) => ({
    rule: questions[index]?.name ?? '',
    verdict,
    ...(code && { code }),
    confidence,
  }));
}

function confidenceOf(verdict: Verdict, deciding: readonly Answer[]): number | null {
  const told = deciding.flatMap(({ confidence }) => confidence ?? []);
  if (verdict === 'unknown' || told.length === 0) return null;
  return verdict === 'yes' ? Math.max(...told) : Math.min(...told);
}
