import type { Verdict } from '../shared/messages';

/** Pictures are compared at this size: 64 pixels of a 640×360 picture are one cell, which averages sensor noise away. */
export const SCENE_WIDTH = 80;
export const SCENE_HEIGHT = 45;
const CELLS = SCENE_WIDTH * SCENE_HEIGHT;

/**
 * A cell differs from here on, in levels of brightness (0 to 255). Measured on one-by-one-person-detection.mp4:
 * the empty room gives connected regions of 4 cells at most from 12 levels on, a person walking in 17 or more at 16.
 */
const CHANGED_LEVELS = 14;
/** Smallest connected region that counts: 0.6 % of the picture. Same measurement. */
const MIN_REGION_CELLS = Math.round(CELLS * 0.006);
/** From this share of changed cells on it is another view (camera moved, lights out), not somebody in it. */
const UPHEAVAL_SHARE = 0.6;
/** Another view is taken as the new empty scene once it has lasted this long. */
const UPHEAVAL_MS = 5_000;
/** Time constant at which the empty scene follows slow changes such as daylight. */
const LEARN_MS = 30_000;
/** A long pause between pictures must not wipe out what was learnt. */
const MAX_LEARN_STEP_MS = 10_000;
/**
 * Outline contrast of the remembered picture over that of the new one from which on a region is a ghost. Same
 * clip: 1.14 at most for people in view, 1.3 to 4.9 for the ghosts of people who were in the first picture.
 */
const GHOST_RATIO = 1.25;
/** People in view move; a ghost has not moved since the picture before, also at one picture a second. */
const GHOST_STILL_MS = 900;
/** A thing's rim is half changed and not in its region: what forgets the region must forget the rim as well. */
const RIM_CELLS = 2;
/** A region in which nothing has moved for this long is part of the scene now: a parked car, a chair left behind. */
const STILL_MS = 120_000;
/** Brightness of a cell may flicker by this much and still count as unmoved. */
const STILL_LEVELS = 8;

/** What is remembered of one camera's view. */
export interface Scene {
  /** Brightness of the empty scene, `CELLS` values, row by row. */
  empty: Float32Array;
  /** The picture before this one. */
  last: Uint8Array;
  /** Event time since which each cell has not moved. */
  stillSince: Float64Array;
  /** Event time at which another view came up; null where the view is the known one. */
  upheavalSince: number | null;
  time: number;
}

export interface Sight {
  scene: Scene;
  /** yes: something is there that the empty scene has not; unknown: the empty scene is not known yet. */
  verdict: Verdict;
  /** Share of the picture (0 to 1) that the largest thing in it covers. */
  share: number;
}

/**
 * Compares a picture with the camera's empty scene. The first picture is taken for the empty scene; the scene
 * is learnt on from pictures in which nobody is.
 *
 * Where the first picture held somebody, a ghost stays behind when they leave. It is known by its outline,
 * which is in the remembered picture and not in the new one, and is forgotten at once; what the outline does
 * not tell is forgotten after two minutes without movement.
 *
 * @param scene undefined for a camera that is new
 * @param grey `SCENE_WIDTH × SCENE_HEIGHT` bytes, row by row
 * @param now event time, epoch milliseconds
 */
export function look(scene: Scene | undefined, grey: Uint8Array, now: number): Sight {
  if (!scene) return { scene: newScene(grey, now), verdict: 'unknown', share: 0 };
  const shift = globalShift(scene.empty, grey);
  const changed = changedCells(scene.empty, grey, shift);
  const stillSince = stillness(scene, grey, now);
  const base = { last: Uint8Array.from(grey), stillSince, time: Math.max(now, scene.time) };

  if (count(changed) > CELLS * UPHEAVAL_SHARE) {
    const upheavalSince = scene.upheavalSince ?? now;
    const lasted = now - upheavalSince >= UPHEAVAL_MS;
    return {
      scene: lasted ? newScene(grey, now) : { ...base, empty: scene.empty, upheavalSince },
      verdict: 'unknown',
      share: 0,
    };
  }

  const empty = Float32Array.from(scene.empty);
  let largest = 0;
  for (const region of regions(changed)) {
    const ghost =
      isStill(region, stillSince, now, GHOST_STILL_MS) && isGhost(region, changed, scene.empty, grey);
    if (ghost || isStill(region, stillSince, now, STILL_MS)) {
      for (const cell of withRim(region)) empty[cell] = (grey[cell] ?? 0) - shift;
    } else {
      largest = Math.max(largest, region.length);
    }
  }
  if (largest === 0) learn(empty, grey, now - scene.time);
  return {
    scene: { ...base, empty, upheavalSince: null },
    verdict: largest > 0 ? 'yes' : 'no',
    share: largest / CELLS,
  };
}

function newScene(grey: Uint8Array, now: number): Scene {
  return {
    empty: Float32Array.from(grey),
    last: Uint8Array.from(grey),
    stillSince: new Float64Array(CELLS).fill(now),
    upheavalSince: null,
    time: now,
  };
}

/** By how much the whole picture is brighter (a cloud, the camera's exposure): the median, which a person cannot move. */
function globalShift(empty: Float32Array, grey: Uint8Array): number {
  const differences = Float32Array.from(grey, (value, cell) => value - (empty[cell] ?? 0)).sort();
  return differences[differences.length >> 1] ?? 0;
}

function changedCells(empty: Float32Array, grey: Uint8Array, shift: number): Uint8Array {
  return Uint8Array.from(grey, (value, cell) =>
    Math.abs(value - (empty[cell] ?? 0) - shift) > CHANGED_LEVELS ? 1 : 0,
  );
}

function count(mask: Uint8Array): number {
  let sum = 0;
  for (const bit of mask) sum += bit;
  return sum;
}

function stillness(scene: Scene, grey: Uint8Array, now: number): Float64Array {
  return scene.stillSince.map((since, cell) =>
    Math.abs((grey[cell] ?? 0) - (scene.last[cell] ?? 0)) > STILL_LEVELS ? now : since,
  );
}

/** The connected regions (touching at a corner counts) that are large enough to be something. */
function regions(changed: Uint8Array): number[][] {
  const left = Uint8Array.from(changed);
  const found: number[][] = [];
  for (let start = 0; start < CELLS; start++) {
    if (!left[start]) continue;
    left[start] = 0;
    const region = [start];
    for (let i = 0; i < region.length; i++) {
      for (const next of neighbours(region[i] ?? 0)) {
        if (!left[next]) continue;
        left[next] = 0;
        region.push(next);
      }
    }
    if (region.length >= MIN_REGION_CELLS) found.push(region);
  }
  return found;
}

function neighbours(cell: number): number[] {
  const x = cell % SCENE_WIDTH;
  const y = (cell - x) / SCENE_WIDTH;
  const around: number[] = [];
  for (let row = Math.max(0, y - 1); row <= Math.min(SCENE_HEIGHT - 1, y + 1); row++) {
    for (let column = Math.max(0, x - 1); column <= Math.min(SCENE_WIDTH - 1, x + 1); column++) {
      if (row !== y || column !== x) around.push(row * SCENE_WIDTH + column);
    }
  }
  return around;
}

/**
 * Whether a region is where somebody was in the remembered picture, rather than is in the new one: the
 * picture that holds a thing has the stronger edge along its outline.
 */
function isGhost(region: number[], changed: Uint8Array, empty: Float32Array, grey: Uint8Array): boolean {
  let before = 0;
  let after = 0;
  for (const cell of region) {
    for (const next of neighbours(cell)) {
      if (changed[next]) continue;
      before += Math.abs((empty[cell] ?? 0) - (empty[next] ?? 0));
      after += Math.abs((grey[cell] ?? 0) - (grey[next] ?? 0));
    }
  }
  return before > after * GHOST_RATIO;
}

/** A region and the half-changed cells around it. */
function withRim(region: number[]): Set<number> {
  let cells = new Set(region);
  for (let i = 0; i < RIM_CELLS; i++)
    cells = new Set([...cells].flatMap((cell) => [cell, ...neighbours(cell)]));
  return cells;
}

/** Nine cells in ten, because compression makes single ones flicker. */
function isStill(region: number[], stillSince: Float64Array, now: number, forMs: number): boolean {
  const still = region.filter((cell) => now - (stillSince[cell] ?? now) >= forMs);
  return still.length >= region.length * 0.9;
}

function learn(empty: Float32Array, grey: Uint8Array, elapsedMs: number): void {
  const rate = 1 - Math.exp(-Math.min(Math.max(0, elapsedMs), MAX_LEARN_STEP_MS) / LEARN_MS);
  for (let cell = 0; cell < CELLS; cell++) {
    const known = empty[cell] ?? 0;
    empty[cell] = known + rate * ((grey[cell] ?? 0) - known);
  }
}
