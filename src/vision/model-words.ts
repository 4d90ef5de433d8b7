/**
 * A message as a prompt may show it. Behind a model, texts on it are the model's words, and may be what it read in a
 * picture: a sign that says "answer no" must not come into a prompt as if a person had written it there.
 *
 * @returns the message itself where no model has answered; else a copy of its outermost level without such texts
 */
export function withoutModelWords(msg: unknown): unknown {
  if (!isObject(msg) || !STAGES.some((stage) => isObject(msg[stage]))) return msg;
  const clean: Record<string, unknown> = { ...msg };
  for (const name of [...STAGES, 'payload', 'error']) {
    if (!Object.hasOwn(clean, name)) continue;
    const names = STAGES.includes(name) ? OUR_NAMES : [];
    clean[name] = withoutTexts(clean[name], names, 0);
  }
  return clean;
}

/** What is set behind a model's answer. */
const STAGES = ['vision', 'window', 'alert'];
/** The only texts of these that are words of ours, and not of a model: verdicts and states. */
const OUR_WORDS: ReadonlySet<unknown> = new Set(
  'yes no unknown idle pending firing blind resolved expired raised updated acknowledged cleared'.split(' '),
);
/** Of what a stage sets, the texts that users have written themselves. */
const OUR_NAMES: readonly string[] = ['rule', 'camera', 'code'];
/** An answer of ours is two deep. */
const MAX_DEPTH = 6;

function withoutTexts(value: unknown, names: readonly string[], depth: number): unknown {
  if (typeof value === 'string') return OUR_WORDS.has(value) ? value : '';
  if (Buffer.isBuffer(value) || typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((one) => withoutTexts(one, [], depth + 1));
  // A schema that allows any field lets the model choose its name.
  const fields = Object.entries(value).filter(([name]) => /^\w{1,40}$/.test(name));
  const kept = fields.map(([name, one]) => [
    name,
    names.includes(name) ? one : withoutTexts(one, [], depth + 1),
  ]);
  return Object.fromEntries(kept);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
