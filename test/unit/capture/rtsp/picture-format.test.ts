import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PictureFormat } from '../../../../src/capture/rtsp/picture-format';

const SMALL = Buffer.from('67420014a6', 'hex');
const LARGE = Buffer.from('6742001fda0140', 'hex');
const PICTURE = Buffer.from('65b8000400', 'hex');

/** STAP-A: RFC 6184, section 5.7.1. */
function aggregated(...units: Buffer[]): Buffer {
  const sized = units.flatMap((unit) => [Buffer.from([0, unit.length]), unit]);
  return Buffer.concat([Buffer.from([24]), ...sized]);
}

function changes(codec: string, ...payloads: Buffer[]): number {
  const format = new PictureFormat(codec);
  for (const payload of payloads) {
    // Anywhere in a chunk.
    const chunk = Buffer.concat([Buffer.alloc(7, 0x67), payload, Buffer.alloc(5, 0x67)]);
    format.look(chunk, 7, 7 + payload.length);
  }
  return format.changes;
}

test('the same parameter set before each keyframe is no change', () => {
  assert.equal(changes('h264', SMALL, PICTURE, SMALL, PICTURE, SMALL), 0);
});

test('another parameter set is a change, and its return another one', () => {
  assert.equal(changes('h264', SMALL, PICTURE, LARGE, PICTURE, LARGE), 1);
  assert.equal(changes('h264', SMALL, LARGE, SMALL), 2);
});

test('it is found beside others in one packet', () => {
  const pps = Buffer.from('68ce3c80', 'hex');
  assert.equal(changes('h264', aggregated(SMALL, pps), aggregated(SMALL, pps), aggregated(LARGE, pps)), 1);
});

test('an aggregation that is cut off breaks nothing', () => {
  assert.equal(changes('h264', SMALL, aggregated(LARGE).subarray(0, 5)), 0);
});

test('H.265 too; of other codecs nothing is noticed', () => {
  const [small, large] = ['420101016000', '420101014000'].map((hex) => Buffer.from(hex, 'hex')) as [
    Buffer,
    Buffer,
  ];
  assert.equal(changes('h265', small, small, large), 1);
  assert.equal(changes('mjpeg', SMALL, LARGE), 0);
});
