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

/** What is kept of a reply that cannot be used, and of any. */
const MAX_TEXT_CHARS = 500;
const MAX_RAW_CHARS = 2000;

/** What a model's reply says. Never guessed from prose: what is no answer in the agreed form is `unknown`. */
export function readAnswer(reply: VisionReply, fields: AnswerFields): Answer {
  const { object, unusable } = objectIn(reply);
  return object ? readObject(object, reply.text, fields) : unusable;
}

/** What a reply holds: a JSON object, or nothing that can be used, and why. */
export type ReplyObject =
  | { object: Record<string, unknown>; unusable?: undefined }
  | { object: null; unusable: Answer };

/** The JSON object of a reply, without the fence and the thoughts around it. */
export function objectIn(reply: VisionReply): ReplyObject {
  const none = (code: AnswerCode, reason: string, text = reply.text): ReplyObject => ({
    object: null,
    unusable: unusable(code, reason, text),
  });
  if (reply.refusal !== null) return none('VISION_REFUSED', 'The model refused to answer.', reply.refusal);
  if (reply.finish === 'filtered')
    return none('VISION_FILTERED', "The provider's content filter stopped the answer.");
  if (reply.finish === 'length')
    return none('VISION_TRUNCATED', 'The answer was cut off: allow more tokens.');
  const text = withoutThoughts(reply.text).trim();
  if (text === '') return none('VISION_EMPTY', 'The model answered nothing.');
  const answer = parse(withoutFence(text));
  if (answer === undefined) return none('VISION_PROSE', 'The model answered in prose, not in JSON.', text);
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    return none('VISION_OFF_SCHEMA', 'The answer is not a JSON object.', text);
  return { object: answer as Record<string, unknown> };
}

function readObject(raw: Record<string, unknown>, text: string, fields: AnswerFields): Answer {
  const { schema, verdictField, confidenceField } = fields;
  const payload = rescaled(raw, fields);
  const mismatch = schema.mismatch(payload);
  if (mismatch)
    return unusable('VISION_OFF_SCHEMA', `The answer does not match the schema: ${mismatch}.`, text.trim());
  const confidence = asShare(payload[confidenceField]);
  if (!Object.hasOwn(payload, verdictField)) {
    return { payload, verdict: 'unknown', code: 'VISION_NO_VERDICT', confidence };
  }
  const verdict = asVerdict(payload[verdictField]);
  if (!verdict) return { payload, verdict: 'unknown', code: 'VISION_OFF_SCHEMA', confidence };
  return { payload, verdict, confidence };
}

/** The answer of thinking models that run locally comes after their thoughts. Some templates leave out the tag that opens them. */
function withoutThoughts(text: string): string {
  // The last tag that an object or nothing follows: the answer itself may quote one from a picture.
  const thoughts =
    /^[\s\S]*<\/think>(?=\s*(?:\{|```|$))/i.exec(text) ?? /^\s*<think>[\s\S]*?<\/think>/i.exec(text);
  return text.slice(thoughts?.[0].length ?? 0);
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

/** A confidence, in percent or not, as 0 to 1; null where it is none. */
export function asShare(value: unknown): number | null {
  if (typeof value !== 'number' || !(value >= 0 && value <= 100)) return null;
  return value > 1 ? value / 100 : value;
}

export function asVerdict(value: unknown): Verdict | null {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (value === null) return 'unknown';
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return word === 'yes' || word === 'no' || word === 'unknown' ? word : null;
}

/** `unknown`, with the beginning of what cannot be used. */
export function unusable(code: AnswerCode, reason: string, text: string): Answer {
  const payload = { verdict: 'unknown', reason, text: beginningOf(text, MAX_TEXT_CHARS) };
  return { payload, verdict: 'unknown', code, confidence: null };
}

/** What the model said, word for word; cut where it is long. */
export function rawText({ text }: VisionReply): string {
  return beginningOf(text, MAX_RAW_CHARS);
}

/** Gateways have been seen to put an error, and the key into it, where the answer belongs. */
function beginningOf(text: string, maxChars: number): string {
  return redactKeys(text.slice(0, 2 * maxChars), '').slice(0, maxChars);
}
