import { LUMA_HEIGHT, LUMA_WIDTH } from '../shared/luma';
import { BLOCK_PX, type FinePlane, type Plane } from './blocks';
import { firstPixel } from './pixels';

/**
 * From here on something is there that was not, and up to here something has gone. Measured on a clip of six people at a
 * frame every 2 s: 0.6 to 0.9 where somebody comes or stands in the empty room, 0.02 to 0.34 where he who was learnt with
 * it has left, 0.35 to 0.6 where somebody else stands in that place. A tree that begins to sway has 0.5 to 0.6.
 */
export const NEW = 0.55;
export const GONE = 0.36;

/** Pixels to either side of an outline at which levels are compared: it is blurred over about three. */
const INSIDE = 1;
const OUTSIDE = 2;

/**
 * Whether what differs is something that is there, or the place of something that has gone: along the border of the
 * pixels that differ, how much of what edges have gained or lost is gained. 1: an outline that is new, somebody stands
 * there. 0: an outline that only the background has, whoever was learnt with it has left. Around a half: both, or neither.
 *
 * @param tone puts the background's light on the levels of the frame; null where it is the same
 */
export function outlineOf(
  blocks: number[],
  { background, allowed }: { background: FinePlane; allowed: FinePlane },
  plane: Plane,
  tone: Float32Array | null,
): number {
  let gained = 0;
  let lost = 0;
  const lit = (at: number) => (tone ? (tone[plane[at] ?? 0] ?? 0) : (plane[at] ?? 0));
  const differs = (at: number) => Math.abs(lit(at) - (background[at] ?? 0)) > (allowed[at] ?? 0);
  for (const block of blocks) {
    const first = firstPixel(block);
    const left = first % LUMA_WIDTH;
    const top = (first - left) / LUMA_WIDTH;
    for (let y = top; y < top + BLOCK_PX; y++)
      for (let x = left; x < left + BLOCK_PX; x++) {
        const at = y * LUMA_WIDTH + x;
        if (!differs(at)) continue;
        for (const [toX, toY] of ASIDE) {
          const inX = x - toX * INSIDE;
          const inY = y - toY * INSIDE;
          const outX = x + toX * OUTSIDE;
          const outY = y + toY * OUTSIDE;
          if (Math.min(inX, inY, outX, outY) < 0) continue;
          if (Math.max(inX, outX) >= LUMA_WIDTH || Math.max(inY, outY) >= LUMA_HEIGHT) continue;
          if (differs((y + toY) * LUMA_WIDTH + x + toX)) continue;
          const inside = inY * LUMA_WIDTH + inX;
          const outside = outY * LUMA_WIDTH + outX;
          const more =
            Math.max(
              Math.abs(lit(inside) - lit(outside)),
              Math.abs((plane[inside] ?? 0) - (plane[outside] ?? 0)),
            ) - Math.abs((background[inside] ?? 0) - (background[outside] ?? 0));
          if (more > 0) gained += more;
          else lost -= more;
        }
      }
  }
  return gained + lost === 0 ? 0.5 : gained / (gained + lost);
}

const ASIDE = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;
