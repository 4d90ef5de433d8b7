import { BLOCKS, forEachAround, PIXELS_A_BLOCK, type Plane } from './blocks';
import { drawingKept, NO_DRAWING, notBetween } from './pixels';
import type { Look, Scene } from './scene';
import { SPARSE_MS } from './tracks';

/**
 * From this correlation on, a block has kept its drawing. Measured on drawn clouds after a video codec: half of the
 * blocks have 0.77 to 0.93; on six people in front of a wall: 0.2 to 0.5.
 */
const KEPT = 0.65;
/** Fewer blocks with a drawing than this prove nothing: two or three correlate by chance. */
const LEAST_BLOCKS = 10;
/** So many that have kept it are enough where light explains all of the group. */
const LEAST_IF_ALL = 5;
/** The same for what is around a group, of those that have kept it: a tenth of the picture. */
const LEAST_AROUND = 58;
/** Of the blocks that have a drawing, this share must have kept it. In the same clips: 0.6 to 1, and 0.05 to 0.2. */
const LEAST_SHARE = 0.5;
/** Levels by which the mean of a block changes where the light does: noise and compression stay below. */
const CHANGED = 2;
/** Light is smooth: that of a block is the one of the blocks so many columns and rows around it. */
const NEAR = 2;

/** What other light explains of a group. */
export interface Shade {
  lit: number[];
  /** What it does not explain: somebody who is in it. */
  rest: number[];
  /** How much the block of the rest differs that differs most, in levels. */
  unexplained: number;
}

/**
 * Whether a group is other light on the same scene (the shadow of a cloud, the sun that comes out); null where it is not.
 * Light scales what is drawn, and leaves the drawing: so the fine differences of most blocks, or of most blocks
 * around, must correlate with those of the background. Whoever walks in the light or shadow is left over, because his
 * level is not the one of the ground there. Where the ground has no drawing nothing can be proven, and nothing is
 * taken for light.
 *
 * @param least excess from which a block differs, in levels × pixels
 * @param stepMs since the frame before
 */
export function shadeIn(
  blocks: number[],
  scene: Scene,
  plane: Plane,
  look: Look,
  least: number,
  stepMs: number,
): Shade | null {
  STATE.fill(OUTSIDE);
  const own = { drawn: 0, kept: 0 };
  const all = { drawn: 0, kept: 0 };
  for (const [index, block] of areaOf(blocks, scene, look).entries()) {
    const correlation = drawingKept(block, scene.background, plane);
    STATE[block] = correlation >= KEPT ? LIT : INSIDE;
    if (correlation === NO_DRAWING) continue;
    for (const counts of index < blocks.length ? [own, all] : [all]) {
      counts.drawn++;
      if (correlation >= KEPT) counts.kept++;
    }
  }
  const mostKept = own.kept >= own.drawn * LEAST_SHARE;
  const isOwn = own.drawn >= LEAST_BLOCKS && mostKept;
  const ifAll = own.kept >= LEAST_IF_ALL && mostKept;
  // From one frame to the next somebody may come and go, and leave a patch of other light behind: only the group counts.
  const isAround = stepMs <= SPARSE_MS && all.kept >= LEAST_AROUND && all.kept >= all.drawn * LEAST_SHARE;
  if (!isOwn && !isAround && !ifAll) return null;
  const shade: Shade = { lit: [], rest: [], unexplained: 0 };
  for (const block of blocks) {
    const off = STATE[block] === LIT ? 0 : notBetween(block, scene, plane, gainsAround(block, scene, look));
    if (off >= least) shade.unexplained = Math.max(shade.unexplained, off / PIXELS_A_BLOCK);
    if (off >= least) shade.rest.push(block);
    else shade.lit.push(block);
  }
  const isProven = isOwn || isAround || shade.rest.length === 0;
  return isProven ? shade : null;
}

/** These blocks, and what hangs together with them and has become brighter or darker, if only a little. */
function areaOf(blocks: number[], { means: before }: Scene, { means }: Look): number[] {
  const area = [...blocks];
  for (const block of area) STATE[block] = INSIDE;
  for (let at = 0; at < area.length; at++)
    forEachAround(area[at] ?? 0, 1, (other) => {
      if (STATE[other] === INSIDE || Math.abs((means[other] ?? 0) - (before[other] ?? 0)) < CHANGED) return;
      STATE[other] = INSIDE;
      area.push(other);
    });
  return area;
}

/**
 * How many times as bright it is around a block as in the background. Where light ends, on a border or in a soft shadow,
 * these differ, and anything between them can be.
 */
function gainsAround(block: number, { means }: Scene, { raw }: Look): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  forEachAround(block, NEAR, (other) => {
    if (STATE[other] === INSIDE) return;
    const gain = (raw[other] ?? 0) / Math.max(1, means[other] ?? 0);
    low = Math.min(low, gain);
    high = Math.max(high, gain);
  });
  return high === 0 ? { low: 1, high: 1 } : { low, high };
}

/** What is known of each block; only within one call. In the light, and the drawing is kept or is not. */
const OUTSIDE = 0;
const INSIDE = 1;
const LIT = 2;
const STATE = new Uint8Array(BLOCKS);
