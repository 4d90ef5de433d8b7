import type { VisionRequest } from './client';
import { type Preset, type Rung, SCHEMA_EXTRAS } from './presets';

/** How a server and model want to be asked: the plainest words that have been needed so far. */
export interface Dialect {
  rung: Rung;
  maxTokensField: 'max_completion_tokens' | 'max_tokens';
  /** The other name was refused: a server that refuses both would be asked for ever. */
  maxTokensIsSettled: boolean;
  temperature: boolean;
  reasoningEffort: boolean;
  /** Keywords that are left out of the schema. */
  schemaWithout: readonly string[];
  /** Only a server that heeds the answer format may be asked (OpenRouter). */
  requireParameters: boolean;
}

/** The dialect to begin with, by what is known of the server. */
export function firstDialect(preset: Preset): Dialect {
  return {
    rung: preset.rung,
    maxTokensField: preset.maxTokensField,
    maxTokensIsSettled: false,
    temperature: true,
    reasoningEffort: true,
    schemaWithout: preset.schemaWithout,
    requireParameters: preset.requireParameters,
  };
}

/**
 * A plainer dialect after the server has refused a request; null where nothing is left to leave out. Every step
 * goes down, so there are six at most.
 *
 * @param said the server's words, which name the parameter
 */
export function downgrade(dialect: Dialect, request: VisionRequest, said: string): Dialect | null {
  if (request.reasoningEffort !== '' && dialect.reasoningEffort && /reasoning|think/i.test(said)) {
    return { ...dialect, reasoningEffort: false };
  }
  if (request.temperature !== null && dialect.temperature && /temperature/i.test(said)) {
    return { ...dialect, temperature: false };
  }
  const wantsNewer = /use '?max_completion_tokens/i.test(said);
  const refusesNewer = !wantsNewer && /max_completion_tokens/i.test(said);
  if (!dialect.maxTokensIsSettled && (wantsNewer || refusesNewer)) {
    const maxTokensField = wantsNewer ? 'max_completion_tokens' : 'max_tokens';
    if (maxTokensField !== dialect.maxTokensField) {
      return { ...dialect, maxTokensField, maxTokensIsSettled: true };
    }
  }
  const refusesExtra = SCHEMA_EXTRAS.some((keyword) => said.includes(keyword));
  if (refusesExtra && dialect.rung === 'json_schema' && dialect.schemaWithout.length === 0) {
    return { ...dialect, schemaWithout: SCHEMA_EXTRAS };
  }
  if (/response_?format|json|schema|grammar|structured|requested parameters/i.test(said)) {
    if (dialect.rung === 'json_schema') return { ...dialect, rung: 'json_object' };
    if (dialect.rung === 'json_object') return { ...dialect, rung: 'prompt' };
  }
  return null;
}
