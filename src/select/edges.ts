import { LUMA_HEIGHT, LUMA_WIDTH } from '../shared/luma';
import type { FinePlane, Plane } from './blocks';

/** What became of the picture's edges: light leaves them where they are, a camera that was turned does not. */
export interface Edges {
  /** Share of the background's edges that the frame still has, 0 to 1; 1 where the background has too few to tell. */
  kept: number;
  /** Strength of all edges of the frame, as a share of the background's. */
  strength: number;
  /** Mean level of the frame, 0 to 255. */
  mean: number;
}

/** Levels from one pixel to the next but one, from which it is an edge. */
const EDGE = 14;
/** An edge is still there when it has this share of its strength, the light taken off. */
const KEPT = 0.35;
/** Fewer than this, and nothing can be told: fog, night. */
const MIN_EDGES = 60;

/**
 * @param tone puts the background's light on the levels of the frame; null where it is the same
 */
export function edgesOf(background: FinePlane, plane: Plane, tone: Float32Array | null): Edges {
  let edges = 0;
  let kept = 0;
  let before = 0;
  let now = 0;
  let sum = 0;
  const width = LUMA_WIDTH;
  for (let y = 1; y < LUMA_HEIGHT - 1; y++) {
    for (let at = y * width + 1, end = (y + 1) * width - 1; at < end; at += 1) {
      sum += plane[at] ?? 0;
      for (const step of STEPS) {
        const old = (background[at + step] ?? 0) - (background[at - step] ?? 0);
        const raw = (plane[at + step] ?? 0) - (plane[at - step] ?? 0);
        before += old < 0 ? -old : old;
        now += raw < 0 ? -raw : raw;
        if (old < EDGE && old > -EDGE) continue;
        const lit = tone ? (tone[plane[at + step] ?? 0] ?? 0) - (tone[plane[at - step] ?? 0] ?? 0) : raw;
        edges++;
        if ((old > 0 ? lit : -lit) >= KEPT * (old > 0 ? old : -old)) kept++;
      }
    }
  }
  const pixels = (LUMA_WIDTH - 2) * (LUMA_HEIGHT - 2);
  return {
    kept: edges < MIN_EDGES ? 1 : kept / edges,
    strength: before === 0 ? 1 : now / before,
    mean: sum / pixels,
  };
}

const STEPS = [1, LUMA_WIDTH];
