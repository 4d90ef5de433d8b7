import sharp from 'sharp';
import { MAX_PICTURE_PIXELS } from './picture';

/**
 * Brightness of a picture that is brought to a size: one byte a pixel, row by row. Works off the event loop.
 *
 * Rejects where the picture cannot be read, or is cut off: its grey lower part would count as a change.
 */
export function greyPlane(picture: Buffer, width: number, height: number): Promise<Buffer> {
  return sharp(picture, { failOn: 'truncated', limitInputPixels: MAX_PICTURE_PIXELS })
    .flatten()
    .resize(width, height, { fit: 'fill' })
    .greyscale()
    .raw()
    .toBuffer();
}
