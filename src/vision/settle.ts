import type { VisionError } from '../shared/errors';
import type { VisionInfo } from '../shared/messages';
import { type Answer, rawText } from './answer';
import type { EndpointOptions, Job, Outcome } from './job';
import type { Inquiry } from './question';

/** What a message carries on. */
export interface Answered {
  payload: Record<string, unknown>;
  vision: VisionInfo;
  /** To each of several questions, in their order; missing where one was asked, and where no answer came. */
  answers?: Answer[];
}

/** What is to be done with a message whose outcome is known. All empty: a counted drop. */
export interface Settled {
  /** For the answers' output. */
  answer: Answered | null;
  /** For the error output, with the message. */
  error: VisionError | null;
  /** How the endpoint is: an error that concerns every picture, null where it answers; undefined: no news. */
  standing?: VisionError | null;
  /** A picture has become too old; to be told once, not for each. */
  overload: VisionError | null;
}

/**
 * Turns an outcome into what is sent and told (DESIGN: Outputs and errors).
 *
 * @param passUnknown where no answer came, pass the message on as `unknown` as well
 */
export function settle(
  outcome: Outcome,
  about: { inquiry: Inquiry; job: Job; passUnknown: boolean },
): Settled {
  const nothing: Settled = { answer: null, error: null, overload: null };
  if (outcome.kind === 'answered') {
    return { ...nothing, answer: answered(outcome, about), standing: outcome.instead ?? null };
  }

  const failed: Settled = { ...nothing, answer: unanswered(outcome, about) };
  if (outcome.kind === 'failed') {
    return concernsAll(outcome)
      ? { ...failed, standing: outcome.error }
      : { ...failed, error: outcome.error };
  }
  const { reason } = outcome;
  // The endpoint tells of its budget itself, when it changes.
  if (reason === 'budget') return failed;
  if (reason === 'blocked' || reason === 'held') {
    return outcome.error ? { ...failed, standing: outcome.error } : failed;
  }
  if (outcome.reason === 'stale') {
    return about.job.pinned ? { ...failed, error: outcome.error } : { ...failed, overload: outcome.error };
  }
  return nothing;
}

/** A server that cannot be reached is told once, and not for every picture that meets it. */
function concernsAll({ standing, error }: Extract<Outcome, { kind: 'failed' }>): boolean {
  return standing || error.code === 'VISION_NETWORK';
}

type About = Parameters<typeof settle>[1];

function answered(outcome: Extract<Outcome, { kind: 'answered' }>, { inquiry }: About): Answered {
  const { reply, latencyMs, attempts, endpoint, cost } = outcome;
  const { payload, verdict, code, confidence, answers } = inquiry.read(reply);
  return {
    payload,
    ...(answers && { answers }),
    vision: {
      verdict,
      ...(code && { code }),
      confidence,
      rule: inquiry.rule,
      model: reply.model,
      endpoint: endpointLabel(endpoint),
      usage: reply.usage,
      cost,
      latency: Math.round(latencyMs),
      attempts,
      text: rawText(reply),
    },
  };
}

function unanswered(outcome: Exclude<Outcome, { kind: 'answered' }>, about: About): Answered | null {
  const { inquiry, job, passUnknown } = about;
  if (!passUnknown || !outcome.error) return null;
  const { error, endpoint, cost } = outcome;
  const { latencyMs, attempts } = outcome.kind === 'failed' ? outcome : { latencyMs: 0, attempts: 0 };
  const asked = { rule: inquiry.rule, model: job.request.model, endpoint: endpointLabel(endpoint) };
  return unknownAnswer(error, asked, { cost, latency: Math.round(latencyMs), attempts });
}

/** Who would have been asked what. */
export interface UnansweredAbout {
  rule: string;
  /** '' where that is not known, as with `endpoint`. */
  model: string;
  endpoint: string;
}

/** `unknown` in place of an answer that did not come, also where nobody was asked: for flows that must fail open. */
export function unknownAnswer(
  { code, message }: { code: string; message: string },
  { rule, model, endpoint }: UnansweredAbout,
  took: Pick<VisionInfo, 'cost' | 'latency' | 'attempts'> = { cost: null, latency: 0, attempts: 0 },
): Answered {
  return {
    payload: { verdict: 'unknown', reason: message },
    vision: { verdict: 'unknown', code, confidence: null, rule, model, endpoint, usage: null, ...took },
  };
}

/** A stand-in is called one wherever it shows. */
export function endpointLabel({ name, standIn }: EndpointOptions): string {
  if (!standIn || name === 'stand-in') return name;
  return `${name} (stand-in)`;
}
