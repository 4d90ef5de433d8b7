import { asError } from '../shared/errors';
import { greyPlane } from '../shared/grey-plane';
import { LUMA_HEIGHT, LUMA_PIXELS, LUMA_WIDTH } from '../shared/luma';
import type { FrameInfo } from '../shared/messages';
import type { Plane } from './blocks';
import { notPicture } from './picture';

/**
 * The brightness plane that a frame brings (rtsp-in does), where it can be used as it is: 160 × 90, one byte a pixel.
 * null where there is none, or one that came through JSON or from elsewhere in another size.
 */
export function broughtLuma(frame: Partial<FrameInfo> | undefined): Plane | null {
  const luma = frame?.luma;
  if (luma?.width !== LUMA_WIDTH || luma.height !== LUMA_HEIGHT) return null;
  return Buffer.isBuffer(luma.data) && luma.data.length === LUMA_PIXELS ? luma.data : null;
}

/**
 * Makes the brightness plane of a picture (160 × 90, one byte a pixel), off the event loop.
 *
 * @throws InputError INPUT_NOT_IMAGE where the picture cannot be read, or is cut off
 */
export async function makeLuma(picture: Buffer): Promise<Plane> {
  try {
    return await greyPlane(picture, LUMA_WIDTH, LUMA_HEIGHT);
  } catch (thrown) {
    throw notPicture('one that cannot be read', asError(thrown).message);
  }
}
