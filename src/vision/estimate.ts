import type { Usage } from '../shared/messages';
import type { VisionRequest } from './client';
import type { Prices } from './cost';
import { costOf } from './cost';

/** What a call may take. */
export interface Estimate {
  /** Tokens of the prompt and the picture, as this request is. */
  input: number;
  /** The same, and the longest answer: what a provider counts against its limit when the call arrives. */
  tokens: number;
  /** What the call may cost at the most; 0 where there are no prices. */
  cost: number;
}

/** English text, by OpenAI's rule of thumb. */
const CHARS_PER_TOKEN = 4;
/** A picture of 1280x720 where nothing is known of it (reference §1.2): most models bill less. */
const UNKNOWN_PICTURE_TOKENS = 1_600;
/** What the messages themselves take. */
const FRAME_TOKENS = 20;
/** Models of one server whose bills are remembered. */
const MAX_MODELS = 100;
/** Before the first bill of a model is there. */
const FIRST_RATIO = 1.5;
/** How fast a dear bill is forgotten: after 50 calls about a third of what it was above the others. */
const FORGET = 0.02;
const MARGIN = 1.05;

/**
 * Estimates what calls take, before they are made: from what is sent, corrected by what the model has billed for
 * such requests so far. It rather errs on the dear side, because what is reserved must cover what is billed.
 */
export class Estimates {
  /** By model: billed over estimated, the highest of late. */
  readonly #ratios = new Map<string, number>();

  of(request: VisionRequest, pictureTokens: number, prices: Prices | null): Estimate {
    const chars = request.prompt.length + request.system.length + JSON.stringify(request.schema).length;
    const picture = pictureTokens > 0 ? pictureTokens : UNKNOWN_PICTURE_TOKENS;
    const input = Math.ceil(chars / CHARS_PER_TOKEN) + picture + FRAME_TOKENS;
    const likely = Math.ceil(input * (this.#ratios.get(request.model) ?? FIRST_RATIO) * MARGIN);
    const output = request.maxTokens;
    return {
      input,
      tokens: likely + output,
      cost: (prices && costOf({ input: likely, output }, prices)) ?? 0,
    };
  }

  /** A model has billed a request for which so much had been estimated. */
  learn(model: string, estimatedInput: number, usage: Usage | null): void {
    if (!usage || usage.input <= 0 || estimatedInput <= 0) return;
    const ratio = usage.input / estimatedInput;
    const before = this.#ratios.get(model);
    if (before === undefined && this.#ratios.size >= MAX_MODELS) this.#ratios.clear();
    const forgotten = before === undefined ? ratio : before + (ratio - before) * FORGET;
    this.#ratios.set(model, Math.max(ratio, forgotten));
  }
}
