import { VisionError } from '../shared/errors';
import { type CommonPictureType, commonPictureType } from '../shared/picture';

export interface PictureToAsk {
  data: Buffer;
  type: CommonPictureType;
}

const DATA_URI = /^data:image\/[a-z+.-]+;base64,/i;
/** OpenAI's limit for one picture (guide "Images and vision"); the smallest limits are near 5 MB. */
const MAX_BYTES = 20_000_000;

/**
 * The picture of a message: `picture.data` (image-encode), else a Buffer or a data URI in the payload. What it
 * is, its first bytes tell.
 *
 * @throws VisionError VISION_NO_PICTURE, VISION_TOO_LARGE
 */
export function pictureOf(msg: { picture?: { data?: unknown }; payload?: unknown }): PictureToAsk {
  const data = bufferIn(msg.picture?.data) ?? bufferIn(msg.payload);
  if (!data || data.length === 0) throw noPicture('The message has no picture.');
  const type = commonPictureType(data);
  if (!type) throw noPicture('The picture is not a JPEG, PNG or WebP.');
  if (data.length > MAX_BYTES) {
    throw new VisionError(
      'VISION_TOO_LARGE',
      `The picture has ${data.length} bytes, more than ${MAX_BYTES}.`,
      {
        advice: 'Make it smaller with image-encode.',
      },
    );
  }
  return { data, type };
}

function bufferIn(value: unknown): Buffer | null {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value !== 'string' || value.length > MAX_BYTES * 2) return null;
  const head = DATA_URI.exec(value);
  return head ? Buffer.from(value.slice(head[0].length), 'base64') : null;
}

function noPicture(message: string): VisionError {
  return new VisionError('VISION_NO_PICTURE', message, {
    advice: 'Put image-encode before this node, or a JPEG, PNG or WebP (Buffer or data URI) in msg.payload.',
  });
}
