import { LUMA_PIXELS } from '../shared/luma';
import { BLOCKS, type FinePlane, largestAround, type Plane } from './blocks';
import { blendBlocks, blockMeans, copyBlock, excessInLight, excessOf, scaleBlock } from './pixels';
import { toneBetween } from './tone';

/**
 * What is remembered of a camera's picture. Changed in place: copying the planes for each frame would cost more
 * than all the rest. Times are event times, epoch milliseconds.
 */
export interface Scene {
  /** When it was first seen. */
  since: number;
  background: FinePlane;
  /** Of the blocks of the background. */
  means: Float32Array;
  /**
   * By how many levels a pixel may differ: some medians of what it usually differs by (the camera's noise, a leaf in
   * the wind) and a margin. Kept as a sum, because every frame needs it.
   */
  allowed: FinePlane;
  /** How much a block has lately differed again and again, in levels × pixels: trees, rain, a burnt-in clock. */
  unrest: Float32Array;
  /** The same of what lasts for three frames: a tree does, a drop of rain does not. */
  lastingUnrest: Float32Array;
  /** The excess of the two frames before. */
  before: [Float32Array, Float32Array];
  /** How often a block began to differ, over about the last half minute. */
  crossings: Float32Array;
  /** For how long a block has differed and not changed, in seconds. */
  stillS: Float32Array;
  learntAt: number;
  /** Seconds of event time that have been learnt from. */
  learntS: number;
  /** When the background was last put into the light of the day. */
  rebasedAt: number;
}

/** What one frame shows, block by block. The arrays are used again for the next frame of any camera. */
export interface Look {
  /** By how much the block differs from the background beyond its noise, in levels × pixels. */
  excess: Float32Array;
  /** The least of this frame and the two before. */
  lasting: Float32Array;
  /** What is beyond the block's unrest, of the one or the other. */
  beyond: Float32Array;
  /** Mean brightness in the background's light, and as it is. */
  means: Float32Array;
  raw: Float32Array;
  /** Puts the background's light on the levels of the frame; null where it is the same. */
  tone: Float32Array | null;
}

/** Levels that a pixel may differ by beyond its noise: compression artefacts of a calm picture are up to 3. */
const MARGIN = 4;
/** Noise beyond this many medians is a change: 4 medians are 2.7 standard deviations. */
const MEDIANS = 4;
/** A restless block is one again when it differs by this much more than it lately did. */
const BEYOND_UNREST = 1.5;

/** Least excess of a block that differs, in levels × pixels, per level of the threshold. */
export const BLOCK_PER_LEVEL = 6;

/** Time constant of taking in that a part of the picture is in other light: slower than the edge of a shadow passes. */
const RELIGHT_S = 2;
/** Event time from one lesson to the next: the background is slow, so more would be no better. */
const LEARN_EVERY_S = 1;
const LEARN_EVERY_S_AT_FIRST = 0.4;
/** Time constant of the background where nothing is: follows the sun, not a slow walker. */
const BACKGROUND_S = 30;
/** After a gap in the stream, one frame must not teach more than this. */
const MAX_STEP_S = 5;
/** Levels a second by which the noise of a pixel rises and falls, and in the first seconds. */
const NOISE_PER_S = 0.4;
const NOISE_PER_S_AT_FIRST = 4;
const AT_FIRST_S = 5;
/** No pixel is quieter than half a level. */
const LEAST_ALLOWED = MARGIN + MEDIANS / 2;
/** Beyond this a pixel shows nothing that could be told from its noise. */
const MOST_ALLOWED = 120;

export function newScene(plane: Plane, time: number): Scene {
  const background = Float32Array.from(plane);
  return {
    since: time,
    background,
    means: blockMeans(background),
    allowed: new Float32Array(LUMA_PIXELS).fill(MARGIN + MEDIANS),
    unrest: new Float32Array(BLOCKS),
    lastingUnrest: new Float32Array(BLOCKS),
    before: [new Float32Array(BLOCKS), new Float32Array(BLOCKS)],
    crossings: new Float32Array(BLOCKS),
    stillS: new Float32Array(BLOCKS),
    learntAt: time,
    learntS: 0,
    rebasedAt: time,
  };
}

/** Compares a frame with the background; changes nothing that is remembered. */
export function lookAt(scene: Scene, plane: Plane): Look {
  const into = { excess: EXCESS, means: MEANS };
  // Most frames are in the light of before: then this pass is all.
  excessOf(plane, scene.background, scene.allowed, into);
  const tone = toneBetween(plane, scene.background, { frame: MEANS, background: scene.means });
  RAW.set(MEANS);
  if (tone) excessInLight(plane, tone, scene.background, scene.allowed, into);
  largestAround(scene.unrest, UNREST);
  largestAround(scene.lastingUnrest, LASTING_UNREST);
  const [last, lastButOne] = scene.before;
  for (let block = 0; block < EXCESS.length; block++) {
    const excess = EXCESS[block] ?? 0;
    const lasting = Math.min(excess, last[block] ?? 0, lastButOne[block] ?? 0);
    LASTING[block] = lasting;
    const beyond = excess - BEYOND_UNREST * (UNREST[block] ?? 0);
    const lastsBeyond = lasting - BEYOND_UNREST * (LASTING_UNREST[block] ?? 0);
    BEYOND[block] = Math.max(0, beyond, lastsBeyond);
  }
  return { excess: EXCESS, lasting: LASTING, beyond: BEYOND, means: MEANS, raw: RAW, tone };
}

/** Takes the frame as the new background: the light or the view is another one. What was learnt of noise stays. */
export function relearn(scene: Scene, plane: Plane, time: number): void {
  scene.background.set(plane);
  blockMeans(scene.background, scene.means);
  scene.stillS.fill(0);
  scene.learntAt = time;
  scene.learntS = 0;
}

/** Brings the background of some blocks towards the light that is now on them: the drawing stays as it was learnt. */
export function relight(scene: Scene, { means }: Look, blocks: number[], stepS: number): void {
  if (blocks.length === 0) return;
  const share = 1 - Math.exp(-stepS / RELIGHT_S);
  for (const block of blocks) {
    const old = scene.means[block] ?? 0;
    if (old <= 0) continue;
    const gain = 1 + share * ((means[block] ?? 0) / old - 1);
    scaleBlock(scene.background, block, gain);
    scene.means[block] = old * gain;
  }
  // The light of the whole cannot be told meanwhile.
  scene.rebasedAt = scene.learntAt;
}

/** Takes some blocks of the frame as the background, in the background's light. */
export function takeOver(scene: Scene, { means, tone }: Look, plane: Plane, blocks: number[]): void {
  for (const block of blocks) {
    copyBlock(scene.background, plane, tone, block);
    scene.means[block] = means[block] ?? 0;
    scene.stillS[block] = 0;
  }
}

/** Puts the light of the present frame on the background, so that the table stays near to a straight line. */
export function rebase(scene: Scene, tone: Float32Array, time: number): void {
  scene.rebasedAt = time;
  const inverse = new Float32Array(256);
  let raw = 0;
  for (let level = 0; level < 256; level++) {
    while (raw < 255 && (tone[raw] ?? 0) < level) raw++;
    const above = tone[raw] ?? 0;
    const below = tone[Math.max(0, raw - 1)] ?? 0;
    inverse[level] =
      above > below && above >= level ? raw - Math.min(1, (above - level) / (above - below)) : raw;
  }
  for (let i = 0; i < LUMA_PIXELS; i++) {
    const old = scene.background[i] ?? 0;
    const low = Math.max(0, Math.min(254, Math.floor(old)));
    const from = inverse[low] ?? 0;
    scene.background[i] = from + (old - low) * ((inverse[low + 1] ?? 0) - from);
  }
  blockMeans(scene.background, scene.means);
}

/** How much of a frame goes into the background, 0 to 1 for each block, and whether its noise is learnt. */
export type Shares = (block: number, usual: number, stepS: number) => number;

/**
 * Learns from a frame, at most every 0.4 s.
 *
 * @param shareOf 0 keeps a block as it is; `usual` is right for one where nothing is going on
 */
export function learn(
  scene: Scene,
  plane: Plane,
  tone: Float32Array | null,
  time: number,
  shareOf: Shares,
): void {
  const passedS = (time - scene.learntAt) / 1000;
  const every = scene.learntS < AT_FIRST_S ? LEARN_EVERY_S_AT_FIRST : LEARN_EVERY_S;
  if (passedS >= 0 && passedS < every - 0.05) return;
  const stepS = Math.min(MAX_STEP_S, Math.max(0, passedS));
  scene.learntAt = time;
  scene.learntS += stepS;
  // At first the plain mean of what was seen, so that a poor first frame does not stay.
  const usual = stepS === 0 ? 0 : Math.max(1 - Math.exp(-stepS / BACKGROUND_S), stepS / scene.learntS);
  for (let block = 0; block < SHARES.length; block++) SHARES[block] = shareOf(block, usual, stepS);
  const noiseStep = MEDIANS * stepS * (scene.learntS <= AT_FIRST_S ? NOISE_PER_S_AT_FIRST : NOISE_PER_S);
  if (tone) for (let i = 0; i < FRAME.length; i++) FRAME[i] = tone[plane[i] ?? 0] ?? 0;
  else FRAME.set(plane);
  const rule = {
    margin: MARGIN,
    medians: MEDIANS,
    step: noiseStep,
    least: LEAST_ALLOWED,
    most: MOST_ALLOWED,
  };
  blendBlocks(scene.background, FRAME, SHARES, scene.allowed, rule);
  blockMeans(scene.background, scene.means);
}

/** Only within one call: an allocation less for each frame. */
const FRAME = new Float32Array(LUMA_PIXELS);
const EXCESS = new Float32Array(BLOCKS);
const BEYOND = new Float32Array(BLOCKS);
const MEANS = new Float32Array(BLOCKS);
const RAW = new Float32Array(BLOCKS);
const LASTING = new Float32Array(BLOCKS);
const LASTING_UNREST = new Float32Array(BLOCKS);
const UNREST = new Float32Array(BLOCKS);
const SHARES = new Float32Array(BLOCKS);
