/** `yesno`: yes or no · `count`: how many · `choice`: one of the options · `text`: what is written or seen, in words. */
export type AnswerType = 'yesno' | 'count' | 'choice' | 'text';

/** One of the questions that are asked about a picture. All of them allow "cannot tell". */
export interface Question {
  /** Goes on its answer as `vision.rule`. One line, at most 64 characters, no two the same. */
  name: string;
  /** A Mustache template, as the prompt. */
  text: string;
  type: AnswerType;
  /** Of a choice: two to twenty words, without "unknown", which is always allowed. Else []. */
  options: string[];
  /** Of a choice: the options that make the verdict `yes`; one at least. Else []. */
  yes: string[];
  /** Of a count: from this number on the verdict is `yes`. 1 or more. */
  atLeast: number;
}

/** What of a node's settings says what is asked. */
export interface AskSettings {
  /** `one`: rule and prompt · `list`: questions. */
  asks: 'one' | 'list';
  rule: string;
  prompt: string;
  /** A list, or one as JSON text; '' is an empty one. */
  questions: unknown;
}

export const ANSWER_TYPES: readonly AnswerType[] = ['yesno', 'count', 'choice', 'text'];
/** What every choice and text may say. */
export const CANNOT_TELL = 'unknown';

/** More are better asked in two calls: the answers of models get worse with each. */
export const MAX_QUESTIONS = 20;
const MAX_NAME_CHARS = 64;
const MAX_TEXT_CHARS = 4_000;
const MAX_OPTIONS = 20;
const MAX_COUNT = 1_000_000;

/**
 * The questions of a vision-llm node, in their order; the only one where it asks one.
 *
 * @param problem hears what is wrong, as the end of "The settings cannot be used: "
 */
export function questionsOf(settings: AskSettings, problem: (text: string) => void = () => {}): Question[] {
  const { asks, rule, prompt } = settings;
  if (asks === 'one') return [{ name: rule, text: prompt, type: 'yesno', options: [], yes: [], atLeast: 1 }];
  const list = listIn(settings.questions);
  if (!list) {
    problem('questions is not a list in JSON');
    return [];
  }
  if (list.length === 0) problem('the list of questions is empty');
  if (list.length > MAX_QUESTIONS) problem(`the list has more than ${MAX_QUESTIONS} questions`);
  const questions = list.slice(0, MAX_QUESTIONS).map((raw, index) => questionIn(raw, index + 1, problem));
  for (const name of new Set(questions.map((question) => question.name))) {
    const same = questions.filter((question) => question.name === name);
    if (name !== '' && same.length > 1) problem(`two questions are called "${name}"`);
  }
  return questions;
}

function listIn(raw: unknown): unknown[] | null {
  if (typeof raw !== 'string') return Array.isArray(raw) ? raw : null;
  if (raw.trim() === '') return [];
  try {
    const value: unknown = JSON.parse(raw);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function questionIn(raw: unknown, number: number, problem: (text: string) => void): Question {
  const given = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  const name = wordIn(given.name);
  const text = wordIn(given.text);
  const called = name === '' ? `question ${number}` : `the question "${name.slice(0, MAX_NAME_CHARS)}"`;
  const wrong = (what: string) => problem(`${called} ${what}`);

  if (name === '') wrong('has no name');
  if (name.length > MAX_NAME_CHARS || hasControl(name))
    wrong(`has a name that is not one line of at most ${MAX_NAME_CHARS} characters`);
  if (text === '') wrong('has no text');
  if (text.length > MAX_TEXT_CHARS) wrong(`has a text of more than ${MAX_TEXT_CHARS} characters`);
  const type = ANSWER_TYPES.find((one) => one === (given.type ?? 'yesno'));
  if (!type) wrong(`has a type that is none of ${ANSWER_TYPES.join(', ')}`);
  const question: Question = { name, text, type: type ?? 'yesno', options: [], yes: [], atLeast: 1 };
  if (type === 'choice') return { ...question, ...choiceIn(given, wrong) };
  if (type === 'count') return { ...question, atLeast: atLeastIn(given.atLeast, wrong) };
  return question;
}

function choiceIn(given: Record<string, unknown>, wrong: (what: string) => void) {
  const all = wordsIn(given.options);
  const options = all.filter((option) => option.toLowerCase() !== CANNOT_TELL);
  if (options.length < 2) wrong('is a choice with less than two options');
  if (options.length > MAX_OPTIONS) wrong(`has more than ${MAX_OPTIONS} options`);
  if (new Set(options).size < options.length) wrong('has an option twice');
  if (options.some((option) => option.length > MAX_NAME_CHARS || hasControl(option)))
    wrong(`has an option that is not one line of at most ${MAX_NAME_CHARS} characters`);
  const yes = wordsIn(given.yes);
  const strange = yes.find((option) => !options.includes(option));
  if (strange !== undefined)
    wrong(`has "${strange.slice(0, MAX_NAME_CHARS)}" for yes, which is not one of its options`);
  return { options, yes: yes.length > 0 ? yes : options.slice(0, 1) };
}

function atLeastIn(raw: unknown, wrong: (what: string) => void): number {
  if (raw === undefined || raw === null || raw === '') return 1;
  const value = Number(raw);
  if (Number.isInteger(value) && value >= 1 && value <= MAX_COUNT) return value;
  wrong(`is yes from a number on that is not a whole one from 1 to ${MAX_COUNT}`);
  return 1;
}

function wordsIn(raw: unknown): string[] {
  return Array.isArray(raw) ? raw.map(wordIn).filter((word) => word !== '') : [];
}

function wordIn(raw: unknown): string {
  return typeof raw === 'string' || typeof raw === 'number' ? String(raw).trim() : '';
}

function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
