import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { pictureSize } from '../../../src/vision/picture-size';

const made = (channels: 3 | 4) =>
  sharp({ create: { width: 321, height: 123, channels, background: { r: 9, g: 9, b: 9, alpha: 0.5 } } });
const size = { width: 321, height: 123 };

describe('the size of a picture, from its header', () => {
  const cases: [string, 'image/jpeg' | 'image/png' | 'image/webp', () => Promise<Buffer>][] = [
    ['a JPEG', 'image/jpeg', () => made(3).jpeg().toBuffer()],
    ['a PNG', 'image/png', () => made(4).png().toBuffer()],
    ['a lossy WebP', 'image/webp', () => made(3).webp().toBuffer()],
    ['a lossless WebP', 'image/webp', () => made(3).webp({ lossless: true }).toBuffer()],
    ['a WebP with transparency', 'image/webp', () => made(4).webp().toBuffer()],
  ];
  for (const [name, type, make] of cases) {
    it(`of ${name}`, async () => assert.deepEqual(pictureSize(await make(), type), size));
    it(`of ${name} that is cut off is not known, and nothing fails`, async () => {
      const whole = await make();
      for (let length = 0; length < Math.min(whole.length, 40); length++) {
        const found = pictureSize(whole.subarray(0, length), type);
        assert.ok(found === null || found.width > 0, String(length));
      }
      assert.equal(pictureSize(whole.subarray(0, 12), type), null);
    });
  }
});
