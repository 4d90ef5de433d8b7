import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { broughtLuma, makeLuma } from '../../../src/select/luma';
import { pictureOf } from '../../../src/select/picture';
import { LUMA_PIXELS, LUMA_WIDTH } from '../../../src/shared/luma';

/** Left half black, right half white. */
const halves = () =>
  sharp({ create: { width: 640, height: 480, channels: 3, background: 'black' } }).composite([
    { input: { create: { width: 320, height: 480, channels: 3, background: 'white' } }, left: 320, top: 0 },
  ]);

const notImage = { name: 'InputError', code: 'INPUT_NOT_IMAGE' };

describe('the brightness plane of a picture', () => {
  for (const format of ['jpeg', 'png', 'webp'] as const)
    test(`is made of a ${format}, 160 × 90, one byte a pixel`, async () => {
      const plane = await makeLuma(await halves().toFormat(format).toBuffer());
      assert.equal(plane.length, LUMA_PIXELS);
      assert.ok((plane[40 * LUMA_WIDTH + 10] ?? 255) < 10);
      assert.ok((plane[40 * LUMA_WIDTH + 150] ?? 0) > 245);
    });

  test('is made of a picture with transparent parts as well', async () => {
    const picture = sharp({ create: { width: 64, height: 64, channels: 4, background: '#ffffff80' } });
    assert.equal((await makeLuma(await picture.png().toBuffer())).length, LUMA_PIXELS);
  });

  test('is not made of a picture that is cut off: its grey rest would count as movement', async () => {
    const whole = await sharp({
      create: {
        width: 640,
        height: 480,
        channels: 3,
        background: 'red',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })
      .jpeg()
      .toBuffer();
    await assert.rejects(makeLuma(whole.subarray(0, whole.length / 2)), notImage);
  });

  test('is not made of what only begins like a picture', async () => {
    await assert.rejects(makeLuma(Buffer.from('ffd8ffe000104a46', 'hex')), notImage);
  });
});

describe('a plane that the frame brings', () => {
  const data = Buffer.alloc(LUMA_PIXELS, 7);

  test('is taken as it is', () => {
    assert.equal(broughtLuma({ luma: { width: 160, height: 90, data } }), data);
  });

  for (const [what, luma] of [
    ['missing', undefined],
    ['of another size', { width: 80, height: 45, data: Buffer.alloc(3600) }],
    ['cut off', { width: 160, height: 90, data: data.subarray(1) }],
    ['turned into JSON on its way', { width: 160, height: 90, data: data.toJSON() as unknown as Buffer }],
  ] as const)
    test(`is not used where it is ${what}`, () => assert.equal(broughtLuma({ luma }), null));
});

describe('a picture', () => {
  test('is told by its first bytes', async () => {
    assert.equal(pictureOf(await halves().jpeg().toBuffer()).type, 'image/jpeg');
    assert.equal(pictureOf(await halves().png().toBuffer()).type, 'image/png');
    assert.equal(pictureOf(await halves().webp().toBuffer()).type, 'image/webp');
  });

  for (const [what, payload] of [
    ['nothing', undefined],
    ['text', 'data:image/jpeg;base64,/9j/'],
    ['an object', { data: [255, 216] }],
    ['an empty Buffer', Buffer.alloc(0)],
    ['a GIF', Buffer.from('GIF89a0000000')],
  ] as const)
    test(`is not ${what}`, () => assert.throws(() => pictureOf(payload), notImage));
});
