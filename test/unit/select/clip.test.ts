import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { LUMA_PIXELS } from '../../../src/shared/luma';
import type { Shown } from '../../fixtures/select-run';
import { seconds, select } from './scenes';

const CLIP = 'one-by-one-person-detection.mp4';
const folder = process.env.CLIPS_DIR ?? '';
const skip = folder === '' && 'CLIPS_DIR is not set: no footage to try on';

/** Labels are read to a tenth of a second, and a shadow may come before the person. */
const LABEL_S = 0.2;

interface Labels {
  [clip: string]: { fps: number; events: { start: number; end: number }[] };
}

describe('six people who come one by one, with the default settings', { skip }, () => {
  let planes: Uint8Array[] = [];
  let fps = 0;
  let people: { start: number; end: number }[] = [];

  before(() => {
    const labels = JSON.parse(readFileSync(join(folder, 'labels.json'), 'utf8')) as Labels;
    ({ fps, events: people } = labels[CLIP] ?? { fps: 0, events: [] });
    const args = [
      '-v',
      'error',
      '-i',
      join(folder, CLIP),
      '-vf',
      'scale=160:90,format=gray',
      '-f',
      'rawvideo',
      '-',
    ];
    const raw = execFileSync('ffmpeg', args, { maxBuffer: 2 ** 26 });
    planes = Array.from({ length: raw.length / LUMA_PIXELS }, (_, i) =>
      raw.subarray(i * LUMA_PIXELS, (i + 1) * LUMA_PIXELS),
    );
  });

  /** Every `step`-th frame of the clip. */
  const sampled = (step: number, first: number): Shown[] =>
    planes.flatMap((plane, i) =>
      i >= first && (i - first) % step === 0 ? [{ plane, time: (i * 1000) / fps }] : [],
    );

  for (const [what, step, first, withinS] of [
    ['5 frames a second', 2, 0, 1],
    ['5 frames a second, one later', 2, 1, 1],
    ['a keyframe every second', 10, 0, 1.5],
    ['a keyframe every second, half a second later', 10, 5, 1.5],
    ['a keyframe every 2 s', 20, 0, 2.5],
    ['a keyframe every 2 s, half a second later', 20, 5, 2.5],
    ['a keyframe every 2 s, one second later', 20, 10, 2.5],
    ['a keyframe every 2 s, one and a half later', 20, 15, 2.5],
  ] as const)
    test(`each gets a start, the empty room none: ${what}`, () => {
      const starts = seconds(select(sampled(step, first)), 'start');
      assert.equal(people.length, 6);
      const late = people.filter(
        ({ start }) => !starts.some((at) => at >= start - LABEL_S && at <= start + withinS),
      );
      assert.deepEqual(late, []);
      const empty = starts.filter(
        (at) => !people.some(({ start, end }) => at >= start - LABEL_S && at <= end + LABEL_S),
      );
      assert.deepEqual(empty, []);
    });

  test('nobody is over before he has left', () => {
    const ends = seconds(select(sampled(2, 0)), 'end');
    const early = ends.filter((at) => people.some(({ start, end }) => at > start && at < end));
    assert.deepEqual(early, []);
  });
});
