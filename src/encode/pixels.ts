import sharp, { type Sharp } from 'sharp';
import { asError, EncodeError } from '../shared/errors';
import { MAX_PICTURE_PIXELS } from '../shared/picture';
import { cropPixels, isWhole, type Size } from './geometry';
import type { CropArea, PictureFormat } from './options';

/*
 * sharp has two settings for the whole process, and both are left as they are, because other nodes may use it too.
 * sharp.cache: libvips keeps up to 100 operations and 50 MB. Frames are never the same twice, so it does nothing
 * for us, but takes nothing either: measured over 600 frames of 1080p it held 0 MB, and the time a frame took
 * was the same without it. It does not confuse two pictures that use the same memory one after the other.
 * sharp.concurrency: threads for one picture, 1 with glibc, else the number of cores. What counts for many
 * cameras is how many pictures are worked on at once, which the encoder limits itself.
 */

/** Longest time for one picture, in seconds: well above what 64 megapixels take on a slow machine. */
const MAX_SECONDS = 30;

/** What has to be known of a picture before it is touched. */
export interface SourceInfo {
  /** Size as it is seen upright. */
  size: Size;
  /** As sharp names it: `jpeg`, `png`, … */
  format: string;
  /** Whether it is a plain picture: upright, one page, 8 bits a channel, in a colour space that all models read. */
  plain: boolean;
}

/** Reads a picture's header. @throws EncodeError ENCODE_FAILED */
export async function readInfo(data: Buffer): Promise<SourceInfo> {
  try {
    const found = await open(data).metadata();
    return {
      size: { width: found.autoOrient.width, height: found.autoOrient.height },
      format: found.format,
      plain:
        (found.orientation ?? 1) === 1 && (found.pages ?? 1) === 1 && ['srgb', 'b-w'].includes(found.space),
    };
  } catch (thrown) {
    throw encodeFailed(thrown);
  }
}

/**
 * The picture upright, cropped, and of exactly the size given. Nothing is done before the result is asked for.
 *
 * @param upright size of the whole picture
 * @param target size of the result
 * @throws EncodeError ENCODE_CROP where the crop area leaves nothing
 */
export function fitted(data: Buffer, upright: Size, crop: CropArea, target: Size): Sharp {
  const image = open(data).autoOrient();
  if (!isWhole(crop)) image.extract(cropPixels(upright, crop));
  return image.resize(target.width, target.height, { fit: 'fill' });
}

/** Encodes; metadata is dropped, colours become sRGB. @throws EncodeError ENCODE_FAILED */
export async function write(image: Sharp, format: PictureFormat, quality: number): Promise<Buffer> {
  try {
    switch (format) {
      case 'jpeg':
        // JPEG has no transparency: white is what people see behind such a picture, sharp would make it black.
        return await image.flatten({ background: '#fff' }).jpeg({ quality }).toBuffer();
      case 'png':
        // No quality here: sharp would cut the number of colours.
        return await image.png().toBuffer();
      case 'webp':
        return await image.webp({ quality }).toBuffer();
    }
  } catch (thrown) {
    throw encodeFailed(thrown);
  }
}

/** Unpacked pixels of a picture on its way into a sheet. */
export interface RawPixels extends Size {
  data: Buffer;
  channels: 1 | 2 | 3 | 4;
}

/** Unpacks to 8 bits a channel, sRGB, no transparency. @throws EncodeError ENCODE_FAILED */
export async function unpack(image: Sharp): Promise<RawPixels> {
  try {
    const { data, info } = await image
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels };
  } catch (thrown) {
    throw encodeFailed(thrown);
  }
}

/** An error that is no fault of the crop area becomes ENCODE_FAILED; typed ones stay as they are. */
export function encodeFailed(thrown: unknown): EncodeError {
  if (thrown instanceof EncodeError) return thrown;
  const { message } = asError(thrown);
  if (/pixel limit/i.test(message)) {
    return new EncodeError('ENCODE_FAILED', 'The picture is too large.', {
      advice: `Send pictures of at most ${MAX_PICTURE_PIXELS / 1e6} megapixels: choose a smaller resolution in the camera.`,
      detail: message,
    });
  }
  return new EncodeError('ENCODE_FAILED', 'The picture could not be read: it is damaged or cut off.', {
    advice:
      'If it happens often, look for packet loss between camera and Node-RED, and use the TCP transport.',
    retryable: true,
    detail: message,
  });
}

function open(data: Buffer): Sharp {
  // failOn: cameras write JPEGs with small faults that only deserve a warning, but a picture that is cut off
  // has a grey lower half and must not be judged.
  return sharp(data, { limitInputPixels: MAX_PICTURE_PIXELS, failOn: 'error' }).timeout({
    seconds: MAX_SECONDS,
  });
}
