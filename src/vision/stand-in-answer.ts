import type { Verdict } from '../shared/messages';
import type { JsonSchema, VisionRequest } from './client';

/** A schema may refer to itself or nest without end. */
const MAX_DEPTH = 6;

/**
 * An answer of the right form for any schema: the verdict field says what the stand-in found, all other text
 * says that it is a stand-in, and the rest is filled in by type.
 */
export function standInAnswer(
  request: Pick<VisionRequest, 'schema' | 'verdictField' | 'confidenceField'>,
  verdict: Verdict,
  reason: string,
): Record<string, unknown> {
  const answer: Record<string, unknown> = {};
  for (const [name, schema] of propertiesOf(request.schema)) {
    if (name === request.verdictField) answer[name] = verdictFor(schema, verdict);
    else if (name === request.confidenceField) answer[name] = confidenceFor(schema, verdict);
    else answer[name] = fill(schema, verdict, reason, 1);
  }
  return answer;
}

function propertiesOf(schema: JsonSchema): [string, JsonSchema][] {
  return Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
}

/** Where the schema leaves no way to say unknown, null does: it fails the check, and the verdict is unknown. */
function verdictFor(schema: JsonSchema, verdict: Verdict): unknown {
  if (Array.isArray(schema.enum)) {
    const word = schema.enum.find((one) => String(one).toLowerCase() === verdict);
    return (
      word ??
      (verdict === 'unknown' ? null : (schema.enum.find((one) => one === (verdict === 'yes')) ?? null))
    );
  }
  if (typesOf(schema).includes('boolean')) return verdict === 'unknown' ? null : verdict === 'yes';
  return verdict;
}

function confidenceFor(schema: JsonSchema, verdict: Verdict): number {
  if (verdict === 'unknown') return 0;
  return typesOf(schema).includes('integer') || Number(schema.maximum) > 1 ? 90 : 0.9;
}

function fill(schema: JsonSchema, verdict: Verdict, reason: string, depth: number): unknown {
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const [type] = typesOf(schema);
  if (type === 'boolean') return verdict === 'yes';
  if (type === 'integer' || type === 'number') return numberFor(schema, verdict);
  if (type === 'array') return [];
  if (type === 'object') {
    const inside = depth < MAX_DEPTH ? propertiesOf(schema) : [];
    return Object.fromEntries(inside.map(([name, one]) => [name, fill(one, verdict, reason, depth + 1)]));
  }
  if (type === 'null') return null;
  return typeof schema.maxLength === 'number' ? reason.slice(0, schema.maxLength) : reason;
}

/** A count: one where something is there. */
function numberFor(schema: JsonSchema, verdict: Verdict): number {
  const least = typeof schema.minimum === 'number' ? schema.minimum : Number.NEGATIVE_INFINITY;
  const most = typeof schema.maximum === 'number' ? schema.maximum : Number.POSITIVE_INFINITY;
  return Math.min(most, Math.max(least, verdict === 'yes' ? 1 : 0));
}

function typesOf({ type }: JsonSchema): unknown[] {
  return Array.isArray(type) ? type : [type];
}
