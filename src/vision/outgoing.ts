import type { VisionInfo } from '../shared/messages';
import type { Question } from './questions';
import type { Answered } from './settle';
import { joinedRules, ruleVerdicts } from './together';

/** `each`: a message a rule · `together`: all of them in one. */
export type Sending = 'each' | 'together';

/** What goes out on one message. */
export interface Outgoing {
  payload: Record<string, unknown>;
  vision: VisionInfo;
  /** Which of the messages it is; null where it is the only one. */
  part: { index: number; count: number; rule: string } | null;
}

/**
 * The messages that tell an answer, or why there is none.
 *
 * @param questions null where the node asks one
 */
export function outgoing(
  answered: Answered,
  questions: readonly Question[] | null,
  sending: Sending,
): Outgoing[] {
  const { payload, vision } = answered;
  if (!questions) return [{ payload, vision, part: null }];
  // Where no answer came, none came to any of them.
  const answers = answered.answers ?? questions.map(() => ({ ...vision, payload }));
  if (sending === 'together') {
    const rule = joinedRules(questions);
    const all = answered.answers ? payload : byRule(questions, payload);
    return [
      { payload: all, vision: { ...vision, rule, rules: ruleVerdicts(questions, answers) }, part: null },
    ];
  }
  const count = questions.length;
  return answers.map(({ payload: own, verdict, code, confidence }, index) => {
    const rule = questions[index]?.name ?? '';
    const { code: _all, ...shared } = vision;
    const told = { verdict, ...(code && { code }), confidence, rule };
    return {
      // A copy each: what a flow does to one must not show in the others.
      payload: { ...own },
      vision: { ...shared, ...told, ...shareOf(vision, index, count) },
      part: { index, count, rule },
    };
  });
}

/** One call was paid for: whoever adds up the messages must come to its tokens and its cost. */
function shareOf({ usage, cost }: VisionInfo, index: number, count: number) {
  const part = (whole: number) =>
    Math.floor((whole * (index + 1)) / count) - Math.floor((whole * index) / count);
  return {
    usage: usage && { input: part(usage.input), output: part(usage.output) },
    cost: cost === null ? null : cost / count,
  };
}

function byRule(questions: readonly Question[], payload: Record<string, unknown>) {
  return Object.fromEntries(questions.map(({ name }) => [name, { ...payload }]));
}
