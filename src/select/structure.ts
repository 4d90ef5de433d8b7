import { LUMA_WIDTH } from '../shared/luma';
import { BLOCK_PX, COLUMNS, type FinePlane, type Plane } from './blocks';

/** Levels from one pixel to the next but one that may be noise. */
const NOISE = 7;

/**
 * How much of what can be seen in some blocks is drawn otherwise than in the background, 0 to 1. Light and soft shadow
 * leave the drawing as it is; a person covers it and brings an outline. 0 where neither has any.
 *
 * @param tone puts the background's light on the levels of the frame; null where it is the same
 */
export function structureChange(
  blocks: number[],
  background: FinePlane,
  plane: Plane,
  tone: Float32Array | null,
): number {
  let changed = 0;
  let seen = 0;
  const width = LUMA_WIDTH;
  const last = background.length - width;
  const columns = COLUMNS;
  const size = BLOCK_PX;
  for (const block of blocks) {
    const column = block % columns;
    const top = ((block - column) / columns) * size * width + column * size;
    for (let row = 0; row < size; row++) {
      for (let at = top + row * width, end = at + size; at < end; at++) {
        if (at < width || at >= last) continue;
        for (let step = 1; step <= width; step += width - 1) {
          const old = (background[at + step] ?? 0) - (background[at - step] ?? 0);
          const a = plane[at + step] ?? 0;
          const b = plane[at - step] ?? 0;
          const now = tone ? (tone[a] ?? 0) - (tone[b] ?? 0) : a - b;
          const most = Math.max(Math.abs(old), Math.abs(now));
          if (most < NOISE) continue;
          seen += most;
          changed += Math.max(0, Math.abs(now - old) - NOISE);
        }
      }
    }
  }
  return seen === 0 ? 0 : Math.min(1, changed / seen);
}

/** How much can be seen in some blocks: differences of neighbours, in levels. Motion blur has less of it. */
export function detailOf(blocks: number[], plane: Plane): number {
  let sum = 0;
  const width = LUMA_WIDTH;
  const columns = COLUMNS;
  const size = BLOCK_PX;
  for (const block of blocks) {
    const column = block % columns;
    const top = ((block - column) / columns) * size * width + column * size;
    for (let row = 0; row < size - 1; row++)
      for (let at = top + row * width, end = at + size - 1; at < end; at++)
        sum +=
          Math.abs((plane[at] ?? 0) - (plane[at + 1] ?? 0)) +
          Math.abs((plane[at] ?? 0) - (plane[at + width] ?? 0));
  }
  return sum;
}
