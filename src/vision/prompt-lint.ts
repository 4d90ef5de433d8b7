import { namedZones } from './named-zones';
import { leavesUnknown } from './unknown-allowed';

/** What of a question is looked through. */
export interface LintedQuestion {
  /** The template of the question. */
  prompt: string;
  /** '' is the built-in one, which says how to be unsure. */
  system: string;
  /** JSON Schema as text; '' is the built-in one, which has a way to be unsure. */
  schema: string;
  verdictField: string;
  confidenceField: string;
  /** Not a count, a choice or a text: only there a negation turns the answer round. */
  isYesNo: boolean;
}

export type PromptLintCode =
  | 'PROMPT_TWO_QUESTIONS'
  | 'PROMPT_NEGATED'
  | 'PROMPT_NO_UNKNOWN'
  | 'PROMPT_UNKNOWN_ZONE';

/** A hint: nothing is refused because of one. */
export interface PromptFinding {
  code: PromptLintCode;
  message: string;
  advice: string;
  /** The words that it is about, at most {@link MAX_FOUND_CHARS}. */
  found: string;
}

const MAX_FOUND_CHARS = 60;
/** A prompt is a few sentences: what is longer is looked through as far as this. */
const MAX_CHARS = 8_000;

/**
 * What of a question is likely to give wrong answers. It reads English by patterns, and rather misses something than
 * to find fault with a good question; of other languages it only counts question marks and looks at the schema.
 *
 * @param zones names of the zones that are drawn; null where they are not known, and no zone is looked for
 */
export function lintPrompt(question: LintedQuestion, zones: readonly string[] | null): PromptFinding[] {
  const raw = plain(question.prompt);
  const sentences = sentencesOf(withoutQuotes(raw));
  const findings: PromptFinding[] = [];
  const second = asksMore(question) ? null : secondQuestion(sentences);
  if (second !== null) {
    findings.push(
      finding(
        'PROMPT_TWO_QUESTIONS',
        second,
        'The rule asks two questions, and there is one verdict.',
        'Make a rule of each.',
      ),
    );
  }
  const negated = question.isYesNo ? sentences.find(isNegated) : undefined;
  if (negated !== undefined) {
    findings.push(
      finding(
        'PROMPT_NEGATED',
        negated,
        'The question is negated: models mix up what yes and no mean then.',
        'Ask for what is to be seen, such as "Is the counter empty?" for "Is nobody at the counter?".',
      ),
    );
  }
  const forced = leavesUnknown({ ...question, prompt: raw, system: plain(question.system) });
  if (forced !== null) {
    findings.push(
      finding(
        'PROMPT_NO_UNKNOWN',
        forced,
        'There is no way to say that it cannot be told, so the model has to guess.',
        'Allow the answer unknown, in the words and in the schema.',
      ),
    );
  }
  for (const zone of zones === null ? [] : namedZones(raw)) {
    if (zones?.some((drawn) => sameName(drawn, zone))) continue;
    findings.push(
      finding(
        'PROMPT_UNKNOWN_ZONE',
        zone,
        `The zone "${zone}" is named, but no zone of this name is drawn.`,
        'Draw it in frame-select, or say in words where in the picture it is.',
      ),
    );
  }
  return findings;
}

function finding(code: PromptLintCode, words: string, message: string, advice: string): PromptFinding {
  const found = words.length <= MAX_FOUND_CHARS ? words : `${words.slice(0, MAX_FOUND_CHARS - 1)}…`;
  return { code, message, advice, found };
}

/** One kind of apostrophe and quotation mark; what a template fills in is a word like any other. */
function plain(text: string): string {
  return text
    .slice(0, MAX_CHARS)
    .replace(/\{\{\{?[^{}]{0,200}\}?\}\}/g, 'value')
    .replace(/[‘’]/g, "'")
    .replace(/[“”„«»]/g, '"');
}

/** What is quoted is a name or a text in the picture: its words ask nothing. */
function withoutQuotes(text: string): string {
  return text
    .replace(/"[^"\n]*"/g, 'quoted')
    .replace(/(^|[\s(])'[^'\n]{1,80}'(?=[\s).,;:?!]|$)/g, '$1quoted');
}

/** A line break ends a sentence only before a list's next point or an empty line. */
function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.?!])["')\]]*\s+|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)/)
    .map((sentence) => sentence.replace(/\s+/g, ' ').replace(/^\W+/, '').trim())
    .filter((sentence) => sentence !== '');
}

/** Fields besides verdict, confidence and one text: they are there to hold the answers to other questions. */
function asksMore({ schema, verdictField, confidenceField }: LintedQuestion): boolean {
  const properties = (parsed(schema)?.properties ?? {}) as Record<string, { type?: unknown; enum?: unknown }>;
  const others = Object.entries(properties).filter(
    ([name]) => name !== verdictField && name !== confidenceField,
  );
  return (
    others.length > 1 || others.some(([, { type, enum: words }]) => type !== 'string' || words !== undefined)
  );
}

function parsed(schema: string): { properties?: object } | null {
  try {
    return JSON.parse(schema) as { properties?: object } | null;
  } catch {
    // Empty, or not ready: somebody types.
    return null;
  }
}

/** Says the same again, gives an example, or names the answers: "Yes or no?". */
const NOT_ANOTHER =
  /^(?:yes|true|right|that is|i\.?e\.?|in other words|for example|for instance|e\.?g\.?|such as)\b/i;
/** Shorter ones belong to the question before: "Why?", "A vest?" */
const LEAST_WORDS = 3;
/** Who comes after "and is": else it is the same question going on. */
const SUBJECT =
  'there|it|he|she|they|any(?:one|body|thing)|some(?:one|body|thing)|every(?:one|body|thing)|no one|nobody';
const THING = 'the|a|an|any|some|this|these|those|all|every|each|his|her|their|its|at least';
const VERB = 'is|are|was|were|does|do|did|can|could|will';
const JOINED = [
  new RegExp(`\\band (?:also )?(?:${VERB}|has|have) (?:${SUBJECT})\\b.*`, 'i'),
  /\band,? if so\b.*/i,
  /\band (?:how many|how much|how long|what|why)\b.*/i,
  /\band (?:whether|if) (?:there|it|he|she|they|the|an?|any\w*|some\w*)\b.*/i,
];
/** May also go on from "who …". */
const JOINED_UNLESS_RELATIVE = new RegExp(`\\band (?:also )?(?:${VERB}) (?:${THING})\\b.*`, 'i');
const RELATIVE = /\b(?:who|whose|which|that|where)\b/i;

/** The second question, in its words; null where there is one or none. */
function secondQuestion(sentences: readonly string[]): string | null {
  const asked = sentences.filter(
    (sentence) =>
      sentence.endsWith('?') && sentence.split(' ').length >= LEAST_WORDS && !NOT_ANOTHER.test(sentence),
  );
  if (asked[1] !== undefined) return asked[1];
  for (const sentence of sentences.filter(asks)) {
    for (const pattern of JOINED) {
      const words = pattern.exec(sentence)?.[0];
      if (words !== undefined) return words;
    }
    const found = JOINED_UNLESS_RELATIVE.exec(sentence);
    if (found && !RELATIVE.test(sentence.slice(0, found.index))) return found[0];
  }
  return null;
}

/** Asks, or tells to find out; "Answer yes if …" only defines. */
function asks(sentence: string): boolean {
  if (sentence.endsWith('?')) return true;
  return /^(?:is|are|was|were|does|did|has|can|(?:please )?(?:check|tell|say|determine|decide|find out|report|count))\b/i.test(
    sentence,
  );
}

/** Things that begin with "no": a sign, a zone. */
const NO_THING = 'entry|parking|smoking|stopping|waiting|standing|access|exit|trespassing|go|fly|swimming';
const NO = `(?:not|none|nobody|no one|noone|neither|no(?! (?:${NO_THING})\\b)(?!-))`;
const LEAD = '^(?:[^,:?]{0,60}[,:] )?';
const NEGATED = [
  new RegExp(`${LEAD}(?:isn't|aren't|wasn't|weren't|doesn't|don't|didn't|hasn't|haven't|can't|won't) `, 'i'),
  new RegExp(`${LEAD}(?:is|are|was|were) there ${NO}\\b`, 'i'),
  new RegExp(`${LEAD}(?:is|are|was|were|does|do|did|has|have) ${NO}\\b`, 'i'),
  new RegExp(`\\b(?:if|whether) (?:there (?:is|are) ${NO}|nobody|no one)\\b`, 'i'),
];
/** About somebody in particular: "Is anyone not wearing …?" is clear enough. */
const NOT_ABOUT_ONE = new RegExp(
  `${LEAD}(?:is|are|was|were|does|do|did|has|have) (?:(?:the|this|that|these|those|all|every|each|his|her|their)\\b|(?:he|she|it|they|everyone|everybody)\\b)([^,;:]*?)\\b(?:not|never)\\b(?! only)`,
  'i',
);

function isNegated(sentence: string): boolean {
  if (!asks(sentence)) return false;
  const words = sentence.replace(/\bor not\b/gi, '').replace(/\b(?:and|but) not\b/gi, 'and');
  if (NEGATED.some((pattern) => pattern.test(words))) return true;
  const between = NOT_ABOUT_ONE.exec(words)?.[1];
  return between !== undefined && !RELATIVE.test(between);
}

function sameName(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}
