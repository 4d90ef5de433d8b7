import sharp from 'sharp';
import type { FrameInfo } from '../shared/messages';
import { LUMA_HEIGHT, LUMA_WIDTH, PIXELS, type Plane } from './grid';
import { notPicture } from './picture';

/** Largest picture that is opened, in pixels: beyond every camera, far below what fills the memory. */
const MAX_INPUT_PIXELS = 100_000_000;

/**
 * The brightness plane that a frame brings (rtsp-in does), where it can be used as it is: 160 × 90, one byte a pixel.
 * null where there is none, or one that came through JSON or from elsewhere in another size.
 */
export function broughtLuma(frame: Partial<FrameInfo> | undefined): Plane | null {
  const luma = frame?.luma;
  if (luma?.width !== LUMA_WIDTH || luma.height !== LUMA_HEIGHT) return null;
  return Buffer.isBuffer(luma.data) && luma.data.length === PIXELS ? luma.data : null;
}

/**
 * Makes the brightness plane of a picture (160 × 90, one byte a pixel), off the event loop.
 *
 * @throws InputError INPUT_NOT_IMAGE where the picture cannot be read, or is cut off
 */
export async function makeLuma(picture: Buffer): Promise<Plane> {
  try {
    // A cut-off picture has a grey lower part, which would count as movement.
    return await sharp(picture, { failOn: 'truncated', limitInputPixels: MAX_INPUT_PIXELS })
      .flatten()
      .resize(LUMA_WIDTH, LUMA_HEIGHT, { fit: 'fill' })
      .greyscale()
      .raw()
      .toBuffer();
  } catch (error) {
    throw notPicture('one that cannot be read', error instanceof Error ? error.message : '');
  }
}
