import { ConfigError } from '../shared/errors';

/** A part of a camera's picture that is never shown: it is covered inside ffmpeg, before a pixel leaves it. */
export interface PrivacyMask {
  /** Corners of a polygon, 3 to 50, as fractions of the picture's width and height: 0 to 1 from left and top. */
  points: [number, number][];
  /** `black`: nothing is seen; `blur`: rough colours and light, no detail. */
  style: 'black' | 'blur';
}

/** Masks of one camera, and corners of one mask: more is no mask that somebody drew. They bound ffmpeg's arguments. */
export const MAX_MASKS = 20;
export const MAX_MASK_POINTS = 50;

const ADVICE =
  'A mask is written as {"points": [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]], "style": "black"}: 0, 0 is the left upper ' +
  'corner of the picture and 1, 1 the right lower one.';

/**
 * Checks masks that come from a dialog, a file or a message. An error here must keep the camera from being opened: a
 * mask that is left out shows what nobody may see.
 *
 * @param value a list of masks; null, undefined and '' are none. Without `style` a mask is black
 * @throws ConfigError CONFIG_INVALID, with the number of the mask that is wrong
 */
export function privacyMasks(value: unknown): PrivacyMask[] {
  if (value === undefined || value === null || value === '') return [];
  if (!Array.isArray(value)) throw invalid('The privacy masks are not a list.');
  if (value.length > MAX_MASKS) {
    throw invalid(`There are ${value.length} privacy masks. A camera can have ${MAX_MASKS}.`);
  }
  return value.map((mask, index) => oneMask(mask, `Privacy mask ${index + 1}`));
}

function oneMask(value: unknown, name: string): PrivacyMask {
  if (typeof value !== 'object' || value === null) throw invalid(`${name} is not an object.`);
  const { points, style = 'black' } = value as { points?: unknown; style?: unknown };
  if (style !== 'black' && style !== 'blur') throw invalid(`${name} has a style other than black and blur.`);
  if (!Array.isArray(points) || points.length < 3 || points.length > MAX_MASK_POINTS) {
    throw invalid(`${name} does not have 3 to ${MAX_MASK_POINTS} corners.`);
  }
  if (!points.every(isPoint)) {
    throw invalid(`${name} has a corner that is not two numbers between 0 and 1.`);
  }
  return { points: points.map(([x, y]) => [x, y]), style };
}

function isPoint(value: unknown): value is [number, number] {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((part) => typeof part === 'number' && part >= 0 && part <= 1)
  );
}

function invalid(message: string): ConfigError {
  return new ConfigError('CONFIG_INVALID', message, { advice: ADVICE });
}
