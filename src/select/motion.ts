import { LUMA_PIXELS } from '../shared/luma';
import { brightnessBetween } from './brightness';
import { blendCells, CELLS, cellDifferences, cellMeans, type FinePlane, type Plane } from './grid';

/** A picture to compare with. */
interface Reference {
  levels: FinePlane;
  /** Of each cell. */
  means: Float32Array;
}

/**
 * What is remembered of a camera's picture. Changed in place by {@link learn} and {@link keepSent}: copying
 * the planes for each frame would cost more than all the rest.
 */
export interface Scene {
  background: Reference;
  /** The last frame that was sent; null until there is one. */
  sent: Reference | null;
  /** What a cell usually differs by, in levels: noise, wind in a tree, the digits of a burnt-in clock. */
  unrest: Float32Array;
  /** For how long a cell has differed from the background without changing, in seconds. */
  stillS: Float32Array;
  /** Seconds of event time that have been learnt from. */
  learntS: number;
  /** Event time of the newest frame that was learnt from, epoch milliseconds. */
  learntAt: number;
}

/** How a frame differs, in levels of brightness (0 to 255), after what the light changed everywhere is taken off. */
export interface Difference {
  /** What is new: differs from the background and from the last frame sent. 0 where nothing changes. */
  score: number;
  /** What is there that does not belong to the background, be it still or not. */
  toBackground: number;
  /** What the last frame sent does not show as it is now. */
  toSent: number;
  /** Of each cell: mean brightness, `toBackground` and `score` (the unrest not taken off). */
  cells: { means: Float32Array; toBackground: Float32Array; fresh: Float32Array };
}

/** Time constant of the background where nothing is going on: follows the sun, not a slow walker. */
const BACKGROUND_S = 30;

/** The background is slow, so learning from two frames a second is as good as from all, and cheaper. */
const LEARN_EVERY_S = 0.4;

/** After a gap in the stream, one frame must not teach more than this. */
const MAX_STEP_S = 10;

/** What has stood for two minutes without the least movement is scenery: a parked car, a moved chair. */
const SCENERY_S = 120;

/**
 * Share of cells beyond which the picture is another one (a lamp, the camera's day/night switch, a camera that was
 * moved): learnt anew at once. Source: reference/llm-and-selection.md §4, lighting guard.
 */
const ANOTHER_SCENE = 0.6;

/**
 * Levels a second by which a cell's unrest rises and falls. At 4 to 1 it comes to rest where four of five frames
 * differ by less; a drawn tree is calm after two minutes, and what passes now and then leaves no trace.
 */
const UNREST_RISE = 0.4;
const UNREST_FALL = 0.1;

/** Most unrest, in levels: a person in front of the tree still counts (the clip's people differ by 50 to 220). */
const MAX_UNREST = 20;

/**
 * A scene of which one frame is known.
 *
 * @param plane its brightness; not kept
 * @param time its event time, epoch milliseconds
 */
export function newScene(plane: Plane, time: number): Scene {
  return {
    background: referenceOf(plane),
    sent: null,
    unrest: new Float32Array(CELLS),
    stillS: new Float32Array(CELLS),
    learntS: 0,
    learntAt: time,
  };
}

/** Compares a frame with what is remembered; changes nothing. Until a frame is sent, only the background counts. */
export function difference(scene: Scene, plane: Plane): Difference {
  FRAME.set(plane);
  const means = cellMeans(FRAME);
  const compare = (reference: Reference) =>
    cellDifferences(FRAME, reference.levels, brightnessBetween(means, reference.means));

  const toBackground = compare(scene.background);
  const toSent = scene.sent ? compare(scene.sent) : toBackground;
  const fresh = smaller(toBackground, toSent);
  return {
    score: most(fresh, scene.unrest),
    toBackground: most(toBackground, scene.unrest),
    toSent: most(toSent, scene.unrest),
    cells: { means, toBackground, fresh },
  };
}

/**
 * Learns from a frame: the background where nothing is going on, and how restless each cell is.
 *
 * @param found what {@link difference} said about this frame
 * @param threshold levels of brightness from which a difference counts; half of it keeps a cell out of the background
 * @param time event time, epoch milliseconds
 */
export function learn(scene: Scene, plane: Plane, found: Difference, threshold: number, time: number): void {
  const passedS = (time - scene.learntAt) / 1000;
  if (passedS >= 0 && passedS < LEARN_EVERY_S) return;
  const stepS = Math.min(MAX_STEP_S, Math.max(0, passedS));
  scene.learntAt = time;
  scene.learntS += stepS;

  const shares = backgroundShares(scene, found, threshold, stepS);
  learnUnrest(scene.unrest, found.cells.fresh, stepS);
  FRAME.set(plane);
  blendCells(scene.background.levels, FRAME, shares);
  const { means } = scene.background;
  for (let cell = 0; cell < means.length; cell++) {
    const old = means[cell] ?? 0;
    means[cell] = old + (shares[cell] ?? 0) * ((found.cells.means[cell] ?? 0) - old);
  }
}

/** Remembers a frame as the last one sent. Copies it: the Buffer belongs to the message. */
export function keepSent(scene: Scene, plane: Plane): void {
  scene.sent = referenceOf(plane, scene.sent?.levels);
}

/** How much of the frame goes into the background, 0 to 1 for each cell. Counts how long cells stand still. */
function backgroundShares(scene: Scene, found: Difference, threshold: number, stepS: number): Float32Array {
  const { unrest, stillS, learntS } = scene;
  const { toBackground, fresh } = found.cells;
  // At first the plain mean of what was seen, so that a poor first frame does not stay for a minute.
  const usual = stepS === 0 ? 0 : Math.max(1 - Math.exp(-stepS / BACKGROUND_S), stepS / learntS);
  let different = 0;
  const shares = new Float32Array(CELLS);
  for (let cell = 0; cell < shares.length; cell++) {
    const usually = unrest[cell] ?? 0;
    const differs = (toBackground[cell] ?? 0) - usually;
    const moves = (fresh[cell] ?? 0) - usually >= threshold / 2;
    if (differs >= threshold) different++;
    if (differs < threshold / 2) {
      stillS[cell] = 0;
      shares[cell] = usual;
    } else {
      const still = moves ? 0 : (stillS[cell] ?? 0) + stepS;
      stillS[cell] = still;
      shares[cell] = still >= SCENERY_S ? 1 : 0;
    }
  }
  return different > shares.length * ANOTHER_SCENE ? shares.fill(1) : shares;
}

/** Steps do not grow with the difference: a quantile is learnt, not a mean that one passer-by would shift. */
function learnUnrest(unrest: Float32Array, fresh: Float32Array, stepS: number): void {
  for (let cell = 0; cell < unrest.length; cell++) {
    const old = unrest[cell] ?? 0;
    const change = (fresh[cell] ?? 0) - old;
    const bounded = Math.max(-UNREST_FALL * stepS, Math.min(UNREST_RISE * stepS, change));
    unrest[cell] = Math.min(MAX_UNREST, old + bounded);
  }
}

function smaller(a: Float32Array, b: Float32Array): Float32Array {
  const least = new Float32Array(a.length);
  for (let cell = 0; cell < a.length; cell++) least[cell] = Math.min(a[cell] ?? 0, b[cell] ?? 0);
  return least;
}

/** The cell that differs most beyond its unrest. */
function most(levels: Float32Array, unrest: Float32Array): number {
  let best = 0;
  for (let cell = 0; cell < levels.length; cell++)
    best = Math.max(best, (levels[cell] ?? 0) - (unrest[cell] ?? 0));
  return best;
}

/** The frame in hand, only within one call: an allocation less for each frame. */
const FRAME = new Float32Array(LUMA_PIXELS);

function referenceOf(plane: Plane, levels: FinePlane = new Float32Array(LUMA_PIXELS)): Reference {
  levels.set(plane);
  return { levels, means: cellMeans(levels) };
}
