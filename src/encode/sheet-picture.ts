import sharp, { type OverlayOptions } from 'sharp';
import { localTime } from '../shared/time';
import { croppedSize, fitInside } from './geometry';
import { cellCorner, type Grid, layOut } from './grid';
import type { PictureOptions } from './options';
import { fitted, readInfo, unpack, write } from './pixels';
import type { SourceFrame } from './source-frame';
import { labelsSvg } from './time-label';

/**
 * Frames side by side in reading order, the oldest first, each with its capture time in the camera's time zone.
 * The newest frame gives the shape of the cells; one of another shape gets bars.
 *
 * @throws EncodeError ENCODE_CROP, ENCODE_FAILED
 */
export async function sheetPicture(
  frames: readonly SourceFrame[],
  options: PictureOptions,
): Promise<{ data: Buffer; width: number; height: number }> {
  const grid = await gridOf(frames, options);
  const layers: OverlayOptions[] = [];
  // One after the other: a sheet shall not take more threads than a single picture does.
  for (const [index, frame] of frames.entries()) {
    layers.push(await cellLayer(frame, index, grid, options));
  }
  const labels = frames.map(({ time, timeZone, label }, index) => ({
    ...cellCorner(grid, index),
    text: label ?? localTime(time, timeZone),
  }));
  layers.push({ input: labelsSvg(grid, grid.cell, labels), left: 0, top: 0 });
  const { width, height } = grid;
  const sheet = sharp({ create: { width, height, channels: 3, background: '#000' } })
    .composite(layers)
    .removeAlpha();
  return { data: await write(sheet, options.format, options.quality), width, height };
}

async function gridOf(frames: readonly SourceFrame[], options: PictureOptions): Promise<Grid> {
  const newest = frames[frames.length - 1] as SourceFrame;
  const size = croppedSize((await readInfo(newest.data)).size, options.crop);
  return layOut(frames.length, size, options.sheetColumns, options.maxWidthPx, options.maxHeightPx);
}

/** A frame, shrunk into the middle of its cell. */
async function cellLayer(
  frame: SourceFrame,
  index: number,
  grid: Grid,
  options: PictureOptions,
): Promise<OverlayOptions> {
  const { size } = await readInfo(frame.data);
  const target = fitInside(croppedSize(size, options.crop), grid.cell.width, grid.cell.height);
  const { data, ...raw } = await unpack(fitted(frame.data, size, options.crop, target));
  const corner = cellCorner(grid, index);
  return {
    input: data,
    raw,
    left: corner.left + Math.floor((grid.cell.width - target.width) / 2),
    top: corner.top + Math.floor((grid.cell.height - target.height) / 2),
  };
}
