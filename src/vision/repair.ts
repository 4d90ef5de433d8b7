import type { Usage } from '../shared/messages';
import type { CallResult } from './call';
import type { VisionReply, VisionRequest } from './client';

/** A call that brought an answer. */
export type Answered = Extract<CallResult, { kind: 'answered' }>;

/** What is wrong with a reply. */
export interface Flaws {
  /** How many of its answers cannot be used. */
  count: number;
  /** Whether asking once more may help. */
  mayHelp: boolean;
}

export interface RepairParts {
  flaws(reply: VisionReply): Flaws;
  /** One call more, without attempts of its own, within the time that is left. Never rejects. */
  askAgain(leftMs: number): Promise<CallResult>;
}

/** Less than this is not enough for an answer. */
const MIN_LEFT_MS = 1_000;
/** After so many repairs in a row that were no use, the model is taken as it is. */
const MAX_IN_VAIN = 3;
/** Models of one server that are counted. */
const MAX_MODELS = 100;
/**
 * Says nothing of what the model answered: text that was read from a picture must not come into a prompt.
 */
const ONCE_MORE =
  'An answer to this could not be used, because it was not one JSON object that matches the schema. ' +
  'Answer once more with exactly that object: each field, no other field, no text around it.';

/** The same question, with what was wrong. */
export function onceMore(request: VisionRequest): VisionRequest {
  return { ...request, prompt: `${request.prompt}\n\n${ONCE_MORE}` };
}

/** Asks once more where an answer is not in the agreed form, and takes the better of the two. */
export class Repairs {
  /** By model: repairs in a row that were no use. */
  readonly #inVain = new Map<string, number>();

  /** @returns the answer to use, with the time, attempts and usage of both */
  async of(
    first: Answered,
    model: string,
    timeoutMs: number,
    { flaws, askAgain }: RepairParts,
  ): Promise<Answered> {
    const before = flaws(first.reply);
    const inVain = this.#inVain.get(model) ?? 0;
    if (before.count === 0) this.#inVain.delete(model);
    const leftMs = timeoutMs - first.latencyMs;
    if (!before.mayHelp || inVain >= MAX_IN_VAIN || leftMs < MIN_LEFT_MS) return first;
    const second = await askAgain(leftMs);
    const attempts = first.attempts + second.attempts;
    const latencyMs = first.latencyMs + second.latencyMs;
    if (second.kind === 'failed') return { ...first, attempts, latencyMs };
    const isBetter = flaws(second.reply).count < before.count;
    if (this.#inVain.size >= MAX_MODELS && !this.#inVain.has(model)) this.#inVain.clear();
    this.#inVain.set(model, isBetter ? 0 : inVain + 1);
    const { reply } = isBetter ? second : first;
    const usage = sumOf(first.reply.usage, second.reply.usage);
    return { ...first, reply: { ...reply, usage }, attempts, latencyMs };
  }
}

function sumOf(one: Usage | null, other: Usage | null): Usage | null {
  if (!one || !other) return one ?? other;
  return { input: one.input + other.input, output: one.output + other.output };
}
