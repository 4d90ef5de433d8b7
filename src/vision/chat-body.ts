import type OpenAI from 'openai';
import type { JsonSchema, VisionRequest } from './client';
import type { Dialect } from './dialect';
import { captionOf, seriesWords } from './picture-words';
import { schemaText } from './schema-text';
import { sentPictures, takenAt } from './series';

type Body = OpenAI.Chat.ChatCompletionCreateParamsNonStreaming;

/**
 * The body of a chat completions request: system text, then one user message with the prompt and the pictures.
 *
 * @param urlOf what stands for a picture
 */
export function chatBody(request: VisionRequest, dialect: Dialect, urlOf = pictureUrl): Body {
  const { schema } = request;
  const body: Body = {
    model: request.model,
    messages: [
      { role: 'system', content: `${request.system}\n\n${answerFormat(schema)}` },
      {
        role: 'user',
        content: [{ type: 'text', text: userText(request) }, ...pictureParts(request, urlOf)],
      },
    ],
    [dialect.maxTokensField]: request.maxTokens,
  };
  if (request.temperature !== null && dialect.temperature) body.temperature = request.temperature;
  if (request.reasoningEffort !== '' && dialect.reasoningEffort) {
    body.reasoning_effort = request.reasoningEffort as Body['reasoning_effort'];
  }
  if (dialect.rung === 'json_object') body.response_format = { type: 'json_object' };
  if (dialect.rung === 'json_schema') {
    body.response_format = {
      type: 'json_schema',
      json_schema: {
        name: 'answer',
        schema: without(schema, dialect.schemaWithout) as JsonSchema,
        strict: dialect.schemaWithout.length === 0 && canBeStrict(schema),
      },
    };
  }
  if (dialect.requireParameters && body.response_format) {
    return { ...body, provider: { require_parameters: true } } as Body;
  }
  return body;
}

/** A schema without some of its keywords. A property of such a name stays. */
function without(schema: unknown, keywords: readonly string[]): unknown {
  if (keywords.length === 0 || typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map((one) => without(one, keywords));
  const kept = Object.entries(schema).filter(([name]) => !keywords.includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, inside(name, value, keywords)]));
}

/** Below these the names are the user's own; an enumeration and the like hold values. */
function inside(name: string, value: unknown, keywords: readonly string[]): unknown {
  if (['enum', 'const', 'default', 'examples'].includes(name)) return value;
  if (!['properties', '$defs', 'definitions', 'patternProperties'].includes(name))
    return without(value, keywords);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([own, one]) => [own, without(one, keywords)]));
}

type Part = OpenAI.Chat.ChatCompletionContentPart;

function userText(request: VisionRequest): string {
  const { length } = sentPictures(request);
  return length > 1 ? `${request.prompt}\n\n${seriesWords(length)}` : request.prompt;
}

function pictureParts(request: VisionRequest, urlOf: typeof pictureUrl): Part[] {
  const { series = [], timeZone = '' } = request;
  return sentPictures(request).flatMap((picture, index, all): Part[] => {
    const image_url = { url: urlOf(picture), detail: request.detail };
    const part: Part = { type: 'image_url', image_url };
    const one = all.length > 1 ? series[index] : undefined;
    return one
      ? [{ type: 'text', text: captionOf(index, all.length, takenAt(one, timeZone)) }, part]
      : [part];
  });
}

/** A picture as a data URI. */
export function pictureUrl({ data, type }: VisionRequest['picture']): string {
  return `data:${type};base64,${data.toString('base64')}`;
}

/** Told on every rung: some servers drop response_format without a word (OpenRouter, Anthropic). */
function answerFormat(schema: JsonSchema): string {
  return `Answer with one JSON object and nothing else. It must match this JSON Schema: ${schemaText(schema)}`;
}

/**
 * Whether a schema may be sent as strict: there OpenAI requires every field and allows no other, on every level.
 * A schema that is not so is sent as a plain one, and refused by nobody.
 */
function canBeStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(canBeStrict);
  if (typeof schema !== 'object' || schema === null) return true;
  const { type, properties, required, additionalProperties } = schema as JsonSchema;
  const isObject = type === 'object' || properties !== undefined;
  if (isObject) {
    const names = Object.keys((properties as object | undefined) ?? {});
    if (additionalProperties !== false || !Array.isArray(required)) return false;
    if (!names.every((name) => required.includes(name))) return false;
  }
  return Object.values(schema).every(canBeStrict);
}
