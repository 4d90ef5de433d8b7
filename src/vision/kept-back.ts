import type { Selection } from '../shared/messages';
import { isUrgent } from '../shared/urgent';
import { type Settled, type UnansweredAbout, unknownAnswer } from './settle';
import { type Held, type WithheldOptions, withheld } from './withheld';

export interface KeepBackOptions extends WithheldOptions, UnansweredAbout {
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
  if (reason.because === 'frozen')
    return { ...nothing, answer: unknownAnswer({ code: FROZEN_CODE, message: FROZEN }, options) };
  const { error } = reason;
  const answer = options.passUnknown ? unknownAnswer(error, options) : null;
  // As with the endpoint's own limit: told for each picture that something hangs on, else once.
  const isOnce = error.code === 'VISION_STALE' && !isUrgent(msg.selection);
  return isOnce ? { ...nothing, answer, overload: error } : { ...nothing, answer, error };
}
