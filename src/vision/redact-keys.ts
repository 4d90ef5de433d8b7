import { redact } from '../shared/redact';

const MASK = '***';
const AFTER_SCHEME = /\b(Bearer|Basic)\s+[^\s"',;]+/gi;
const AFTER_NAME =
  /((?:api[-_ ]?key|token|secret|password|authorization)(?: provided)?["']?\s*[:=]\s*["']?)[^\s"',;}]+/gi;
/** OpenAI, Anthropic, OpenRouter, Groq, xAI, Hugging Face, Google; also masked: `sk-ab***yz`. */
const KEY_SHAPE = /\b(?:(?:sk|pk|rk|gsk|xai|hf)[-_]|AIza)[-_*•…A-Za-z0-9]{4,}/g;
/** Of a key that is repeated masked, this much of the beginning or the end is enough to know it. */
const FRAGMENT_CHARS = 4;
/** Fragments of shorter keys would be found in many words. */
const MIN_KEY_CHARS = 8;

/**
 * What a model's server or the openai package said, without anything that is, or looks like, a key. Servers
 * echo what they were sent, also in part: "Incorrect API key provided: sk-ab***yz".
 *
 * @param key the key in use; '' where there is none
 */
export function redactKeys(text: string, key: string): string {
  let clean = redact(text, [key]);
  if (key.length >= MIN_KEY_CHARS) {
    const start = literal(key.slice(0, FRAGMENT_CHARS));
    const end = literal(key.slice(-FRAGMENT_CHARS));
    const masked = `[^\\s"']*[*•….]{3,}${end}|${start}[^\\s"']*[*•….]{3,}[^\\s"']*`;
    clean = clean.replace(new RegExp(masked, 'g'), MASK);
  }
  return clean.replace(AFTER_SCHEME, `$1 ${MASK}`).replace(AFTER_NAME, `$1${MASK}`).replace(KEY_SHAPE, MASK);
}

/** A text as a regular expression that matches it. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
