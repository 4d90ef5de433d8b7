import Ajv, { type ErrorObject, type ValidateFunction } from 'ajv';
import Ajv2020 from 'ajv/dist/2020';
import { asError, VisionError } from '../shared/errors';
import type { JsonSchema } from './client';

/**
 * The answer that is asked for where the user has no schema of their own. Without limits on the number: strict
 * servers have refused `minimum` and `maximum`, and the answer is checked here anyway.
 */
export const BUILT_IN_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    verdict: {
      type: 'string',
      enum: ['yes', 'no', 'unknown'],
      description: 'unknown where it cannot be told',
    },
    confidence: { type: 'number', description: 'from 0 to 1' },
    reason: { type: 'string', description: 'one short sentence' },
  },
  required: ['verdict', 'confidence', 'reason'],
  additionalProperties: false,
};

export interface AnswerSchema {
  schema: JsonSchema;
  /** null where the answer matches, else what does not. */
  mismatch(answer: unknown): string | null;
}

/** A schema goes out with every request. */
const MAX_CHARS = 20_000;

/**
 * Reads the user's schema.
 *
 * @param text JSON; '' is the built-in one
 * @throws VisionError VISION_SCHEMA where it is no JSON, no JSON Schema, or not that of an object
 */
export function compileSchema(text: string): AnswerSchema {
  if (text.trim() === '') return { schema: BUILT_IN_SCHEMA, mismatch: matcher(BUILT_IN_SCHEMA) };
  if (text.length > MAX_CHARS) throw bad(`The schema has more than ${MAX_CHARS} characters.`);
  const schema = parse(text);
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw bad('The schema is not a JSON object.');
  }
  if ('$async' in schema) throw bad('The schema says "$async", which is not supported.');
  const { type } = schema as JsonSchema;
  if (type !== 'object') throw bad('The schema must be that of an object: "type": "object".');
  return { schema: schema as JsonSchema, mismatch: matcher(schema as JsonSchema) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw bad(`The schema is not valid JSON: ${asError(thrown).message}.`);
  }
}

/** Checks answers. @throws VisionError VISION_SCHEMA where it is no JSON Schema */
export function matcher(schema: JsonSchema): AnswerSchema['mismatch'] {
  const { $schema, ...rest } = schema;
  // Lenient about keywords it does not know: what counts is what the model's server makes of them.
  const options = { strict: false, logger: false, validateFormats: false } as const;
  const ajv = /20(19|20)-/.test(String($schema ?? '')) ? new Ajv2020(options) : new Ajv(options);
  const validate = compile(() => ajv.compile(rest));
  return (answer) => (validate(answer) ? null : described(validate.errors));
}

function compile(build: () => ValidateFunction): ValidateFunction {
  try {
    return build();
  } catch (thrown) {
    throw bad(`The schema is not a valid JSON Schema: ${asError(thrown).message.slice(0, 200)}.`);
  }
}

function described(errors: ErrorObject[] | null | undefined): string {
  const [first] = errors ?? [];
  return first
    ? `${first.instancePath || 'the answer'} ${first.message ?? 'does not match'}`
    : 'does not match';
}

function bad(message: string): VisionError {
  return new VisionError('VISION_SCHEMA', message, {
    advice: 'Correct the schema in the node, or empty it to use the built-in one.',
  });
}
