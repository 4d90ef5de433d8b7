import { createHash } from 'node:crypto';
import type { VisionReply, VisionRequest } from '../vision/client';
import { ReplayError } from './replay-error';

/** An answer as it was given once. */
export interface RecordedAnswer {
  /** From asking to the answer, in milliseconds. */
  latencyMs: number;
  reply: Pick<VisionReply, 'text' | 'finish' | 'refusal' | 'model' | 'usage'>;
}

/** SHA-256 of the picture, and of all else that the answer hangs on. */
export interface AnswerKey {
  picture: string;
  prompt: string;
  model: string;
}

const HEAD = { cassette: 1 };
const HEAD_LINE = JSON.stringify(HEAD);
const MAX_CHARS = 256_000_000;

/** Answers of a model, kept to be played back: the same picture, prompt and model give the same answer, for nothing. */
export class Cassette {
  readonly #answers = new Map<string, RecordedAnswer>();
  readonly #append: (line: string) => void;
  #hasHead = false;

  /** @param append takes each line that is to be kept: a head first, then an answer each */
  constructor(append: (line: string) => void = () => {}) {
    this.#append = append;
  }

  /**
   * Puts in what was kept. A last line that was cut off, as a killed process or a full disk leaves it, is passed over.
   *
   * @returns what of the text more lines can be appended to
   * @throws ReplayError where it is no file of answers
   */
  load(text: string): string {
    if (text.length > MAX_CHARS) throw new ReplayError('The file of answers is larger than 256 MB.');
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const last = lines.at(-1);
    if (last === undefined || isCutHead(lines)) return '';
    let isWhole = true;
    for (const [index, line] of lines.entries()) {
      const entry = parsed(line);
      if (index === 0 && entry?.cassette !== HEAD.cassette)
        throw notAnswers('it does not begin with {"cassette":1}');
      if (index === 0) continue;
      if (isEntry(entry))
        this.#answers.set(nameOf(entry.key), { latencyMs: entry.latencyMs, reply: entry.reply });
      else if (index < lines.length - 1) throw notAnswers(`line ${index + 1} is no answer`);
      else isWhole = false;
    }
    this.#hasHead = true;
    if (!isWhole) return text.slice(0, text.lastIndexOf(last));
    return text.endsWith('\n') ? text : `${text}\n`;
  }

  get size(): number {
    return this.#answers.size;
  }

  get(key: AnswerKey): RecordedAnswer | undefined {
    return this.#answers.get(nameOf(key));
  }

  add(key: AnswerKey, { latencyMs, reply }: RecordedAnswer): void {
    if (!this.#hasHead) this.#append(HEAD_LINE);
    this.#hasHead = true;
    const { text, finish, refusal, model, usage } = reply;
    const kept = { latencyMs: Math.round(latencyMs), reply: { text, finish, refusal, model, usage } };
    this.#answers.set(nameOf(key), kept);
    this.#append(JSON.stringify({ key, ...kept }));
  }
}

/** What an answer is kept under. The time and the asking node are not part of it. */
export function answerKey(request: VisionRequest): AnswerKey {
  const { picture, series, arrangement, model, system, prompt, schema, detail } = request;
  const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');
  return {
    // A sheet is not made yet: what it is made of tells as much.
    picture: series
      ? sha256(series.map(({ data }) => sha256(data)).join(`${arrangement} `))
      : sha256(picture.data),
    prompt: sha256(JSON.stringify([system, prompt, schema, detail])),
    model,
  };
}

/** Of a file that nothing else was written to: it is as good as empty. */
function isCutHead([first = '', ...others]: string[]): boolean {
  return others.length === 0 && first.length < HEAD_LINE.length && HEAD_LINE.startsWith(first);
}

function nameOf({ picture, prompt, model }: AnswerKey): string {
  return `${picture} ${prompt} ${model}`;
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function isEntry(entry: unknown): entry is { key: AnswerKey } & RecordedAnswer {
  const { key, latencyMs, reply } = (entry ?? {}) as Partial<{ key: AnswerKey } & RecordedAnswer>;
  return typeof key?.picture === 'string' && Number(latencyMs) >= 0 && typeof reply?.text === 'string';
}

function notAnswers(why: string): ReplayError {
  return new ReplayError(`The file of answers cannot be used: ${why}. Make a new one with --record.`);
}
