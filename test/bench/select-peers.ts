import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Transform } from 'node:stream';
import { LUMA_HEIGHT, LUMA_WIDTH } from '../../src/shared/luma';
import { type Clip, ffmpegErrors } from './select-clips';

// It has no types of its own.
const PamDiff = createRequire(__filename)('pam-diff') as new (options: object) => Transform;

/** Other ways to choose frames, run on the same clip: seconds of the frames that they would send. */
export interface Peer {
  name: string;
  choose(clip: Clip, ours: number): Promise<number[]>;
}

export const PEERS: Peer[] = [
  { name: '1 fps', choose: async ({ seconds }) => evenly(Math.floor(seconds), seconds) },
  { name: 'blind', choose: async ({ seconds }, ours) => evenly(ours, seconds) },
  { name: 'scene 0.3', choose: (clip) => scene(clip) },
  { name: 'pam-diff 5/5', choose: (clip) => pamDiff(clip) },
];

/** So many frames over the clip, in the middle of equal parts of it. */
function evenly(count: number, seconds: number): number[] {
  return Array.from({ length: count }, (_, i) => ((i + 0.5) * seconds) / count);
}

/** What ffmpeg's scene score at its usual threshold selects. */
async function scene({ file, fps }: Clip): Promise<number[]> {
  const filter = `fps=${fps},select='gt(scene,0.3)',showinfo`;
  const told = await ffmpegErrors(['-i', file, '-vf', filter, '-f', 'null', '-']);
  return [...told.matchAll(/pts_time:\s*([\d.]+)/g)].map((match) => Number(match[1]));
}

/** The package pam-diff with the settings of its manual: 5 levels, 5 percent, against the frame before. */
async function pamDiff({ planes, fps }: Clip): Promise<number[]> {
  const diff = new PamDiff({ difference: 5, percent: 5, response: 'percent' });
  const size = { width: LUMA_WIDTH, height: LUMA_HEIGHT, depth: 1, maxval: 255, tupltype: 'GRAYSCALE' };
  const seconds: number[] = [];
  for (const [index, pixels] of planes.entries()) {
    // It says `data` for each picture but the first, with the regions that differ.
    const told = index === 0 ? null : once(diff, 'data');
    diff.write({ ...size, pixels });
    const [data] = (await told) ?? [];
    if ((data as { trigger: unknown[] } | undefined)?.trigger.length) seconds.push(index / fps);
  }
  diff.destroy();
  return seconds;
}
