import type { Picture } from '../shared/messages';
import { croppedSize, fitInside, isWhole } from './geometry';
import { MIME_TYPES, type PictureOptions } from './options';
import { fitted, readInfo, write } from './pixels';
import { sheetPicture } from './sheet-picture';
import type { SourceFrame } from './source-frame';
import { pictureTokens } from './tokens';

/**
 * Makes the picture of one frame, or of several: their sheet, or the newest with all of them as its series. Works
 * outside the event loop.
 *
 * @param frames in order of capture, 1 or more; each Buffer is only read
 * @throws EncodeError ENCODE_CROP, ENCODE_FAILED
 */
export async function encodePicture(
  frames: readonly SourceFrame[],
  options: PictureOptions,
): Promise<Picture> {
  const [first] = frames;
  if (!first) throw new RangeError('a picture is made of at least one frame');
  if (options.apart) return inSeries(frames, options);
  const asSheet = options.sheetFrames > 1;
  const { data, width, height } = asSheet
    ? await sheetPicture(frames, options)
    : await singlePicture(first.data, options);
  return {
    data,
    type: MIME_TYPES[options.format],
    width,
    height,
    bytes: data.length,
    tokens: pictureTokens(options.tokenModel, width, height),
    masked: frames.every(({ masked }) => masked),
    ...(asSheet && { times: frames.map(({ time }) => time) }),
  };
}

/** Pictures of their own, one after the other: they shall not take more threads than a sheet does. */
async function inSeries(frames: readonly SourceFrame[], options: PictureOptions): Promise<Picture> {
  const series: Picture[] = [];
  for (const frame of frames) {
    const picture = await encodePicture([frame], { ...options, apart: false, sheetFrames: 1 });
    series.push({ ...picture, time: frame.time });
  }
  const newest = series.at(-1) as Picture;
  // A copy of its own: what is done to the newest must not show in the series.
  return series.length === 1 ? newest : { ...newest, series };
}

/**
 * One frame as a picture. One that needs no change is handed on as the very Buffer that came: encoding it
 * again would cost time and sharpness for nothing, so a different quality alone is no reason for it.
 */
async function singlePicture(
  source: Buffer,
  { crop, maxWidthPx, maxHeightPx, format, quality }: PictureOptions,
): Promise<{ data: Buffer; width: number; height: number }> {
  const { size, format: sourceFormat, plain } = await readInfo(source);
  const target = fitInside(croppedSize(size, crop), maxWidthPx, maxHeightPx);
  const untouched =
    plain &&
    sourceFormat === format &&
    isWhole(crop) &&
    target.width === size.width &&
    target.height === size.height;
  const data = untouched ? source : await write(fitted(source, size, crop, target), format, quality);
  return { data, ...target };
}
