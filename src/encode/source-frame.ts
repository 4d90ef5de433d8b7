import { EncodeError } from '../shared/errors';
import type { FrameInfo, Selection } from '../shared/messages';
import { pictureType } from '../shared/picture';
import { isTimeZone, momentOf } from '../shared/time';
import { isUrgent } from '../shared/urgent';

/** One frame as it came, with what the encoder needs to know about it. */
export interface SourceFrame {
  /** Read-only. */
  data: Buffer;
  /** Capture time, epoch milliseconds. */
  time: number;
  /** IANA name of the camera's time zone; '' is the machine's own. */
  timeZone: string;
  /** Whether privacy masks were drawn into it. */
  masked: boolean;
  /** Whether it starts or ends an event or answers a probe, and so must neither wait nor give way. */
  urgent: boolean;
  /** What stands in its cell of a sheet; its time where this is missing. Figures only. */
  label?: string;
}

/**
 * The frame in a message.
 *
 * @param payload what should be a picture in a Buffer
 * @param frame of the message, where rtsp-in set it
 * @param selection of the message, where frame-select set it
 * @param now epoch milliseconds: the time of a frame that has none of its own
 * @throws EncodeError ENCODE_NOT_IMAGE where the payload is no picture
 */
export function sourceFrame(
  payload: unknown,
  frame: Partial<FrameInfo> | undefined,
  selection: Partial<Selection> | undefined,
  now: number,
): SourceFrame {
  if (!Buffer.isBuffer(payload)) {
    throw new EncodeError('ENCODE_NOT_IMAGE', `The payload is not a Buffer, but ${kindOf(payload)}.`, {
      advice:
        'Send the picture itself in msg.payload, as a Buffer: as rtsp-in, file in or http request give it.',
    });
  }
  if (pictureType(payload) === null) {
    throw new EncodeError('ENCODE_NOT_IMAGE', 'The payload is not a picture that can be read here.', {
      advice: 'Send a JPEG, PNG, WebP, GIF, TIFF or AVIF picture.',
      detail: `${payload.length} bytes, beginning with ${payload.subarray(0, 8).toString('hex') || 'nothing'}`,
    });
  }
  const timeZone = frame?.profile?.timeZone ?? '';
  return {
    data: payload,
    time: momentOf(frame?.time) ?? now,
    timeZone: isTimeZone(timeZone) ? timeZone : '',
    masked: frame?.masked === true,
    urgent: isUrgent(selection),
  };
}

function kindOf(payload: unknown): string {
  if (payload === undefined || payload === null) return 'missing';
  return Array.isArray(payload) ? 'an array' : `of type ${typeof payload}`;
}
