import type { Plane } from './blocks';
import { GONE, outlineOf } from './outline';
import { type Look, type Scene, takeOver } from './scene';
import { type Group, SPARSE_MS, type Tracks } from './tracks';

/** What changed within this time is no ghost: somebody may be walking there. */
const STILL_MS = 1000;
/** From this many thresholds on, an outline can be told. */
const LARGE = 4;

/**
 * Puts what is there now into the background where somebody has left who was learnt with it: else his place, a ghost,
 * would differ for minutes, and hide whoever comes there. Only where frames are far apart: else who comes is told from the
 * ghost by his way, and the shadow of a cloud, which takes outlines away too, would be learnt while it passes.
 *
 * @param threshold levels from which a change counts
 * @param stepMs since the frame before
 */
export function absorbGhosts(
  { scene, tracks, time }: { scene: Scene; tracks: Tracks; time: number },
  groups: Group[],
  look: Look,
  plane: Plane,
  threshold: number,
  stepMs: number,
): void {
  if (stepMs <= SPARSE_MS) return;
  for (const { blocks, strength } of groups) {
    if (strength < threshold * LARGE) continue;
    const changed = blocks.some((block) => time - (tracks.changedAt[block] ?? 0) < STILL_MS);
    if (changed || outlineOf(blocks, scene, plane, look.tone) > GONE) continue;
    takeOver(scene, look, plane, blocks);
  }
}
