import { type AnswerSchema, matcher } from './answer-schema';
import type { JsonSchema } from './client';
import { type AnswerType, CANNOT_TELL, type Question } from './questions';

/** A question and the field of the answer that is its own. */
export interface QuestionField {
  question: Question;
  key: string;
  /** Of the field alone: null where it matches, else what does not. */
  mismatch: AnswerSchema['mismatch'];
}

/** What is asked for where several questions are asked in one call. */
export interface QuestionSchema {
  schema: JsonSchema;
  fields: QuestionField[];
}

/** Says "cannot tell" where a number is asked for: servers differ in what they make of a number or null. */
export const COUNT_CANNOT_TELL = -1;

/** The part of a field that holds what was asked for. */
export const VALUE_OF: Record<AnswerType, string> = {
  yesno: 'verdict',
  count: 'count',
  choice: 'choice',
  text: 'text',
};

/** What all servers take for the name of a field (Anthropic allows no more for tools). */
const PLAIN_KEY = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/**
 * One schema for all questions, in the words that every server knows: an object a question, all of them required and
 * nothing else allowed, as OpenAI wants it for strict; no limits on numbers and no choice of types, which strict
 * servers have refused.
 */
export function questionSchema(questions: readonly Question[]): QuestionSchema {
  const keys = keysOf(questions);
  const fields = questions.map((question, index) => ({
    question,
    key: keys[index] ?? '',
    schema: fieldOf(question),
  }));
  return {
    schema: objectOf(fields.map(({ key, schema }) => [key, schema])),
    fields: fields.map(({ question, key, schema }) => ({ question, key, mismatch: matcher(schema) })),
  };
}

/** Names of the questions' fields: their own where all of them are plain, else numbers. */
export function keysOf(questions: readonly Question[]): string[] {
  const arePlain = questions.every(({ name }) => PLAIN_KEY.test(name));
  return questions.map(({ name }, index) => (arePlain ? name : `q${index + 1}`));
}

function fieldOf(question: Question): JsonSchema {
  return objectOf([
    [VALUE_OF[question.type], valueSchema(question)],
    ['confidence', { type: 'number', description: 'from 0 to 1' }],
    ['reason', { type: 'string', description: 'one short sentence' }],
  ]);
}

function valueSchema({ type, options }: Question): JsonSchema {
  const description = `${CANNOT_TELL} where it cannot be told`;
  if (type === 'yesno') return { type: 'string', enum: ['yes', 'no', CANNOT_TELL], description };
  if (type === 'choice') return { type: 'string', enum: [...options, CANNOT_TELL], description };
  if (type === 'text')
    return { type: 'string', description: `short; empty where there is nothing, ${description}` };
  return { type: 'integer', description: `${COUNT_CANNOT_TELL} where it cannot be told` };
}

function objectOf(properties: [string, JsonSchema][]): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: properties.map(([key]) => key),
    additionalProperties: false,
  };
}
