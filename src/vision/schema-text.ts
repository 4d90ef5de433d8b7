import type { JsonSchema } from './client';

const texts = new WeakMap<JsonSchema, string>();

/** A schema as it is told to a model. A node has one, and asks with it about each picture: it is written once. */
export function schemaText(schema: JsonSchema): string {
  const known = texts.get(schema);
  if (known !== undefined) return known;
  const text = JSON.stringify(schema);
  texts.set(schema, text);
  return text;
}
