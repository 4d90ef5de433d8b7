import OpenAI, { APIError } from 'openai';
import type { Clock } from '../shared/clock';
import { asError } from '../shared/errors';
import type { Usage } from '../shared/messages';
import { redact } from '../shared/redact';
import { bodyBytes } from './body-bytes';
import type { VisionClient, VisionReply, VisionRequest } from './client';
import { type Dialect, downgrade, firstDialect } from './dialect';
import { CallFailure, type ErrorAnswer, failureOf, isFiltered, networkFailure, oddAnswer } from './failure';
import type { Preset } from './presets';
import { rateHeaders } from './rate-headers';
import { redactKeys } from './redact-keys';
import { replyText } from './reply-text';
import { strictFetch } from './strict-fetch';

export interface OpenAiClientOptions {
  baseUrl: string;
  /** '' where the server needs none: then no authorization is sent. */
  apiKey: string;
  preset: Preset;
  clock: Clock;
  /** For tests; the machine's own otherwise. */
  fetch?: typeof globalThis.fetch;
}

/** Deadlines are ours and cover the body; the package's own timer must never be the first. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
/** Models of one server whose dialect is remembered: a flow that makes up names must not fill memory. */
const MAX_MODELS = 100;
/** A server that has no list of models may say so with a fault's number. */
const NOT_IMPLEMENTED = 501;
/** Of what a server says, so much is looked through. */
const MAX_SAID_CHARS = 1_200;
/** Local servers are given words such as `ollama` or `not-needed` for a key: those may be in any answer. */
const MIN_SECRET_CHARS = 16;

/** Asks any OpenAI-compatible server through the openai package, one call at a time, without retries. */
export class OpenAiClient implements VisionClient {
  readonly #client: OpenAI;
  readonly #options: OpenAiClientOptions;
  /** What each model needed, so that a refused request is not sent again and again. */
  readonly #dialects = new Map<string, Dialect>();

  constructor(options: OpenAiClientOptions) {
    this.#options = options;
    this.#client = new OpenAI({
      baseURL: options.baseUrl,
      // The package insists on one; strictFetch does not send it.
      apiKey: options.apiKey || 'none',
      // null: not from the environment, which may hold those of another provider.
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: 0,
      timeout: NO_TIMEOUT_MS,
      // Its debug log holds headers and whole pictures, and OPENAI_LOG would switch it on.
      logLevel: 'off',
      fetch: strictFetch(options.fetch ?? globalThis.fetch, options.apiKey !== ''),
    });
  }

  async ask(request: VisionRequest, signal: AbortSignal): Promise<VisionReply> {
    let dialect = this.#dialects.get(request.model) ?? firstDialect(this.#options.preset);
    for (;;) {
      try {
        const reply = await this.#call(request, dialect, signal);
        this.#remember(request.model, dialect);
        return reply;
      } catch (thrown) {
        if (!(thrown instanceof CallFailure) || thrown.kind !== 'downgrade') throw thrown;
        const plainer = downgrade(dialect, request, thrown.said);
        if (!plainer) throw new CallFailure('once', thrown.error);
        dialect = plainer;
      }
    }
  }

  /**
   * Asks for the list of models, which costs nothing. The status alone counts: the list of a large provider is longer
   * than any answer may be, and many a server has none. A redirect is an answer, and is not followed.
   */
  async isThere(signal: AbortSignal): Promise<boolean> {
    const { baseUrl, apiKey, fetch = globalThis.fetch } = this.#options;
    const headers: Record<string, string> = apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` };
    const url = `${baseUrl.replace(/\/+$/, '')}/models`;
    const answer = await fetch(url, { signal, redirect: 'manual', headers });
    // Nobody waits for the rest of it, and it is no matter how that ends.
    answer.body?.cancel().catch(() => {});
    return answer.status < 500 || answer.status === NOT_IMPLEMENTED;
  }

  #remember(model: string, dialect: Dialect): void {
    if (this.#dialects.size >= MAX_MODELS && !this.#dialects.has(model)) this.#dialects.clear();
    this.#dialects.set(model, dialect);
  }

  async #call(request: VisionRequest, dialect: Dialect, signal: AbortSignal): Promise<VisionReply> {
    try {
      const { data, response } = await this.#client
        .post<OpenAI.ChatCompletion>('/chat/completions', {
          ...{ body: bodyBytes(request, dialect), headers: { 'content-type': 'application/json' }, signal },
        })
        .withResponse();
      const limits = rateHeaders(response.headers, this.#options.clock.now());
      return { ...this.#reply(data, request), limits, rung: dialect.rung };
    } catch (thrown) {
      if (thrown instanceof CallFailure) throw thrown;
      if (signal.aborted) throw signal.reason;
      return this.#failed(asError(thrown), request);
    }
  }

  /** `completion` is what the server sent, whatever the types say: OpenRouter sends errors with status 200. */
  #reply(completion: Completion, request: VisionRequest): VisionReply {
    const choice = completion.choices?.[0];
    const fault = faultIn(completion);
    if (fault) return this.#erred(this.#errorIn(fault, request));
    if (!choice?.message) {
      throw oddAnswer(this.#clean(JSON.stringify(completion)).slice(0, 100));
    }
    const { refusal } = choice.message;
    const { usage } = completion;
    return {
      text: this.#withoutKey(replyText(choice.message)),
      finish: finishOf(choice.finish_reason),
      refusal: typeof refusal === 'string' && refusal !== '' ? this.#withoutKey(refusal) : null,
      model: typeof completion.model === 'string' ? this.#withoutKey(completion.model) : request.model,
      usage: usage ? usageOf(usage) : null,
    };
  }

  /** @returns only where the error is an answer after all, that of a content filter */
  #erred(answer: ErrorAnswer): VisionReply {
    if (!isFiltered(answer)) throw failureOf(answer);
    return { text: '', finish: 'filtered', refusal: null, model: answer.model, usage: null };
  }

  #errorIn(body: unknown, request: VisionRequest): ErrorAnswer {
    const { code } = body as { code?: unknown };
    const status = Number(code);
    return {
      status: status >= 400 && status < 600 ? status : 500,
      code: typeof code === 'string' ? code : '',
      said: this.#clean(JSON.stringify(body)),
      headers: null,
      now: this.#options.clock.now(),
      model: request.model,
    };
  }

  /** @returns as {@link #erred} */
  #failed(error: Error, request: VisionRequest): VisionReply {
    const inside = causeOf(error);
    if (inside) throw inside;
    if (!(error instanceof APIError) || error.status === undefined) {
      throw networkFailure(this.#clean(`${error.message} ${causes(error)}`));
    }
    return this.#erred({
      status: error.status,
      code: typeof error.code === 'string' ? error.code : '',
      said: this.#clean(error.error ? JSON.stringify(error.error) : error.message),
      headers: error.headers ?? null,
      now: this.#options.clock.now(),
      model: request.model,
    });
  }

  /** An answer is left as it is but for the key itself, which a gateway may repeat in it. */
  #withoutKey(text: string): string {
    const { apiKey } = this.#options;
    return apiKey.length < MIN_SECRET_CHARS ? text : redact(text, [apiKey]);
  }

  #clean(text: string): string {
    // First a rough cut, because a hostile server may send much and the search for keys takes its time (4000 letters
    // in a row took 32 ms), then the one that no half of a key survives.
    return redactKeys(text.slice(0, MAX_SAID_CHARS), this.#options.apiKey).slice(0, 400);
  }
}

/** What a server may send with status 200. */
type Completion = Partial<OpenAI.ChatCompletion> & { error?: unknown };

/** OpenRouter tells a fault of its upstream in place of the choices, or within one: then the text is not to be read. */
function faultIn({ choices, error }: Completion): unknown {
  const choice = choices?.[0] as { message?: unknown; error?: unknown; finish_reason?: string } | undefined;
  if (choice?.error) return choice.error;
  if (choice?.finish_reason === 'error') return error ?? { message: 'finish_reason error' };
  return choice?.message ? null : error;
}

function finishOf(reason: string | null | undefined): VisionReply['finish'] {
  if (reason === 'length') return 'length';
  return reason === 'content_filter' ? 'filtered' : 'stop';
}

/** Gemini's compatible API bills thoughts as output, and tells them in the total only. */
function usageOf({ prompt_tokens, completion_tokens, total_tokens }: Partial<OpenAI.CompletionUsage>): Usage {
  const input = prompt_tokens ?? 0;
  return { input, output: Math.max(completion_tokens ?? 0, (total_tokens ?? 0) - input) };
}

/** What strictFetch threw comes out of the package as the cause of a connection error. */
function causeOf(error: Error): CallFailure | null {
  return error.cause instanceof CallFailure ? error.cause : null;
}

/** The codes below a "fetch failed": ECONNREFUSED, ENOTFOUND, DEPTH_ZERO_SELF_SIGNED_CERT. */
function causes(error: Error): string {
  const codes: string[] = [];
  for (let at: unknown = error.cause, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    codes.push(`${(at as { code?: unknown }).code ?? ''} ${at.message}`.trim());
  }
  return codes.join('; ');
}
