import { BLOCKS, largestAround, type Plane } from './blocks';
import { BLOCK_PER_LEVEL, type Look, learn, rebase, type Scene } from './scene';
import { type Group, leftAfter, type Tracks } from './tracks';

/** Blocks that began to differ this often within about half a minute are restless; in an event three times as often. */
const RESTLESS_CROSSINGS = 4;
const RESTLESS_CROSSINGS_IN_EVENT = 12;
/** How fast unrest is learnt, as a share of what is missing each frame, and forgotten. */
const UNREST_SHARE = 0.1;
const UNREST_S = 60;
/** In the first seconds what moves is taken for restless until it has gone somewhere. */
const FIRST_MS = 5000;

/**
 * What has come and has stood so long without the least movement is scenery: a parked car. Longer than anybody stands
 * without moving; until then it costs a frame a minute.
 */
const SCENERY_S = 600;
/** The same for what changed where it was: a door, the digits of a clock. */
const CHANGED_S = 20;
/** How much of such a change is taken in each time. */
const FAST = 0.3;
/** A change of a block within this time is movement. */
const MOVING_MS = 1000;
/** The background is put into the light of today this often, in milliseconds. */
const REBASE_MS = 10_000;

/**
 * Learns the background, its noise and its unrest from a frame.
 *
 * @param unclear the picture shows too little of the background to learn it
 */
export function learnFrom(
  state: { scene: Scene; tracks: Tracks; accepted: Float64Array; time: number },
  look: Look,
  plane: Plane,
  threshold: number,
  lit: Group[],
  unclear: boolean,
  stepS: number,
): void {
  const { scene, tracks, time } = state;
  const least = BLOCK_PER_LEVEL * threshold;
  const leftMs = leftAfter(stepS * 1000);
  LIT.fill(0);
  for (const { blocks } of lit) for (const block of blocks) LIT[block] = 1;
  for (let block = 0; block < HERE.length; block++) {
    const at = state.accepted[tracks.origin[block] ?? block] ?? 0;
    HERE[block] = tracks.differs[block] && at > 0 && time - at < leftMs ? 1 : 0;
  }
  learnUnrest(scene, tracks, look, least, time, stepS);
  if (unclear) return;
  learn(scene, plane, look.tone, time, (block, usual, lessonS) => {
    if ((look.excess[block] ?? 0) < least) {
      scene.stillS[block] = 0;
      return usual;
    }
    if (LIT[block]) return Math.max(usual, FAST);
    if (!HERE[block] && (scene.unrest[block] ?? 0) > 0) return usual;
    const still =
      time - (tracks.changedAt[block] ?? 0) < MOVING_MS ? 0 : (scene.stillS[block] ?? 0) + lessonS;
    scene.stillS[block] = still;
    if (HERE[block]) return still >= SCENERY_S ? 1 : 0;
    return still >= CHANGED_S ? FAST : 0;
  });
  if (look.tone && time - scene.rebasedAt >= REBASE_MS) rebase(scene, look.tone, time);
}

/** Whether too little has been seen of a scene to say what is usual in it. */
export function brandNew({ learntS }: Scene): boolean {
  return learntS < 1;
}

function learnUnrest(
  scene: Scene,
  tracks: Tracks,
  look: Look,
  least: number,
  time: number,
  stepS: number,
): void {
  largestAround(scene.crossings, AROUND);
  const fade = Math.exp(-stepS / UNREST_S);
  const first = time - scene.since < FIRST_MS;
  for (let block = 0; block < AROUND.length; block++) {
    const often = HERE[block] ? RESTLESS_CROSSINGS_IN_EVENT : RESTLESS_CROSSINGS;
    const again = (AROUND[block] ?? 0) >= often;
    const early = first && tracks.early[block] === 1;
    scene.unrest[block] = unrestAfter(
      scene.unrest[block] ?? 0,
      look.excess[block] ?? 0,
      again,
      early,
      fade,
      least,
    );
    const lasting = look.lasting[block] ?? 0;
    scene.lastingUnrest[block] = unrestAfter(
      scene.lastingUnrest[block] ?? 0,
      lasting,
      again,
      early,
      fade,
      least,
    );
  }
  const [last, lastButOne] = scene.before;
  lastButOne.set(look.excess);
  scene.before = [lastButOne, last];
}

function unrestAfter(
  old: number,
  excess: number,
  again: boolean,
  early: boolean,
  fade: number,
  least: number,
): number {
  const unrest = old * fade < least / 4 ? 0 : old * fade;
  if (again && excess >= least / 2)
    return Math.max(least / 4, unrest + UNREST_SHARE * Math.max(0, excess - unrest));
  if (early && excess >= least) return Math.max(unrest, excess / 2);
  return unrest;
}

/** Only within one call. */
const AROUND = new Float32Array(BLOCKS);
const LIT = new Uint8Array(BLOCKS);
const HERE = new Uint8Array(BLOCKS);
