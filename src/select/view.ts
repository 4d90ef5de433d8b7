import type { CameraView } from '../shared/messages';
import { BLOCKS, type Plane } from './blocks';
import { edgesOf } from './edges';
import type { Look, Scene } from './scene';
import type { Group } from './tracks';

export interface ViewState {
  /** What hides the picture now; null where it is free. */
  hidden: Exclude<CameraView, 'moved' | 'clear'> | null;
  /** The background before it was hidden, to know it again. */
  before: Float32Array | null;
  /** Since when the picture is another one; null while it is not. Event time. */
  anotherSince: number | null;
  lookedAt: number;
}

/** Share of the picture that must differ before its edges are looked at. */
const LARGE_SHARE = 0.2;
/** With fewer of the edges than this the picture is another one; somebody in front of it leaves two thirds and more. */
const FEW_KEPT = 0.5;
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
  return { hidden: null, before: null, anotherSince: null, lookedAt: 0 };
}

/**
 * Whether the camera was moved, covered, blinded, or stands in the dark, told once it has been so for three seconds.
 *
 * @returns `another`: the picture is not the one that was learnt, so nothing can be said about what it shows
 */
export function lookForView(
  state: ViewState,
  scene: Scene,
  plane: Plane,
  look: Look,
  groups: Group[],
  time: number,
): { another: boolean; told: CameraView | null } {
  if (state.hidden && isFree(state, plane, time)) {
    state.hidden = null;
    state.before = null;
    state.anotherSince = null;
    return { another: true, told: 'clear' };
  }
  const differing = shareOf(groups);
  if (differing < LARGE_SHARE) return same(state);
  const { kept, strength, mean } = edgesOf(scene.background, plane, look.tone);
  if (kept >= FEW_KEPT && strength <= MANY_NEW) return same(state);

  state.anotherSince ??= time;
  const forMs = time - state.anotherSince;
  const moving = shareOf(groups.filter((group) => group.moving));
  if (forMs >= RESTLESS_MS && moving > differing / 2) return { another: false, told: null };
  if (forMs < STEADY_MS || moving > differing / 4) return { another: true, told: null };
  state.anotherSince = null;
  const view = strength >= BLANK ? 'moved' : mean < DARK ? 'dark' : mean > BRIGHT ? 'blinded' : 'covered';
  if (view !== 'moved') {
    state.before ??= Float32Array.from(scene.background);
    if (state.hidden === view) return { another: true, told: null };
    state.hidden = view;
  }
  return { another: true, told: view };
}

function same(state: ViewState) {
  state.anotherSince = null;
  return { another: false, told: null };
}

/** Whether the picture of before can be seen again. Looked at once a second. */
function isFree(state: ViewState, plane: Plane, time: number): boolean {
  if (!state.before || (time >= state.lookedAt && time - state.lookedAt < LOOK_EVERY_MS)) return false;
  state.lookedAt = time;
  return edgesOf(state.before, plane, null).kept >= MOST_KEPT;
}

function shareOf(groups: Group[]): number {
  return groups.reduce((sum, { blocks }) => sum + blocks.length, 0) / BLOCKS;
}
