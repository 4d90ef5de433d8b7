import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jpegSize } from '../../../src/capture/jpeg-size';

function segment(marker: number, body: number[]): number[] {
  return [0xff, marker, 0, body.length + 2, ...body];
}

/** A frame header of 640 × 360 with one component. */
const frameHeader = (marker: number) =>
  segment(marker, [8, 360 >> 8, 360 & 255, 640 >> 8, 640 & 255, 1, 1, 0x11, 0]);
const jpeg = (...segments: number[][]) => Buffer.from([0xff, 0xd8, ...segments.flat(), 0xff, 0xd9]);

test('width and height come out of the frame header, whatever lies before it', () => {
  const app0 = segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]);
  const huffman = segment(0xc4, new Array(20).fill(0));
  for (const marker of [0xc0, 0xc1, 0xc2]) {
    assert.deepEqual(jpegSize(jpeg(app0, huffman, frameHeader(marker))), { width: 640, height: 360 });
  }
});

test('what is not a JPEG, or ends too early, has no size', () => {
  const whole = jpeg(segment(0xe0, [1, 2, 3]), frameHeader(0xc0));
  assert.equal(jpegSize(Buffer.alloc(0)), null);
  assert.equal(jpegSize(Buffer.from('GIF89a, a picture of another kind')), null);
  assert.equal(jpegSize(jpeg(segment(0xe0, [1, 2, 3]))), null);
  assert.equal(jpegSize(whole.subarray(0, 12)), null);
  const broken = Buffer.from(whole);
  broken[2] = 0x00;
  assert.equal(jpegSize(broken), null);
});

test('random bytes end in an answer, not in an error', () => {
  for (let length = 2; length < 300; length++) {
    const bytes = Buffer.alloc(length, 0xff);
    bytes[1] = 0xd8;
    for (let i = 2; i < length; i++) bytes[i] = (i * 7919 * length) & 255;
    bytes[2] = 0xff;
    assert.doesNotThrow(() => jpegSize(bytes));
  }
});
