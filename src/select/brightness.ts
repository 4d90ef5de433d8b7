/** How the light of one picture becomes that of another: `level × gain + offset`. */
export interface Brightness {
  gain: number;
  /** In levels, -255 to 255. */
  offset: number;
}

/** Beyond these two the picture is another one, not the same in other light. */
const MIN_GAIN = 0.5;
const MAX_GAIN = 2;

/** Levels squared: below this spread of the cells a gain cannot be told from noise, and stays near 1. */
const SMALL_SPREAD = 25;

/** After two rounds on the better half of the cells the fit no longer moved on the clips measured. */
const ROUNDS = 2;

/**
 * What changed everywhere: a lamp, the camera's exposure, a cloud. Fitted on the half of the cells that agree
 * best, so that what moves through the other half does not bend it (a least trimmed squares fit).
 *
 * @param from means of the cells of one picture, 0 to 255
 * @param to the same cells of the picture whose light is wanted
 */
export function brightnessBetween(from: Float32Array, to: Float32Array): Brightness {
  const values = new Float32Array(from.length);
  for (let cell = 0; cell < from.length; cell++) values[cell] = (to[cell] ?? 0) - (from[cell] ?? 0);
  let fit: Brightness = { gain: 1, offset: median(values) };
  for (let round = 0; round < ROUNDS; round++) {
    const { gain, offset } = fit;
    for (let cell = 0; cell < from.length; cell++)
      values[cell] = Math.abs((from[cell] ?? 0) * gain + offset - (to[cell] ?? 0));
    // A level more, because in a still picture all cells agree.
    fit = leastSquares(from, to, values, median(values) + 1);
  }
  return fit;
}

/** Over the cells whose error is at most `limit`. */
function leastSquares(from: Float32Array, to: Float32Array, errors: Float32Array, limit: number): Brightness {
  let count = 0;
  let sumFrom = 0;
  let sumTo = 0;
  let sumFromFrom = 0;
  let sumFromTo = 0;
  for (let cell = 0; cell < from.length; cell++) {
    if ((errors[cell] ?? 0) > limit) continue;
    const x = from[cell] ?? 0;
    const y = to[cell] ?? 0;
    count++;
    sumFrom += x;
    sumTo += y;
    sumFromFrom += x * x;
    sumFromTo += x * y;
  }
  const meanFrom = sumFrom / count;
  const meanTo = sumTo / count;
  const spread = sumFromFrom / count - meanFrom * meanFrom;
  const together = sumFromTo / count - meanFrom * meanTo;
  const gain = (together + SMALL_SPREAD) / (spread + SMALL_SPREAD);
  const bounded = Math.min(MAX_GAIN, Math.max(MIN_GAIN, gain));
  return { gain: bounded, offset: meanTo - bounded * meanFrom };
}

/** Hoare's selection: sorting took a quarter of the time of the whole stage. */
function median(values: Float32Array): number {
  const left = values.slice();
  const middle = left.length >> 1;
  let from = 0;
  let to = left.length - 1;
  while (from < to) {
    const pivot = left[middle] ?? 0;
    let low = from;
    let high = to;
    while (low <= high) {
      while ((left[low] ?? 0) < pivot) low++;
      while ((left[high] ?? 0) > pivot) high--;
      if (low > high) break;
      const swapped = left[low] ?? 0;
      left[low++] = left[high] ?? 0;
      left[high--] = swapped;
    }
    if (high < middle) from = low;
    if (middle < low) to = high;
  }
  return left[middle] ?? 0;
}
