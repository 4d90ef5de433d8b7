import type { CameraView } from '../shared/messages';
import { BLOCKS, type Plane } from './blocks';
import { absorbGhosts } from './ghosts';
import { brandNew, learnFrom } from './lesson';
import { GONE, NEW, outlineOf } from './outline';
import { BLOCK_PER_LEVEL, type Look, lookAt, newScene, relearn, relight, type Scene } from './scene';
import { shadeIn } from './shade';
import { detailOf, structureChange } from './structure';
import { type Group, leftAfter, newTracks, partOf, reachOf, SPARSE_MS, type Tracks, track } from './tracks';
import { lookForView, newView, type ViewState } from './view';
import { type Mask, zonesIn } from './zones';

/**
 * All that is known of a camera's picture. Its arrays are changed in place (see {@link Scene}); two of them that have
 * seen the same frames at the same times are the same.
 */
export interface Watch {
  scene: Scene;
  tracks: Tracks;
  view: ViewState;
  /** When something that has come was last seen, by the block in which it came; 0 for never. */
  accepted: Float64Array;
  /** How many groups a frame shows that the one before did not, over some seconds: rain and snow. */
  scatter: number;
  /** When a block was last found to be in other light, and nothing else; 0 for never. */
  litAt: Float64Array;
  /** Since when a large part of the picture is in other light; null while it is not. */
  lightSince: number | null;
  /** Event time of the newest frame. */
  time: number;
}

/** What one frame shows of a camera's scene. */
export interface Sight {
  /** Event time, epoch milliseconds. */
  time: number;
  /** How much the strongest change differs, in levels; 0 to 255. */
  score: number;
  /** Something has come that was not there: it moves, and it is no tree, no rain and no lamp. */
  arrival: boolean;
  /** What has come moves. */
  moving: boolean;
  /** A good part of what has come is where nothing was in the frame before. */
  shifted: boolean;
  /** How much of what has come is still there, in levels; without an upper bound. */
  strength: number;
  /** How much can be seen of what has come: larger is sharper. Of the same event only. */
  detail: number;
  /** Something moves that has done so from the first frame on: a tree or a person, who knows. */
  lively: boolean;
  /** A part of the picture has come into other light, and stays so. */
  light: boolean;
  /** What has become of the camera's view; null where nothing new. */
  view: CameraView | null;
  /** Names of the zones in which something that has come is seen. */
  zones: string[];
}

/** From this many thresholds on, something that grows is seen for what it is after two frames. */
const LARGE = 6;
/** From this many thresholds on, nothing is waited for: somebody close to the camera. */
const HUGE = 50;
/** The same where frames are so far apart that there may be no second one. */
const LARGE_IF_SPARSE = 4;
/** A group with more fresh blocks than this was not there in the frame before. */
const SUDDEN = 0.5;
/** What has come and has more fresh blocks than this is elsewhere, or somebody else is beside it. */
const SHIFTED = 1 / 3;
/** New groups a frame from which it rains. In a clip of six people there are never more than three. */
const MANY_GROUPS = 4;
const SCATTER_S = 5;
/** Below this share of changed outlines the light is another one, and nothing else. Measured: light 0.05 to 0.3, people 0.5 to 0.9. */
const ONLY_LIGHT = 0.5;
/** The same for what was light a moment ago: it does not become a person from one frame to the next. */
const STILL_LIGHT = 0.6;
const A_MOMENT_MS = 1000;
/** Share of the picture that must be in other light, and for how long, to be told. */
const LIT_SHARE = 0.2;
const LIT_MS = 500;

/** @param time event time, epoch milliseconds */
export function newWatch(plane: Plane, time: number): Watch {
  const scene = newScene(plane, time);
  return {
    scene,
    tracks: newTracks(lookAt(scene, plane), time),
    view: newView(),
    accepted: new Float64Array(BLOCKS),
    scatter: 0,
    litAt: new Float64Array(BLOCKS),
    lightSince: null,
    time,
  };
}

/**
 * Looks at a frame, and learns from it.
 *
 * @param threshold levels, spread over 5 × 5 pixels, from which a change counts; 0.5 to 255
 * @param time event time, epoch milliseconds; not before the one of the frame before
 */
export function watch(state: Watch, plane: Plane, threshold: number, mask: Mask, time: number): Sight {
  const { scene, tracks } = state;
  const stepMs = Math.max(0, time - state.time);
  state.time = time;
  const look = lookAt(scene, plane);
  const groups = track(tracks, scene, look, threshold, mask.counts, time);
  const view = lookForView(state.view, scene, plane, look, groups, time);
  const sight: Sight = {
    time,
    score: Math.min(255, Math.max(0, ...groups.map(({ strength }) => strength))),
    arrival: false,
    moving: false,
    shifted: false,
    strength: 0,
    detail: 0,
    lively: false,
    light: false,
    view: view.told,
    zones: [],
  };
  const lit = view.another ? [] : judge(state, groups, look, plane, threshold, mask, stepMs, sight);
  if (view.told) relearn(scene, plane, time);
  else if (view.relit || noteLight(state, lit, time)) {
    sight.light = true;
    relearn(scene, plane, time);
  }
  if (!view.another) absorbGhosts(state, groups, look, plane, threshold, stepMs);
  learnFrom(state, look, plane, threshold, lit, view.another || view.crowded, stepMs / 1000);
  return sight;
}

/** What each group is. Returns those that are light only. */
function judge(
  state: Watch,
  groups: Group[],
  look: Look,
  plane: Plane,
  threshold: number,
  mask: Mask,
  stepMs: number,
  sight: Sight,
): Group[] {
  const { scene, tracks } = state;
  const sudden = groups.filter(({ fresh }) => fresh > SUDDEN).length;
  state.scatter += (1 - Math.exp(-stepMs / 1000 / SCATTER_S)) * (sudden - state.scatter);
  const rains = Math.max(state.scatter, sudden) >= MANY_GROUPS;
  const differing = groups.reduce((sum, { blocks }) => sum + blocks.length, 0);

  const lit: Group[] = [];
  const shaded: number[] = [];
  for (const whole of groups) {
    let group = whole;
    const known = isAccepted(state, group, stepMs);
    if (!known) {
      if (group.strength < threshold) continue;
      const comes = hasCome(state, group, look, plane, threshold, rains, stepMs);
      const doubtful = comes || !group.moving || differing > BLOCKS / 10;
      const change = doubtful ? structureChange(group.blocks, scene.background, plane, look.tone) : 1;
      if (change < ONLY_LIGHT) {
        noteLit(state, group);
        lit.push(group);
        continue;
      }
      const shade = doubtful
        ? shadeIn(group.blocks, scene, plane, look, BLOCK_PER_LEVEL * threshold, stepMs)
        : null;
      if (!shade && change < STILL_LIGHT && wasLit(state, group)) {
        lit.push(group);
        continue;
      }
      if (shade) {
        shaded.push(...shade.lit);
        group = partOf(group, shade.rest, tracks, look);
        if (shade.unexplained < threshold) continue;
      }
      if (!comes) {
        sight.lively ||= group.moving && group.early && group.strength >= threshold * LARGE;
        continue;
      }
      sight.arrival = true;
    }
    accept(state, group);
    if (group.moving) sight.moving = true;
    if (group.fresh > SHIFTED && group.strength >= threshold * LARGE_IF_SPARSE) sight.shifted = true;
    sight.strength = Math.max(sight.strength, group.strength);
    sight.detail += detailOf(group.blocks, plane);
    for (const zone of zonesIn(mask, group.blocks)) if (!sight.zones.includes(zone)) sight.zones.push(zone);
  }
  relight(scene, look, shaded, stepMs / 1000);
  return lit;
}

/**
 * Whether a group is something that has come: it has gone on from where it was first seen, which trees, lamps, and the
 * digits of a clock do not. What is large and grows need not go as far. Where frames are far apart there is no way to be
 * followed: then what is large has come at once, unless its outline says that something has gone. What was there in the
 * first frames may be a tree: then the outline must be that of something new.
 */
function hasCome(
  state: Watch,
  group: Group,
  look: Look,
  plane: Plane,
  threshold: number,
  rains: boolean,
  stepMs: number,
): boolean {
  if (!group.moving) return false;
  const { strength, moved, growing } = group;
  const reach = reachOf(stepMs);
  const calm = !rains && !group.early && !isRestless(state.scene, group);
  const far = rains ? 3 * reach + 2 : reach + (calm ? 1 : 2);
  if (moved >= far) return true;
  if (rains) return false;
  if (stepMs > SPARSE_MS) {
    if (strength < threshold * LARGE_IF_SPARSE || isCaption(group)) return false;
    const outline = outlineOf(group.blocks, state.scene, plane, look.tone);
    if (group.early) return outline >= NEW;
    return outline > GONE && (calm || strength >= threshold * HUGE);
  }
  if (group.early) return false;
  if (strength >= threshold * HUGE) return true;
  return growing && moved >= 1 && strength >= threshold * LARGE;
}

function isRestless(scene: Scene, { blocks }: Group): boolean {
  return blocks.some((block) => (scene.unrest[block] ?? 0) > 0);
}

/** Cameras write name and time along the upper or lower edge. */
function isCaption({ top, bottom }: Group): boolean {
  return bottom - top < 3 && (top <= 1 || bottom >= 16);
}

function noteLit({ litAt, time }: Watch, { blocks }: Group): void {
  for (const block of blocks) litAt[block] = time;
}

/** Whether most of a group was light a moment ago. */
function wasLit({ litAt, time }: Watch, { blocks }: Group): boolean {
  const were = blocks.filter((block) => time - (litAt[block] ?? 0) <= A_MOMENT_MS);
  return were.length * 2 > blocks.length;
}

function isAccepted({ accepted, tracks, time }: Watch, { blocks }: Group, stepMs: number): boolean {
  const leftMs = leftAfter(stepMs);
  return blocks.some((block) => {
    const at = accepted[tracks.origin[block] ?? block] ?? 0;
    return at > 0 && time - at <= leftMs;
  });
}

function accept({ accepted, tracks, time }: Watch, { blocks }: Group): void {
  for (const block of blocks) accepted[tracks.origin[block] ?? block] = time;
}

/** Whether other light has been over a good part of the picture for a moment. */
function noteLight(state: Watch, lit: Group[], time: number): boolean {
  const blocks = lit.reduce((sum, group) => sum + group.blocks.length, 0);
  if (blocks < BLOCKS * LIT_SHARE || brandNew(state.scene)) {
    state.lightSince = null;
    return false;
  }
  state.lightSince ??= time;
  if (time - state.lightSince < LIT_MS) return false;
  state.lightSince = null;
  return true;
}
