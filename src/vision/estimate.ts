import type { Usage } from '../shared/messages';
import type { VisionRequest } from './client';
import type { Prices } from './cost';
import { costOf } from './cost';
import { type Arrangement, boundedRatio, planPictures, UNKNOWN_PICTURE_TOKENS } from './picture-plan';
import { schemaText } from './schema-text';

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
/** What the messages themselves take, and the words around a picture. */
const FRAME_TOKENS = 20;
/** What is learnt apart: some models bill a picture at any size, so a sheet is another thing than several. */
export interface Billed {
  model: string;
  arrangement?: Arrangement;
}

function billedAs({ model, arrangement = 'one' }: Billed): string {
  return `${arrangement} ${model}`;
}

/** What of a job is to be arranged. */
interface Pictured {
  request: VisionRequest;
  /** Of one picture, as somebody else has estimated it; 0 where nobody has. */
  pictureTokens: number;
}

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
  /** By model and how pictures go to it: billed over estimated, the highest of late. */
  readonly #ratios = new Map<string, number>();

  /**
   * Decides how a job's pictures go to its model, and what they are billed as: the same that is then reserved.
   *
   * @param takesOne whether the model has refused more than one picture
   */
  arranged<J extends Pictured>(job: J, takesOne: boolean): J {
    const { request, pictureTokens } = job;
    const { model, detail, picture, series, arrange = 'auto' } = request;
    const { arrangement, tokens } = planPictures({
      sizes: series ? series.map(({ size }) => size) : [picture.size ?? null],
      estimates: series ? series.map((one) => one.tokens) : [pictureTokens],
      ...{ model, detail, arrange, takesOne },
      ratioOf: (kind) => this.#ratios.get(billedAs({ model, arrangement: kind })) ?? 1,
    });
    return { ...job, request: { ...request, arrangement }, pictureTokens: tokens };
  }

  of(request: VisionRequest, pictureTokens: number, prices: Prices | null): Estimate {
    const chars = request.prompt.length + request.system.length + schemaText(request.schema).length;
    const picture = pictureTokens > 0 ? pictureTokens : UNKNOWN_PICTURE_TOKENS;
    const frames = FRAME_TOKENS * (1 + (request.series?.length ?? 0));
    const input = Math.ceil(chars / CHARS_PER_TOKEN) + picture + frames;
    const likely = Math.ceil(input * (this.#ratios.get(billedAs(request)) ?? FIRST_RATIO) * MARGIN);
    const output = request.maxTokens;
    return {
      input,
      tokens: likely + output,
      cost: (prices && costOf({ input: likely, output }, prices)) ?? 0,
    };
  }

  /** A model has billed a request for which so much had been estimated. */
  learn(request: Billed, estimatedInput: number, usage: Usage | null): void {
    if (!usage || usage.input <= 0 || estimatedInput <= 0) return;
    const ratio = boundedRatio(usage.input / estimatedInput);
    const key = billedAs(request);
    const before = this.#ratios.get(key);
    if (before === undefined && this.#ratios.size >= MAX_MODELS) this.#ratios.clear();
    const forgotten = before === undefined ? ratio : before + (ratio - before) * FORGET;
    this.#ratios.set(key, Math.max(ratio, forgotten));
  }
}
