import { VisionError } from '../shared/errors';
import type { CameraHealth, FrameInfo, Picture } from '../shared/messages';
import { momentOf } from '../shared/time';

/** What of a message says whether its pictures may be sent to a model. */
export interface Held {
  frame?: Partial<FrameInfo>;
  picture?: Partial<Picture>;
  /** Beside a picture: the state of its camera, where a flow puts it there. */
  camera?: Partial<CameraHealth>;
}

/** Why a message is answered here. `frozen`: with `unknown`, as the picture says nothing about now. */
export type Withheld = { because: 'frozen' } | { because: 'error'; error: VisionError };

export interface WithheldOptions {
  /** Oldest capture time, in milliseconds before now; null: only what the endpoint says counts. */
  maxAgeMs: number | null;
}

/**
 * Why a message's pictures are not sent to a model; null where they may be.
 *
 * @param masked of each of its pictures, whether the camera's privacy masks are drawn into it
 * @param now epoch milliseconds
 */
export function withheld(
  msg: Held,
  masked: readonly boolean[],
  now: number,
  { maxAgeMs }: WithheldOptions,
): Withheld | null {
  // First what must not be sent in any case: that it is frozen as well changes nothing.
  if (msg.frame?.profile?.hasMasks === true && !masked.every(Boolean))
    return { because: 'error', error: unmasked() };
  if (msg.frame?.frozen === true || msg.camera?.code === 'CAMERA_FROZEN') return { because: 'frozen' };
  const takenAt = momentOf(msg.frame?.time);
  if (maxAgeMs !== null && takenAt !== null && now - takenAt > maxAgeMs)
    return { because: 'error', error: takenTooLongAgo(maxAgeMs) };
  return null;
}

/** A picture of a camera with privacy masks shows what nobody may see. */
function unmasked(): VisionError {
  return new VisionError(
    'VISION_UNMASKED',
    'The camera has privacy masks, and they are not drawn into the picture. It was not sent.',
    {
      advice:
        'Take the picture from rtsp-in, which draws the masks, and leave msg.frame and msg.picture as they are.',
    },
  );
}

function takenTooLongAgo(maxAgeMs: number): VisionError {
  return new VisionError('VISION_STALE', `A picture was taken more than ${maxAgeMs / 1000} s ago.`, {
    advice:
      'Look for what holds messages back before this node, such as a broker; where the clocks of two machines differ, set them.',
    retryable: true,
  });
}
