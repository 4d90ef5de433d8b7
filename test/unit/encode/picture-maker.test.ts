import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type MakerOutcome, PictureMaker } from '../../../src/encode/picture-maker';
import type { SourceFrame } from '../../../src/encode/source-frame';
import { FakeClock } from '../../fixtures/fake-clock';
import { frameOf } from './pictures';

/** A maker whose pictures are as wide as they have frames. */
function makerOf(sheetFrames: number) {
  const outcomes: string[] = [];
  const clock = new FakeClock();
  const maker = new PictureMaker<string>({
    clock,
    sheetFrames,
    sheetMaxAgeMs: 60_000,
    encode: async (frames) => ({
      data: Buffer.alloc(0),
      type: 'image/jpeg',
      width: frames.length,
      height: 1,
      bytes: 0,
      tokens: 1,
      masked: false,
    }),
    onOutcome: (outcome) => outcomes.push(inWords(outcome)),
  });
  const push = (camera: string | null, second: number, changes: Partial<SourceFrame> = {}) =>
    maker.push(camera, {
      ...frameOf(Buffer.alloc(0), { time: second * 1000, ...changes }),
      about: `${camera}${second}`,
    });
  return { maker, push, outcomes, clock };
}

function inWords(outcome: MakerOutcome<string>): string {
  switch (outcome.type) {
    case 'picture':
      return `${outcome.about} of ${outcome.picture.width}`;
    case 'failed':
      return `${outcome.about} failed`;
    case 'dropped':
      return `${outcome.about} ${outcome.reason} ${outcome.frames}`;
    case 'collected':
      return `${outcome.about} waits`;
    case 'left-out':
      return `${outcome.frames} ${outcome.reason}`;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('PictureMaker', () => {
  it('makes a picture of each frame where none are combined, camera or not', async () => {
    const { push, outcomes } = makerOf(1);
    push('a', 1);
    push(null, 2);
    await settled();
    assert.deepEqual(outcomes, ['a1 of 1', 'null2 of 1']);
  });

  it('fills a sheet per camera; the newest frame stands for it', async () => {
    const { push, outcomes } = makerOf(2);
    push('a', 1);
    push('b', 1);
    push('a', 2);
    await settled();
    assert.deepEqual(outcomes, ['a1 waits', 'b1 waits', 'a2 of 2']);
  });

  it('gives every frame one outcome where a late one completes the sheet', async () => {
    const { push, outcomes } = makerOf(2);
    push('a', 2);
    push('a', 1);
    await settled();
    assert.deepEqual(outcomes, ['a2 waits', 'a1 waits', 'a2 of 2']);
  });

  it('flushes one camera or all', async () => {
    const { maker, push, outcomes } = makerOf(3);
    push('a', 1);
    push('b', 1);
    push('b', 2);
    maker.flush('b');
    await settled();
    maker.flush(null);
    maker.flush(null);
    await settled();
    assert.deepEqual(outcomes.slice(3), ['b2 of 2', 'a1 of 1']);
  });

  it('drops on reset, for one camera or all', async () => {
    const { maker, push, outcomes } = makerOf(3);
    push('a', 1);
    push('b', 1);
    maker.reset('b');
    maker.flush(null);
    await settled();
    assert.deepEqual(outcomes.slice(2), ['1 reset', 'a1 of 1']);
  });

  it('forgets the sheet of the camera that was silent longest when a thousand have one begun', () => {
    const { push, outcomes } = makerOf(3);
    for (let camera = 0; camera <= 1000; camera++) push(`c${camera}`, 1);
    assert.deepEqual(
      outcomes.filter((outcome) => !outcome.endsWith('waits')),
      ['1 forgotten'],
    );
  });

  it('leaves no timer and no picture behind when it is stopped', async () => {
    const { maker, push, outcomes, clock } = makerOf(2);
    push('a', 1);
    push('b', 1);
    push('b', 2);
    await maker.stop(new AbortController().signal);
    assert.deepEqual(outcomes.slice(2), ['b2 stopped 2']);
    assert.equal(clock.pending, 0);
  });
});
