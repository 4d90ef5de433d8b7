import type { StageError } from '../shared/errors';
import type { Selection } from '../shared/messages';
import { isUrgent } from '../shared/urgent';
import type { Answered, Settled } from './settle';
import { type Held, type WithheldOptions, withheld } from './withheld';

/** About what a model was not asked. */
export interface UnaskedAbout {
  rule: string;
  /** Those that would have been asked; '' where that is not known. */
  model: string;
  endpoint: string;
}

export interface KeepBackOptions extends WithheldOptions, UnaskedAbout {
  /** Where no answer comes, the message is passed on as `unknown` as well. */
  passUnknown: boolean;
}

/** Code of a picture that gets its verdict without a model. */
export const FROZEN_CODE = 'VISION_FROZEN';
const FROZEN = 'The picture of the camera has stood still for so long that it says nothing about now.';

/**
 * What is to be done with a message whose pictures are not sent to a model; null where they are.
 *
 * @param masked of each picture, whether the camera's privacy masks are drawn into it
 * @param now epoch milliseconds
 */
export function keptBack(
  msg: Held & { selection?: Partial<Selection> },
  masked: readonly boolean[],
  now: number,
  options: KeepBackOptions,
): Settled | null {
  const reason = withheld(msg, masked, now, options);
  if (reason === null) return null;
  const nothing: Settled = { answer: null, error: null, overload: null };
  if (reason.because === 'frozen') return { ...nothing, answer: unasked(FROZEN_CODE, FROZEN, options) };
  const { error } = reason;
  const answer = options.passUnknown ? failedOpen(error, options) : null;
  // As with the endpoint's own limit: told for each picture that something hangs on, else once.
  const isOnce = error.code === 'VISION_STALE' && !isUrgent(msg.selection);
  return isOnce ? { ...nothing, answer, overload: error } : { ...nothing, answer, error };
}

/** `unknown` for a message that came to an error before anybody was asked: for flows that must fail open. */
export function failedOpen({ code, message }: StageError, about: UnaskedAbout): Answered {
  return unasked(code, message, about);
}

function unasked(code: string, reason: string, { rule, model, endpoint }: UnaskedAbout): Answered {
  return {
    payload: { verdict: 'unknown', reason },
    vision: {
      ...{ verdict: 'unknown', code, confidence: null, rule, model, endpoint },
      ...{ usage: null, cost: null, latency: 0, attempts: 0 },
    },
  };
}
