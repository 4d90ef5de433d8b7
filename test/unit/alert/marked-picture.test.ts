import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { PictureMarker } from '../../../src/alert/marked-picture';
import type { Picture } from '../../../src/shared/messages';

const MARKS = {
  time: Date.UTC(2026, 10, 22, 8, 12, 5),
  timeZone: 'UTC',
  zones: [
    {
      name: '"><script>',
      points: [
        [0.5, 0.5],
        [0.9, 0.5],
        [0.9, 0.9],
        [0.5, 0.9],
      ] as [number, number][],
    },
  ],
};

async function grey(): Promise<Picture> {
  const data = await sharp({ create: { width: 320, height: 240, channels: 3, background: '#808080' } })
    .jpeg()
    .toBuffer();
  return { data, type: 'image/jpeg', width: 320, height: 240, bytes: data.length, tokens: 0, masked: false };
}

async function pixelAt(data: Buffer, left: number, top: number): Promise<number[]> {
  const { data: raw } = await sharp(data)
    .extract({ left, top, width: 1, height: 1 })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return [...raw];
}

describe('a picture for people', () => {
  it('has the time in its corner and the outline of the zone, and the original is untouched', async () => {
    const picture = await grey();
    const before = Buffer.from(picture.data);
    const marked = await new PictureMarker().mark(picture, MARKS);
    assert.deepEqual(
      [marked.type, marked.width, marked.height, marked.bytes],
      ['image/jpeg', 320, 240, marked.data.length],
    );
    assert.ok(((await pixelAt(marked.data, 1, 1))[0] ?? 255) < 60, 'the ground of the time is dark');
    const [red = 0, , blue = 255] = await pixelAt(marked.data, 160, 180);
    assert.ok(red - blue > 60, 'the outline is yellow');
    const [inside = 0] = await pixelAt(marked.data, 220, 180);
    assert.ok(Math.abs(inside - 128) < 12, 'nothing is drawn inside');
    assert.deepEqual(picture.data, before);
  });

  it('is the plain one where it cannot be drawn on', async () => {
    const broken = { ...(await grey()), data: Buffer.from([0xff, 0xd8, 0xff, 0, 1, 2]) };
    assert.equal(await new PictureMarker().mark(broken, MARKS), broken);
    const none = { ...broken, data: Buffer.from('svg') };
    assert.equal(await new PictureMarker().mark(none, MARKS), none);
  });

  it('is the plain one where too many wait, and all come back', async () => {
    const picture = await grey();
    const marker = new PictureMarker();
    const all = await Promise.all(Array.from({ length: 40 }, () => marker.mark(picture, MARKS)));
    assert.equal(all.filter((one) => one === picture).length, 40 - 18);
    assert.notEqual(await marker.mark(picture, MARKS), picture, 'there is room again');
  });
});
