import { LUMA_HEIGHT, LUMA_WIDTH } from '../shared/luma';

/** Width and height of a cell, in pixels. */
export const CELL_PX = 10;
export const COLUMNS = LUMA_WIDTH / CELL_PX;
export const ROWS = LUMA_HEIGHT / CELL_PX;
export const CELLS = COLUMNS * ROWS;

const PIXELS_A_CELL = CELL_PX * CELL_PX;

/** One byte a pixel, 0 black to 255 white, row by row from the top left; 160 × 90. */
export type Plane = Uint8Array;

/**
 * The same with fractions of a level. All arithmetic is done on these, in the order of the memory: loops that meet
 * several kinds of arrays, or go cell by cell, took two to three times as long.
 */
export type FinePlane = Float32Array;

/** Mean brightness of each cell (0 to 255), row by row from the top left. */
export function cellMeans(plane: FinePlane): Float32Array {
  const sums = new Float32Array(CELLS);
  let i = 0;
  for (let y = 0; y < LUMA_HEIGHT; y++) {
    const firstCell = Math.floor(y / CELL_PX) * COLUMNS;
    for (let cell = firstCell; cell < firstCell + COLUMNS; cell++) {
      let sum = 0;
      for (const end = i + CELL_PX; i < end; i++) sum += plane[i] ?? 0;
      sums[cell] = (sums[cell] ?? 0) + sum;
    }
  }
  return perPixel(sums);
}

/**
 * Mean absolute difference of each cell, in levels (0 to 255).
 *
 * @param light is put on `plane` first, so that what changed everywhere does not count
 */
export function cellDifferences(
  plane: FinePlane,
  reference: FinePlane,
  light: { gain: number; offset: number },
): Float32Array {
  const { gain, offset } = light;
  const sums = new Float32Array(CELLS);
  let i = 0;
  for (let y = 0; y < LUMA_HEIGHT; y++) {
    const firstCell = Math.floor(y / CELL_PX) * COLUMNS;
    for (let cell = firstCell; cell < firstCell + COLUMNS; cell++) {
      let sum = 0;
      for (const end = i + CELL_PX; i < end; i++)
        sum += Math.abs((plane[i] ?? 0) * gain + offset - (reference[i] ?? 0));
      sums[cell] = (sums[cell] ?? 0) + sum;
    }
  }
  return perPixel(sums);
}

/** Moves each cell of `target` a share of the way towards `plane`. `shares`: 0 to 1, one a cell. */
export function blendCells(target: FinePlane, plane: FinePlane, shares: Float32Array): void {
  let i = 0;
  for (let y = 0; y < LUMA_HEIGHT; y++) {
    const firstCell = Math.floor(y / CELL_PX) * COLUMNS;
    for (let cell = firstCell; cell < firstCell + COLUMNS; cell++) {
      const share = shares[cell] ?? 0;
      for (const end = i + CELL_PX; i < end; i++) {
        const old = target[i] ?? 0;
        target[i] = old + share * ((plane[i] ?? 0) - old);
      }
    }
  }
}

function perPixel(sums: Float32Array): Float32Array {
  for (let cell = 0; cell < CELLS; cell++) sums[cell] = (sums[cell] ?? 0) / PIXELS_A_CELL;
  return sums;
}
