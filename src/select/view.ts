import type { CameraView } from '../shared/messages';
import { BLOCKS, type Plane } from './blocks';
import { edgesOf } from './edges';
import { drawingKept, NO_DRAWING } from './pixels';
import type { Look, Scene } from './scene';
import type { Group } from './tracks';

export interface ViewState {
  /** What hides the picture now; null where it is free. */
  hidden: Exclude<CameraView, 'moved' | 'clear'> | null;
  /** The background before it was hidden, to know it again. */
  before: Float32Array | null;
  /** Since when the picture is another one; null while it is not. Event time. */
  anotherSince: number | null;
  /** It became so from one frame to the next. */
  atOnce: boolean;
  lookedAt: number;
}

/** Share of the picture that must differ before its edges are looked at. */
const LARGE_SHARE = 0.2;
/** With fewer of the edges than this the picture is another one; somebody in front of it leaves two thirds and more. */
const FEW_KEPT = 0.5;
/**
 * A block has kept its drawing from this correlation on, and this share of all does by chance. Measured: of a camera that
 * was knocked or covered 0 to 0.06; 0.1 to 0.5 where a person or a bus fills the picture.
 */
const STAYS = 0.65;
const BY_CHANCE = 0.08;
/** Of the blocks that differ, this share has it in other light. Measured: a lamp at night 0.62, infrared after day 0.98. */
const MOST_STAYS = 0.55;
/** A share of fewer blocks than this proves nothing. */
const LEAST_DRAWN = 40;
/** Other light must last so long: it may be a flash. */
const LIT_MS = 500;
/** What fills the picture for longer than this is learnt after all: a bus that is parked. */
const CROWDED_MS = 600_000;
/** With this many of the edges it is the same one again. */
const MOST_KEPT = 0.6;
/** A picture with this many times the edges is another one too. */
const MANY_NEW = 3;
/** With less than this share of the edges there is nothing to be seen. */
const BLANK = 0.3;
/** Mean levels. */
const DARK = 20;
const BRIGHT = 235;
/** It must be another one, and stand still, for so long: a lorry passes. */
const STEADY_MS = 3000;
/** Then a picture that does not come to rest is taken for what it is: something happens. */
const RESTLESS_MS = 6000;
const LOOK_EVERY_MS = 1000;

export function newView(): ViewState {
  return { hidden: null, before: null, anotherSince: null, atOnce: false, lookedAt: 0 };
}

/** What a frame says of the view. */
export interface ViewSight {
  /** The picture is not the one that was learnt, so nothing can be said about what it shows. */
  another: boolean;
  /** It is the one that was learnt, but so little of it is left to be seen that nothing can be learnt from it. */
  crowded: boolean;
  /** It is the one that was learnt, for a moment now, in such other light that only its drawing is the same. */
  relit: boolean;
  told: CameraView | null;
}

/** Whether the camera was moved, covered, blinded, or stands in the dark, told once it has been so for three seconds. */
export function lookForView(
  state: ViewState,
  scene: Scene,
  plane: Plane,
  look: Look,
  groups: Group[],
  time: number,
): ViewSight {
  if (state.hidden && isFree(state, plane, time)) {
    state.hidden = null;
    state.before = null;
    state.anotherSince = null;
    return { ...OTHER, told: 'clear' };
  }
  const differing = shareOf(groups);
  if (differing < LARGE_SHARE) return same(state);
  const { kept, strength, mean } = edgesOf(scene.background, plane, look.tone);
  if (kept >= FEW_KEPT && strength <= MANY_NEW) return same(state);

  if (state.anotherSince === null) {
    state.anotherSince = time;
    state.atOnce = freshShareOf(groups) > differing / 2;
  }
  const forMs = time - state.anotherSince;
  const stays = drawingThatStays(scene, plane, groups);
  if (stays.anywhere > BY_CHANCE) {
    // What comes little by little, the shadow of a cloud, is taken off block by block.
    if (stays.where >= MOST_STAYS) return state.atOnce ? { ...OTHER, relit: forMs >= LIT_MS } : SAME;
    return { ...SAME, crowded: forMs < CROWDED_MS };
  }
  const moving = shareOf(groups.filter((group) => group.moving));
  if (forMs >= RESTLESS_MS && moving > differing / 2) return SAME;
  if (forMs < STEADY_MS || moving > differing / 4) return OTHER;
  state.anotherSince = null;
  const view = strength >= BLANK ? 'moved' : mean < DARK ? 'dark' : mean > BRIGHT ? 'blinded' : 'covered';
  if (view !== 'moved') {
    state.before ??= Float32Array.from(scene.background);
    if (state.hidden === view) return OTHER;
    state.hidden = view;
  }
  return { ...OTHER, told: view };
}

const SAME: ViewSight = { another: false, crowded: false, relit: false, told: null };
const OTHER: ViewSight = { ...SAME, another: true };

function same(state: ViewState): ViewSight {
  state.anotherSince = null;
  return SAME;
}

/**
 * Share of the blocks with a drawing that have it still, whatever the light on them: anywhere in the picture, and where it
 * differs.
 */
function drawingThatStays({ background }: Scene, plane: Plane, groups: Group[]) {
  DIFFERS.fill(0);
  for (const { blocks } of groups) for (const block of blocks) DIFFERS[block] = 1;
  const where = { drawn: 0, stays: 0 };
  const anywhere = { drawn: 0, stays: 0 };
  for (let block = 0; block < BLOCKS; block++) {
    const correlation = drawingKept(block, background, plane);
    if (correlation === NO_DRAWING) continue;
    for (const counts of DIFFERS[block] ? [where, anywhere] : [anywhere]) {
      counts.drawn++;
      if (correlation >= STAYS) counts.stays++;
    }
  }
  return {
    anywhere: anywhere.stays / Math.max(1, anywhere.drawn),
    where: where.stays / Math.max(LEAST_DRAWN, where.drawn),
  };
}

function freshShareOf(groups: Group[]): number {
  return groups.reduce((sum, { blocks, fresh }) => sum + fresh * blocks.length, 0) / BLOCKS;
}

/** Only within one call. */
const DIFFERS = new Uint8Array(BLOCKS);

/** Whether the picture of before can be seen again. Looked at once a second. */
function isFree(state: ViewState, plane: Plane, time: number): boolean {
  if (!state.before || (time >= state.lookedAt && time - state.lookedAt < LOOK_EVERY_MS)) return false;
  state.lookedAt = time;
  return edgesOf(state.before, plane, null).kept >= MOST_KEPT;
}

function shareOf(groups: Group[]): number {
  return groups.reduce((sum, { blocks }) => sum + blocks.length, 0) / BLOCKS;
}
