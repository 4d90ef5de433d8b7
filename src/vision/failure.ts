import { VisionError } from '../shared/errors';
import { parseHttpDate } from '../shared/time';
import type { ToldLimits } from './rate';
import { rateHeaders } from './rate-headers';

/**
 * What a failed call means for the next one (LiteLLM's and Portkey's classes, reference §3).
 * retry: the same call may work in a moment. downgrade: it may work with a plainer request. once: this picture
 * or prompt is the matter. standing: nothing will work until the user, or the provider's clock, changes it.
 */
export type FailureKind = 'retry' | 'downgrade' | 'once' | 'standing';

/** A call that brought no answer. `error` is what the user hears. */
export class CallFailure extends Error {
  readonly kind: FailureKind;
  readonly error: VisionError;
  /** How long the server asks to be left alone; null where it does not say. */
  readonly retryAfterMs: number | null;
  /** What the server said, without secrets: a downgrade reads the name of the unwanted parameter from it. */
  readonly said: string;
  /** Rate limits that the answer's headers told; null where there was no answer. */
  limits: ToldLimits | null = null;

  constructor(
    kind: FailureKind,
    error: VisionError,
    options: { retryAfterMs?: number | null; said?: string } = {},
  ) {
    super(error.message);
    this.kind = kind;
    this.error = error;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.said = options.said ?? '';
  }
}

/** What is known of an answer that is an error. */
export interface ErrorAnswer {
  status: number;
  /** The provider's own code: `insufficient_quota`, `model_not_found`, … */
  code: string;
  /** What the server said, without secrets. */
  said: string;
  headers: { get(name: string): string | null } | null;
  /** Wall clock, for dates in headers. */
  now: number;
  model: string;
}

/** Classifies an error answer by status, the provider's code, and as a last resort its words. */
export function failureOf(answer: ErrorAnswer): CallFailure {
  const failure = classified(answer);
  if (answer.headers) failure.limits = rateHeaders(answer.headers, answer.now);
  return failure;
}

/**
 * Whether an error is no error but the content filter's answer to this picture. Azure tells it with 400 and this code,
 * OpenRouter with 403 and the reasons of the moderation.
 */
export function isFiltered({ status, code, said }: Pick<ErrorAnswer, 'status' | 'code' | 'said'>): boolean {
  return code === 'content_filter' || (status === 403 && /input was flagged|requires moderation/i.test(said));
}

/**
 * How servers word it that a model reads no pictures: llama.cpp ("image input is not supported", "provide the mmproj"),
 * OpenRouter ("No endpoints found that support image input"), Ollama ("missing data required for image input"), vLLM
 * ("is not a multimodal model"), LM Studio ("does not support images"), OpenAI ("image_url is only supported by …").
 */
const BLIND =
  /image input is not supported|support image input|required for image input|\bmmproj\b|not a multimodal model|not support images?\b|image_url is only supported/i;

function classified(answer: ErrorAnswer): CallFailure {
  const { status, code, said, model } = answer;
  const detail = `HTTP ${status}${code ? ` ${code}` : ''}: ${said}`;
  const is = (pattern: RegExp) => pattern.test(code) || pattern.test(said);

  if (isOutOfCredit(answer)) return quota(detail);
  // Gemini tells a bad key with 400.
  if (
    status === 401 ||
    (status === 400 && is(/api[ _]key (is )?(not valid|invalid|not found|expired)|invalid api[ _]key/i))
  ) {
    return auth(detail);
  }
  if (status !== 413 && status !== 429 && is(BLIND)) return blind(model, detail);
  // OpenRouter: the model is there, but nobody offers it with all that was asked for.
  if (status === 404 && is(/requested parameters/i)) return refused(detail, said);
  if (status === 404 || is(/model_not_found|not a valid model|model.{0,80}(does not exist|not found)/i)) {
    return noModel(model, detail);
  }
  if (status === 403) return auth(detail);
  if (status === 413) return tooLarge(detail);
  if (status === 429) return rateLimited(detail, retryAfter(answer));
  if (status === 408 || status === 409 || status === 425 || status >= 500) {
    return serverFailed(status, detail, retryAfter(answer));
  }
  return refused(detail, said);
}

/**
 * OpenAI tells an empty account with the status of a rate limit, where waiting would not help. Gemini uses the
 * same words for a rate limit, and then says when to come back. Anthropic tells it as a bad request.
 */
function isOutOfCredit(answer: ErrorAnswer): boolean {
  const { status, code, said } = answer;
  if (status === 402 || code === 'insufficient_quota') return true;
  if (status === 400) return /credit balance is too low/i.test(said);
  if (status !== 403 && status !== 429) return false;
  const saysSo = /billing|insufficient credits|exceeded your current quota/i.test(said);
  return saysSo && retryAfter(answer) === null;
}

/** No answer at all: refused, cut, unknown host, bad certificate. `said`: the library's words, without secrets. */
export function networkFailure(said: string): CallFailure {
  const error = new VisionError(
    'VISION_NETWORK',
    'The vision server cannot be reached, or it cut the connection.',
    {
      advice: 'Check the base URL, and that the server runs and can be reached from this machine.',
      retryable: true,
      detail: said,
    },
  );
  return new CallFailure('retry', error, { said });
}

/** The server answered, but not as a chat completions server does. */
export function oddAnswer(detail: string): CallFailure {
  return new CallFailure(
    'retry',
    new VisionError('VISION_SERVER', 'The answer is not that of an OpenAI-compatible server.', {
      advice: 'Check the base URL: most end in /v1.',
      retryable: true,
      detail,
    }),
  );
}

/** A redirect is never followed: the key would travel to another host. */
export function redirected(): CallFailure {
  return new CallFailure(
    'standing',
    new VisionError(
      'VISION_REQUEST',
      'The vision server redirects to another address, which is not followed.',
      {
        advice: 'Set the base URL to the final address. Often it is https instead of http.',
      },
    ),
  );
}

/** The deadline of a call has passed. */
export function timedOut(timeoutMs: number): VisionError {
  return new VisionError('VISION_TIMEOUT', `No answer came within ${timeoutMs / 1000} s.`, {
    advice: 'Give it more time in the endpoint, send smaller pictures, or use a faster model.',
    retryable: true,
  });
}

function auth(detail: string): CallFailure {
  return new CallFailure(
    'standing',
    new VisionError('VISION_AUTH', 'The vision server does not accept the API key.', {
      advice: 'Enter a valid API key in the endpoint, and check that it may use this model.',
      detail,
    }),
  );
}

function quota(detail: string): CallFailure {
  return new CallFailure(
    'standing',
    new VisionError('VISION_QUOTA', "The provider's credit or quota is used up.", {
      advice: 'Add credit, raise the limit at the provider, or use another endpoint.',
      detail,
    }),
  );
}

function noModel(model: string, detail: string): CallFailure {
  return new CallFailure(
    'standing',
    new VisionError('VISION_MODEL', `The vision server does not have the model "${model.slice(0, 80)}".`, {
      advice: 'Check the name of the model and the base URL; a local server must have it downloaded.',
      detail,
    }),
  );
}

function blind(model: string, detail: string): CallFailure {
  return new CallFailure(
    'standing',
    new VisionError('VISION_MODEL', `The model "${model.slice(0, 80)}" cannot read pictures.`, {
      advice: 'Name a model that reads pictures. With llama.cpp start the server with its mmproj file.',
      detail,
    }),
  );
}

function tooLarge(detail: string): CallFailure {
  return new CallFailure(
    'once',
    new VisionError('VISION_TOO_LARGE', 'The picture is too large for the vision server.', {
      advice: 'Make it smaller with image-encode.',
      detail,
    }),
  );
}

function rateLimited(detail: string, retryAfterMs: number | null): CallFailure {
  return new CallFailure(
    'retry',
    new VisionError('VISION_RATE_LIMITED', "The provider's rate limit is reached.", {
      advice: 'Ask less often, or raise the time between calls in the endpoint.',
      retryable: true,
      detail,
    }),
    { retryAfterMs },
  );
}

function serverFailed(status: number, detail: string, retryAfterMs: number | null): CallFailure {
  return new CallFailure(
    'retry',
    new VisionError('VISION_SERVER', `The vision server has a fault (HTTP ${status}).`, {
      advice: "Look at the server's log or the provider's status page.",
      retryable: true,
      detail,
    }),
    { retryAfterMs },
  );
}

function refused(detail: string, said: string): CallFailure {
  return new CallFailure(
    'downgrade',
    new VisionError('VISION_REQUEST', 'The vision server does not accept the request.', {
      advice: 'See the detail: often the model cannot read pictures, or a setting is not allowed for it.',
      detail,
    }),
    { said },
  );
}

/** Retry-After in seconds or as a date, its variant in milliseconds, and Google's RetryInfo in the body. */
function retryAfter({ headers, said, now }: ErrorAnswer): number | null {
  const ms = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (ms >= 0) return ms;
  const header = headers?.get('retry-after') ?? '';
  if (/^\d+(\.\d+)?$/.test(header)) return Number(header) * 1000;
  const date = header === '' ? null : parseHttpDate(header);
  if (date !== null) return Math.max(0, date - now);
  const info = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(said);
  return info ? Number(info[1]) * 1000 : null;
}
