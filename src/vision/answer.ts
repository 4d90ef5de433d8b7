import type { Verdict } from '../shared/messages';
import type { AnswerSchema } from './answer-schema';
import type { VisionReply } from './client';
import { redactKeys } from './redact-keys';

/** Why a reply's verdict is `unknown` although the model did not say so itself. */
export type AnswerCode =
  | 'VISION_REFUSED'
  | 'VISION_FILTERED'
  | 'VISION_TRUNCATED'
  | 'VISION_EMPTY'
  | 'VISION_PROSE'
  | 'VISION_OFF_SCHEMA'
  | 'VISION_NO_VERDICT';

export interface Answer {
  /** The answer as the model gave it, or `{verdict: 'unknown', reason, text}` where it cannot be used. */
  payload: Record<string, unknown>;
  verdict: Verdict;
  code?: AnswerCode;
  /** 0 to 1; null where the model gave none. */
  confidence: number | null;
}

export interface AnswerFields {
  schema: AnswerSchema;
  verdictField: string;
  confidenceField: string;
}

/** What is kept of a reply that cannot be used. */
const MAX_TEXT_CHARS = 500;

/** What a model's reply says. Never guessed from prose: what is no answer in the agreed form is `unknown`. */
export function readAnswer(reply: VisionReply, fields: AnswerFields): Answer {
  if (reply.refusal !== null)
    return unusable('VISION_REFUSED', 'The model refused to answer.', reply.refusal);
  if (reply.finish === 'filtered') {
    return unusable('VISION_FILTERED', "The provider's content filter stopped the answer.", reply.text);
  }
  if (reply.finish === 'length') {
    return unusable('VISION_TRUNCATED', 'The answer was cut off: allow more tokens.', reply.text);
  }
  const text = withoutThoughts(reply.text).trim();
  if (text === '') return unusable('VISION_EMPTY', 'The model answered nothing.', reply.text);
  const answer = parse(withoutFence(text));
  if (answer === undefined)
    return unusable('VISION_PROSE', 'The model answered in prose, not in JSON.', text);
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    return unusable('VISION_OFF_SCHEMA', 'The answer is not a JSON object.', text);
  }
  return readObject(answer as Record<string, unknown>, text, fields);
}

function readObject(raw: Record<string, unknown>, text: string, fields: AnswerFields): Answer {
  const { schema, verdictField, confidenceField } = fields;
  const payload = rescaled(raw, fields);
  const mismatch = schema.mismatch(payload);
  if (mismatch)
    return unusable('VISION_OFF_SCHEMA', `The answer does not match the schema: ${mismatch}.`, text);
  const confidence = asShare(payload[confidenceField]);
  if (!Object.hasOwn(payload, verdictField)) {
    return { payload, verdict: 'unknown', code: 'VISION_NO_VERDICT', confidence };
  }
  const verdict = asVerdict(payload[verdictField]);
  if (!verdict) return { payload, verdict: 'unknown', code: 'VISION_OFF_SCHEMA', confidence };
  return { payload, verdict, confidence };
}

/** The answer of thinking models that run locally begins with their thoughts. */
function withoutThoughts(text: string): string {
  return text.replace(/^\s*<think>[\s\S]*?<\/think>/i, '');
}

/** Only where the fence is all of the text: JSON quoted in a sentence may be an example. */
function withoutFence(text: string): string {
  const firstLineEnd = text.indexOf('\n');
  if (!text.startsWith('```') || !text.endsWith('```') || firstLineEnd < 0) return text;
  return text.slice(firstLineEnd, -3);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Many models give percent (Frigate found the same): made 0 to 1, unless the user's schema asks for percent. */
function rescaled(answer: Record<string, unknown>, { schema, confidenceField }: AnswerFields) {
  const value = answer[confidenceField];
  if (typeof value !== 'number' || value <= 1 || value > 100 || asksForPercent(schema, confidenceField))
    return answer;
  return { ...answer, [confidenceField]: value / 100 };
}

function asksForPercent({ schema }: AnswerSchema, field: string): boolean {
  const properties = schema.properties as Record<string, { maximum?: unknown; type?: unknown }> | undefined;
  const property = properties?.[field];
  return Number(property?.maximum) > 1 || property?.type === 'integer';
}

function asShare(value: unknown): number | null {
  if (typeof value !== 'number' || !(value >= 0 && value <= 100)) return null;
  return value > 1 ? value / 100 : value;
}

function asVerdict(value: unknown): Verdict | null {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (value === null) return 'unknown';
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return word === 'yes' || word === 'no' || word === 'unknown' ? word : null;
}

function unusable(code: AnswerCode, reason: string, text: string): Answer {
  // Gateways have been seen to put an error, and the key into it, where the answer belongs.
  const kept = redactKeys(text.slice(0, 2 * MAX_TEXT_CHARS), '').slice(0, MAX_TEXT_CHARS);
  const payload = { verdict: 'unknown', reason, text: kept };
  return { payload, verdict: 'unknown', code, confidence: null };
}
