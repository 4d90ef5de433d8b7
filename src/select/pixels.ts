import { LUMA_WIDTH } from '../shared/luma';
import { BLOCK_PX, BLOCKS, COLUMNS, type FinePlane, PIXELS_A_BLOCK, type Plane } from './blocks';

// What is imported or exported is a property that is read anew each time: these loops are twice as fast without.
const WIDTH = LUMA_WIDTH;
const SIZE = BLOCK_PX;
const ACROSS = COLUMNS;
const ALL = BLOCKS;
const AREA = PIXELS_A_BLOCK;

/** Mean brightness of each block (0 to 255), row by row from the top left. */
export function blockMeans(plane: FinePlane, into: Float32Array = new Float32Array(ALL)): Float32Array {
  for (let block = 0; block < ALL; block++) {
    let sum = 0;
    for (let i = firstPixel(block), end = i + SIZE * WIDTH; i < end; i += WIDTH)
      sum +=
        (plane[i] ?? 0) +
        (plane[i + 1] ?? 0) +
        (plane[i + 2] ?? 0) +
        (plane[i + 3] ?? 0) +
        (plane[i + 4] ?? 0);
    into[block] = sum / AREA;
  }
  return into;
}

/**
 * By how much the pixels of each block differ beyond what is allowed, added up, and the mean of each block. Over one
 * kind of array each, and with the five pixels of a row written out: each other way took two to five times as long.
 */
export function excessOf(
  frame: Plane,
  background: FinePlane,
  allowed: FinePlane,
  into: { excess: Float32Array; means: Float32Array },
): void {
  const { excess, means } = into;
  for (let block = 0; block < ALL; block++) {
    let above = 0;
    let sum = 0;
    for (let i = firstPixel(block), end = i + SIZE * WIDTH; i < end; i += WIDTH) {
      const a = frame[i] ?? 0;
      const b = frame[i + 1] ?? 0;
      const c = frame[i + 2] ?? 0;
      const d = frame[i + 3] ?? 0;
      const e = frame[i + 4] ?? 0;
      sum += a + b + c + d + e;
      above +=
        beyond(a, background[i] ?? 0, allowed[i] ?? 0) +
        beyond(b, background[i + 1] ?? 0, allowed[i + 1] ?? 0) +
        beyond(c, background[i + 2] ?? 0, allowed[i + 2] ?? 0) +
        beyond(d, background[i + 3] ?? 0, allowed[i + 3] ?? 0) +
        beyond(e, background[i + 4] ?? 0, allowed[i + 4] ?? 0);
    }
    excess[block] = above;
    means[block] = sum / AREA;
  }
}

function beyond(level: number, old: number, allowed: number): number {
  const over = Math.abs(level - old) - allowed;
  return over > 0 ? over : 0;
}

/**
 * The same for a frame in other light.
 *
 * @param tone puts the light of the background on the levels of the frame
 */
export function excessInLight(
  frame: Plane,
  tone: Float32Array,
  background: FinePlane,
  allowed: FinePlane,
  into: { excess: Float32Array; means: Float32Array },
): void {
  // White cannot get whiter, nor black blacker: where the frame is cut off, so is the background.
  const white = tone[WHITE] ?? 255;
  const black = tone[BLACK] ?? 0;
  const { excess, means } = into;
  for (let block = 0; block < ALL; block++) {
    let above = 0;
    let sum = 0;
    for (let i = firstPixel(block), end = i + SIZE * WIDTH; i < end; i += WIDTH) {
      const a = tone[frame[i] ?? 0] ?? 0;
      const b = tone[frame[i + 1] ?? 0] ?? 0;
      const c = tone[frame[i + 2] ?? 0] ?? 0;
      const d = tone[frame[i + 3] ?? 0] ?? 0;
      const e = tone[frame[i + 4] ?? 0] ?? 0;
      sum += a + b + c + d + e;
      above +=
        beyond(a, within(black, white, background[i] ?? 0), allowed[i] ?? 0) +
        beyond(b, within(black, white, background[i + 1] ?? 0), allowed[i + 1] ?? 0) +
        beyond(c, within(black, white, background[i + 2] ?? 0), allowed[i + 2] ?? 0) +
        beyond(d, within(black, white, background[i + 3] ?? 0), allowed[i + 3] ?? 0) +
        beyond(e, within(black, white, background[i + 4] ?? 0), allowed[i + 4] ?? 0);
    }
    excess[block] = above;
    means[block] = sum / AREA;
  }
}

/** Levels at which the light of a frame is cut off. */
const WHITE = 252;
const BLACK = 3;

function within(least: number, most: number, value: number): number {
  return value > most ? most : value < least ? least : value;
}

/** The upper left pixel of a block. */
export function firstPixel(block: number): number {
  const column = block % ACROSS;
  return ((block - column) / ACROSS) * SIZE * WIDTH + column * SIZE;
}

/** Moves each block of `target` a share of the way towards `frame`, and what is allowed towards what is usual there. */
export function blendBlocks(
  target: FinePlane,
  frame: FinePlane,
  shares: Float32Array,
  allowed: FinePlane,
  rule: { margin: number; medians: number; step: number; least: number; most: number },
): void {
  const { margin, medians, step, least, most } = rule;
  for (let block = 0; block < ALL; block++) {
    const share = shares[block] ?? 0;
    if (share === 0) continue;
    for (let row = firstPixel(block), end = row + SIZE * WIDTH; row < end; row += WIDTH) {
      for (let i = row; i < row + SIZE; i++) {
        const old = target[i] ?? 0;
        const off = (frame[i] ?? 0) - old;
        target[i] = old + share * off;
        // Steps do not grow with the difference: so the median is learnt, which a passer-by does not shift.
        const usually = allowed[i] ?? 0;
        const change = margin + medians * Math.abs(off) - usually;
        allowed[i] = within(least, most, usually + within(-step, step, change));
      }
    }
  }
}

/**
 * How well the drawing of a block is kept, -1 to 1, whatever the light: how the differences of its neighbouring pixels
 * correlate with those of the background. The better one of across and down counts: along the edge of a shadow the
 * other one is disturbed.
 */
export function drawingKept(block: number, background: FinePlane, plane: Plane): number {
  return Math.max(keptAlong(block, background, plane, 1), keptAlong(block, background, plane, WIDTH));
}

/** Where the background has no drawing that could be kept. */
export const NO_DRAWING = -2;

/** Below this mean square of the differences, in levels, there is no drawing but noise. */
const LEAST_DRAWING = 2;

function keptAlong(block: number, background: FinePlane, plane: Plane, step: number): number {
  const first = firstPixel(block);
  const columns = step === 1 ? SIZE - 1 : SIZE;
  const rows = step === 1 ? SIZE : SIZE - 1;
  let oldOld = 0;
  let nowNow = 0;
  let oldNow = 0;
  for (let row = 0; row < rows; row++)
    for (let i = first + row * WIDTH, end = i + columns; i < end; i++) {
      const old = (background[i + step] ?? 0) - (background[i] ?? 0);
      const now = (plane[i + step] ?? 0) - (plane[i] ?? 0);
      oldOld += old * old;
      nowNow += now * now;
      oldNow += old * now;
    }
  if (oldOld < LEAST_DRAWING * rows * columns) return NO_DRAWING;
  return nowNow === 0 ? 0 : oldNow / Math.sqrt(oldOld * nowNow);
}

/** By how much the pixels of a block are beyond what a light between two gains makes of the background, added up. */
export function notBetween(
  block: number,
  { background, allowed }: { background: FinePlane; allowed: FinePlane },
  plane: Plane,
  { low, high }: { low: number; high: number },
): number {
  let sum = 0;
  for (let row = firstPixel(block), end = row + SIZE * WIDTH; row < end; row += WIDTH)
    for (let i = row; i < row + SIZE; i++) {
      const old = background[i] ?? 0;
      const now = plane[i] ?? 0;
      sum += beyond(now, within(old * low, old * high, now), allowed[i] ?? 0);
    }
  return sum;
}

/** Makes a block so many times as bright. */
export function scaleBlock(plane: FinePlane, block: number, gain: number): void {
  for (let row = firstPixel(block), end = row + SIZE * WIDTH; row < end; row += WIDTH)
    for (let i = row; i < row + SIZE; i++) plane[i] = (plane[i] ?? 0) * gain;
}

/** Takes a block of a frame, in the light that `tone` puts on it. */
export function copyBlock(target: FinePlane, frame: Plane, tone: Float32Array | null, block: number): void {
  for (let row = firstPixel(block), end = row + SIZE * WIDTH; row < end; row += WIDTH)
    for (let i = row; i < row + SIZE; i++) target[i] = tone ? (tone[frame[i] ?? 0] ?? 0) : (frame[i] ?? 0);
}
