import { BLOCKS, COLUMNS, distance, forEachAround, groupsOf, PIXELS_A_BLOCK } from './blocks';
import { BLOCK_PER_LEVEL, type Look, type Scene } from './scene';

/** How things move over the blocks. Changed in place; times are event times, epoch milliseconds, 0 for never. */
export interface Tracks {
  /** Which blocks differ in the newest frame, and which did so with what is usual there included. */
  differs: Uint8Array;
  raw: Uint8Array;
  /** When a block last differed. */
  seenAt: Float64Array;
  /** Where that which is in a block was first seen: a block. */
  origin: Int16Array;
  /** When that which was first seen in a block last became larger. */
  grewAt: Float64Array;
  /** Which blocks differed in the first second: what moves from the very beginning may be a tree. */
  early: Uint8Array;
  /** Means of the blocks a moment ago, to tell what moves from what stands, and when a mean last changed. */
  means: Float32Array;
  meansAt: number;
  changedAt: Float64Array;
  frames: number;
  time: number;
}

/** Blocks that differ and hang together. */
export interface Group {
  blocks: number[];
  /** How much it differs, in levels spread over one block. */
  strength: number;
  /** How many blocks it has gone from where it was first seen. */
  moved: number;
  /** Something in it changed within the last moment. */
  moving: boolean;
  /** Touches what has moved from the first frames on. */
  early: boolean;
  /** Share of its blocks that did not differ in the frame before, 0 to 1. */
  fresh: number;
  /** It has become larger in this frame and in the one before. */
  growing: boolean;
  /** Its first and last row of blocks. */
  top: number;
  bottom: number;
}

/** A block that has not differed for so long has lost its origin: leaves come back within seconds. */
const FORGET_MS = 3000;
const FORGET_FRAMES = 3;
/** The same for what has come: at 4 s from frame to frame somebody who stands still was in the one before. */
const LEFT_MS = 3000;
const LEFT_FRAMES = 1.5;
/** Longer than from keyframe to keyframe: a gap in the stream. */
const LONGEST_STEP_MS = 10_000;
/** The first frames, and for how long it matters that something moved in them. */
const FIRST_MS = 1000;
const FIRST_FRAMES = 3;
const FIRST_MATTER_MS = 20_000;
/** A change of a block's mean since this long before is movement. */
const LOOK_BACK_MS = 400;
/** Levels by which the mean of a block changes when something moves in it. */
const MEAN_CHANGE = 2.5;
const MOVING_MS = 900;
/** Time constant of counting how often a block begins to differ, in seconds. */
const CROSSINGS_S = 30;

export function newTracks(look: Look, time: number): Tracks {
  return {
    differs: new Uint8Array(BLOCKS),
    raw: new Uint8Array(BLOCKS),
    seenAt: new Float64Array(BLOCKS),
    origin: new Int16Array(BLOCKS),
    grewAt: new Float64Array(BLOCKS),
    early: new Uint8Array(BLOCKS),
    means: Float32Array.from(look.means),
    meansAt: time,
    changedAt: new Float64Array(BLOCKS),
    frames: 0,
    time,
  };
}

/**
 * Follows what differs from one frame to the next, and groups it.
 *
 * @param threshold levels from which a change counts
 * @param counts 0 for blocks that do not count
 * @param time event time, not before the one of the frame before
 */
export function track(
  tracks: Tracks,
  scene: Scene,
  look: Look,
  threshold: number,
  counts: Uint8Array,
  time: number,
): Group[] {
  const stepMs = Math.max(0, time - tracks.time);
  const before = tracks.differs;
  const differs = differing(tracks, scene, look, BLOCK_PER_LEVEL * threshold, counts, stepMs);
  const first = time - scene.since <= FIRST_MS || tracks.frames < FIRST_FRAMES;
  inheritOrigins(tracks, differs, before, time, stepMs, first);
  noteChanges(tracks, look, time);
  const firstMatter = time - scene.since <= FIRST_MATTER_MS;
  const groups = groupsOf(differs).map((blocks) =>
    groupOf(blocks, tracks, look, before, time, stepMs, firstMatter),
  );
  for (const origin of GREW) tracks.grewAt[origin] = time;
  GREW.clear();
  tracks.differs = differs;
  tracks.time = time;
  tracks.frames++;
  return groups;
}

/** Some blocks of a group, as a group of their own. */
export function partOf(group: Group, blocks: number[], { origin }: Tracks, look: Look): Group {
  const strength = blocks.reduce((sum, block) => sum + (look.beyond[block] ?? 0), 0) / PIXELS_A_BLOCK;
  const moved = blocks.reduce((far, block) => Math.max(far, distance(block, origin[block] ?? block)), 0);
  return { ...group, blocks, strength, moved };
}

/** Where frames are further apart than this, nothing can be followed from one to the next. */
export const SPARSE_MS = 600;

/** How many blocks something may have gone on between two frames that are so far apart: 1 to 3. */
export function reachOf(stepMs: number): number {
  return stepMs <= 250 ? 1 : stepMs <= SPARSE_MS ? 2 : 3;
}

/** What has come and is not seen for so long has left, in milliseconds; not from one frame to the next. */
export function leftAfter(stepMs: number): number {
  return Math.max(LEFT_MS, LEFT_FRAMES * Math.min(stepMs, LONGEST_STEP_MS));
}

function differing(
  tracks: Tracks,
  scene: Scene,
  look: Look,
  least: number,
  counts: Uint8Array,
  stepMs: number,
): Uint8Array {
  const differs = new Uint8Array(BLOCKS);
  const fade = Math.exp(-stepMs / 1000 / CROSSINGS_S);
  for (let block = 0; block < differs.length; block++) {
    const rises = (look.excess[block] ?? 0) >= least;
    const begins = rises && !tracks.raw[block] ? 1 : 0;
    scene.crossings[block] = (scene.crossings[block] ?? 0) * fade + begins;
    tracks.raw[block] = rises ? 1 : 0;
    if (counts[block] && (look.beyond[block] ?? 0) >= least) differs[block] = 1;
  }
  return differs;
}

/**
 * A block that begins to differ takes over the origin of what was beside it in the frame before: of several the
 * nearest. So what sways or flickers stays where it is, however many blocks of it touch.
 */
function inheritOrigins(
  tracks: Tracks,
  differs: Uint8Array,
  before: Uint8Array,
  time: number,
  stepMs: number,
  first: boolean,
): void {
  const origins = tracks.origin.slice();
  const reach = reachOf(stepMs);
  const memoryMs = Math.max(FORGET_MS, FORGET_FRAMES * stepMs);
  for (let block = 0; block < differs.length; block++) {
    if (!differs[block]) continue;
    const seenAt = tracks.seenAt[block] ?? 0;
    if (seenAt === 0 || time - seenAt > memoryMs) {
      let origin = block;
      let nearest = Number.POSITIVE_INFINITY;
      forEachAround(block, reach, (other) => {
        if (!before[other]) return;
        const from = origins[other] ?? other;
        const far = distance(from, block);
        if (far >= nearest) return;
        nearest = far;
        origin = from;
      });
      tracks.origin[block] = origin;
    }
    tracks.seenAt[block] = time;
    if (first) tracks.early[block] = 1;
  }
}

function noteChanges(tracks: Tracks, look: Look, time: number): void {
  for (let block = 0; block < look.means.length; block++)
    if (Math.abs((look.means[block] ?? 0) - (tracks.means[block] ?? 0)) >= MEAN_CHANGE)
      tracks.changedAt[block] = time;
  if (time >= tracks.meansAt && time - tracks.meansAt < LOOK_BACK_MS) return;
  tracks.means.set(look.means);
  tracks.meansAt = time;
}

function groupOf(
  blocks: number[],
  tracks: Tracks,
  look: Look,
  before: Uint8Array,
  time: number,
  stepMs: number,
  firstMatter: boolean,
): Group {
  const movingSince = time - Math.max(MOVING_MS, stepMs);
  let beyond = 0;
  let moved = 0;
  let fresh = 0;
  let moving = false;
  let early = false;
  let grew = false;
  for (const block of blocks) {
    const origin = tracks.origin[block] ?? block;
    beyond += look.beyond[block] ?? 0;
    moved = Math.max(moved, distance(block, origin));
    if ((tracks.changedAt[block] ?? 0) >= movingSince) moving = true;
    if (!before[block]) fresh++;
    if (tracks.grewAt[origin] === tracks.time) grew = true;
    if (firstMatter && !early)
      forEachAround(block, 2, (other) => {
        if (tracks.early[other]) early = true;
      });
  }
  if (fresh > 0) for (const block of blocks) GREW.add(tracks.origin[block] ?? block);
  const rowOf = (block: number | undefined) => Math.floor((block ?? 0) / COLUMNS);
  return {
    blocks,
    strength: beyond / PIXELS_A_BLOCK,
    moved,
    moving,
    early,
    fresh: fresh / blocks.length,
    growing: fresh > 0 && grew,
    top: rowOf(blocks[0]),
    bottom: blocks.reduce((lowest, block) => Math.max(lowest, rowOf(block)), 0),
  };
}

/** Origins of what grew in the frame in hand; only within one call. */
const GREW = new Set<number>();
