import type { JsonSchema } from './client';

/** Words for "cannot tell" that a prompt may use. */
const UNSURE =
  /\b(?:unknown|unsure|uncertain|unclear|undecided|maybe|cannot|can't|can not|could not|not sure|not certain|don't know|do not know|not visible|no way to tell|impossible to)\b/i;
const FORBIDDEN =
  /\b(?:never|do not|don't|must not) (?:answer|say|reply|return|use|respond)?(?: with)? ?["']?(?:unknown|unsure|uncertain|unclear|maybe)\b/i;
const YES_OR_NO = `\\W{0,3}(?:yes|true)\\W{0,3}(?:or|and|/)\\W{0,3}(?:no|false)\\b`;
const FORCED = [
  new RegExp(`\\b(?:only|just|simply|strictly|always|either|exactly)\\b[^.?!]{0,40}?${YES_OR_NO}`, 'i'),
  new RegExp(
    `\\b(?:answer|reply|respond|say|return|output)(?:s|ing)?(?: (?:with|me|in|as|using|by))*${YES_OR_NO}`,
    'i',
  ),
  new RegExp(`${YES_OR_NO}\\W{0,3}only\\b`, 'i'),
  /\b(?:otherwise|else|in all other cases)\W{0,3}(?:(?:please )?(?:answer|say|reply|return|respond|it is)(?: with)?)?\W{0,3}(?:no|false)\b(?! (?:one|person|alert|alarm))/i,
  /\b(?:answer|say|reply|return|respond|and|or|is)(?: with)?\W{1,3}(?:no|false)\W{0,3} (?:otherwise|in all other cases)\b/i,
];

/**
 * Where a question leaves no way to say "cannot tell": the words or the field that force an answer; null where
 * there is a way.
 */
export function leavesUnknown(asked: {
  prompt: string;
  system: string;
  schema: string;
  verdictField: string;
}): string | null {
  const inSchema = forcedBySchema(asked.schema, asked.verdictField);
  if (inSchema !== null) return inSchema;
  const all = `${asked.system}\n${asked.prompt}`.replace(/\s+/g, ' ');
  const forbidden = FORBIDDEN.exec(all)?.[0];
  if (forbidden !== undefined) return forbidden;
  if (UNSURE.test(all)) return null;
  for (const pattern of FORCED) {
    const words = pattern.exec(all)?.[0];
    if (words !== undefined) return words.replace(/^\W+/, '');
  }
  return null;
}

function forcedBySchema(text: string, verdictField: string): string | null {
  let schema: JsonSchema | null;
  try {
    schema = JSON.parse(text) as JsonSchema | null;
  } catch {
    return null;
  }
  const properties = schema?.properties as Record<string, unknown> | undefined;
  if (typeof properties !== 'object' || properties === null) return null;
  const verdict = Object.hasOwn(properties, verdictField) ? properties[verdictField] : undefined;
  if (typeof verdict !== 'object' || verdict === null) return null;
  return canBeUnknown(verdict as JsonSchema) ? null : verdictField;
}

/** Whether a verdict of this schema can be the word unknown, or null. */
function canBeUnknown({ type, enum: words, const: only, anyOf, oneOf, nullable }: JsonSchema): boolean {
  const branches = Array.isArray(anyOf) ? anyOf : oneOf;
  if (Array.isArray(branches)) return branches.some((one) => canBeUnknown((one ?? {}) as JsonSchema));
  if (nullable === true) return true;
  const isUnknown = (word: unknown) => word === null || String(word).toLowerCase() === 'unknown';
  if (Array.isArray(words)) return words.some(isUnknown);
  if (only !== undefined) return isUnknown(only);
  const types = Array.isArray(type) ? type : [type];
  return types.includes('null') || !types.includes('boolean') || types.includes('string');
}
