import { LUMA_HEIGHT, LUMA_WIDTH } from '../shared/luma';

/** Width and height of a block, in pixels. Small, so that a distant person fills a good part of one. */
export const BLOCK_PX = 5;
export const COLUMNS = LUMA_WIDTH / BLOCK_PX;
export const ROWS = LUMA_HEIGHT / BLOCK_PX;
export const BLOCKS = COLUMNS * ROWS;
export const PIXELS_A_BLOCK = BLOCK_PX * BLOCK_PX;

/** One byte a pixel, 0 black to 255 white, row by row from the top left; 160 × 90. */
export type Plane = Uint8Array;

/** The same with fractions of a level. */
export type FinePlane = Float32Array;

/** The largest value of each block and of the eight around it. */
export function largestAround(values: Float32Array, into: Float32Array): Float32Array {
  for (let block = 0; block < BLOCKS; block++) {
    const column = block % COLUMNS;
    let most = values[block] ?? 0;
    if (column > 0) most = Math.max(most, values[block - 1] ?? 0);
    if (column < COLUMNS - 1) most = Math.max(most, values[block + 1] ?? 0);
    ROW_MAXIMA[block] = most;
  }
  for (let block = 0; block < BLOCKS; block++) {
    let most = ROW_MAXIMA[block] ?? 0;
    if (block >= COLUMNS) most = Math.max(most, ROW_MAXIMA[block - COLUMNS] ?? 0);
    if (block < BLOCKS - COLUMNS) most = Math.max(most, ROW_MAXIMA[block + COLUMNS] ?? 0);
    into[block] = most;
  }
  return into;
}

const ROW_MAXIMA = new Float32Array(BLOCKS);

/** Mean of each square of two by two blocks: a quarter as many, for what needs no detail. */
export function coarse(means: Float32Array): Float32Array {
  const out = new Float32Array(BLOCKS / 4);
  for (let row = 0, at = 0; row < ROWS; row += 2)
    for (let column = 0; column < COLUMNS; column += 2, at++) {
      const block = row * COLUMNS + column;
      const above = (means[block] ?? 0) + (means[block + 1] ?? 0);
      out[at] = (above + (means[block + COLUMNS] ?? 0) + (means[block + COLUMNS + 1] ?? 0)) / 4;
    }
  return out;
}

/** Calls `visit` for a block and for all that are at most `radius` columns and rows away from it. */
export function forEachAround(block: number, radius: number, visit: (block: number) => void): void {
  const column = block % COLUMNS;
  const row = (block - column) / COLUMNS;
  const lastColumn = Math.min(COLUMNS - 1, column + radius);
  const lastRow = Math.min(ROWS - 1, row + radius);
  for (let y = Math.max(0, row - radius); y <= lastRow; y++)
    for (let x = Math.max(0, column - radius); x <= lastColumn; x++) visit(y * COLUMNS + x);
}

/** Columns or rows between two blocks, whichever is more. */
export function distance(a: number, b: number): number {
  const columns = Math.abs((a % COLUMNS) - (b % COLUMNS));
  const rows = Math.abs(Math.floor(a / COLUMNS) - Math.floor(b / COLUMNS));
  return Math.max(columns, rows);
}

/**
 * Blocks that hang together, corners included: the number of each block's group, -1 outside of all, and the groups.
 *
 * @param inside 1 for blocks that belong to a group
 */
export function groupsOf(inside: Uint8Array): number[][] {
  const seen = new Uint8Array(BLOCKS);
  const groups: number[][] = [];
  for (let block = 0; block < BLOCKS; block++) {
    if (!inside[block] || seen[block]) continue;
    const group = [block];
    seen[block] = 1;
    for (let at = 0; at < group.length; at++) {
      forEachAround(group[at] ?? 0, 1, (other) => {
        if (!inside[other] || seen[other]) return;
        seen[other] = 1;
        group.push(other);
      });
    }
    groups.push(group);
  }
  return groups;
}
