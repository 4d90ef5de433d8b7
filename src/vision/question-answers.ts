import type { Verdict } from '../shared/messages';
import { type Answer, asShare, asVerdict, objectIn, unusable } from './answer';
import type { VisionReply } from './client';
import { COUNT_CANNOT_TELL, type QuestionField, VALUE_OF } from './question-schema';
import { CANNOT_TELL, type Question } from './questions';

/** A longer text is cut: it is asked for short, and goes on to telephones. */
const MAX_TEXT_CHARS = 500;

/**
 * What a reply says to each of several questions, in their order. One that is missing or not in the agreed form is
 * `unknown` with a code, and leaves the others as they are.
 */
export function readAnswers(reply: VisionReply, fields: readonly QuestionField[]): Answer[] {
  const { object, unusable: nothing } = objectIn(reply);
  return fields.map((field) => (object ? readField(object, field) : nothing));
}

function readField(all: Record<string, unknown>, { question, key, mismatch }: QuestionField): Answer {
  const given = Object.hasOwn(all, key) ? all[key] : undefined;
  if (given === undefined) return unusable('VISION_OFF_SCHEMA', 'The model left this question out.', '');
  const text = JSON.stringify(given);
  const wrong = (what: string) =>
    unusable('VISION_OFF_SCHEMA', `The answer does not match the schema: ${what}.`, text);
  const problem = mismatch(given);
  if (problem) return wrong(problem);
  const { confidence: told, reason, ...rest } = given as Record<string, unknown>;
  const read = valueIn(rest[VALUE_OF[question.type]], question);
  if (!read) return wrong('the number is none that a count can have');
  const confidence = asShare(told);
  // The verdict first, in the place that it has in the answer to a single question.
  const payload = { verdict: read.verdict, ...read.value, confidence: confidence ?? told, reason };
  return { payload, verdict: read.verdict, confidence };
}

/** The verdict, and the value under its own name; null as a value where it cannot be told. */
function valueIn(
  raw: unknown,
  question: Question,
): { verdict: Verdict; value: Record<string, unknown> } | null {
  const known = (isYes: boolean): Verdict => (isYes ? 'yes' : 'no');
  switch (question.type) {
    case 'yesno':
      return { verdict: asVerdict(raw) ?? 'unknown', value: {} };
    case 'count': {
      const count = Number(raw);
      if (count === COUNT_CANNOT_TELL) return { verdict: 'unknown', value: { count: null } };
      return count >= 0 ? { verdict: known(count >= question.atLeast), value: { count } } : null;
    }
    case 'choice': {
      const choice = String(raw);
      if (choice === CANNOT_TELL) return { verdict: 'unknown', value: { choice: null } };
      return { verdict: known(question.yes.includes(choice)), value: { choice } };
    }
    case 'text': {
      const text = String(raw).trim().slice(0, MAX_TEXT_CHARS);
      if (text.toLowerCase() === CANNOT_TELL) return { verdict: 'unknown', value: { text: null } };
      return { verdict: known(text !== ''), value: { text } };
    }
  }
}
