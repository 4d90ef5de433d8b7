import { EncodeError } from '../shared/errors';
import type { CropArea } from './options';

/** Width and height in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** A part of a picture in whole pixels. */
export interface PixelArea extends Size {
  left: number;
  top: number;
}

/** Whether a crop area is the whole picture. */
export function isWhole({ x, y, width, height }: CropArea): boolean {
  return x <= 0 && y <= 0 && width >= 1 && height >= 1;
}

/** Sums such as 0.7 + 0.3 may end a little above 1. */
const TOLERANCE = 1e-6;

/** What is wrong with a crop area, in words of the settings; nothing where it can be used. */
export function cropProblems({ x, y, width, height }: CropArea): string[] {
  const problems: string[] = [];
  if (width <= 0) problems.push('cropWidth must be more than 0');
  if (height <= 0) problems.push('cropHeight must be more than 0');
  if (x + width > 1 + TOLERANCE) problems.push('cropX and cropWidth are more than 1 together');
  if (y + height > 1 + TOLERANCE) problems.push('cropY and cropHeight are more than 1 together');
  return problems;
}

/**
 * The pixels of a relative area: its edges rounded to the nearest pixel.
 *
 * @throws EncodeError ENCODE_CROP where no pixel is left
 */
export function cropPixels(size: Size, crop: CropArea): PixelArea {
  const left = edge(crop.x, size.width);
  const top = edge(crop.y, size.height);
  const width = edge(crop.x + crop.width, size.width) - left;
  const height = edge(crop.y + crop.height, size.height) - top;
  if (width >= 1 && height >= 1) return { left, top, width, height };
  throw new EncodeError(
    'ENCODE_CROP',
    `The crop area leaves nothing of a picture of ${size.width}×${size.height} pixels.`,
    {
      advice: 'Make the crop area larger.',
    },
  );
}

/** Size of what a crop area leaves. @throws EncodeError ENCODE_CROP where that is nothing */
export function croppedSize(size: Size, crop: CropArea): Size {
  return isWhole(crop) ? size : cropPixels(size, crop);
}

function edge(position: number, sizePx: number): number {
  return Math.min(sizePx, Math.max(0, Math.round(position * sizePx)));
}

/** The size shrunk, in proportion, to fit inside both limits (0 for none); never enlarged, at least 1 × 1. */
export function fitInside(size: Size, maxWidthPx: number, maxHeightPx: number): Size {
  const scale = Math.min(
    1,
    maxWidthPx > 0 ? maxWidthPx / size.width : 1,
    maxHeightPx > 0 ? maxHeightPx / size.height : 1,
  );
  return {
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  };
}
