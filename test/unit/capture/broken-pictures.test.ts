import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokenPictures } from '../../../src/capture/broken-pictures';

/** What each version printed for the same damaged H.264 stream, of which three pictures were hit. */
const V4 = [
  '[h264 @ 0x5b40] [error] left block unavailable for requested intra mode',
  '[h264 @ 0x5b40] [error] error while decoding MB 0 31, bytestream 35423',
  '[h264 @ 0x5b40] [error] cabac decode of qscale diff failed at 57 42',
  '[h264 @ 0x5b40] [error] error while decoding MB 57 42, bytestream 20107',
  '[h264 @ 0x5b40] [error] error while decoding MB 81 12, bytestream 7009',
];
const V5 = V4.flatMap((line) =>
  /error while/.test(line)
    ? [line, '[warning] rtsp://127.0.0.1:4711/x: corrupt decoded frame in stream 0']
    : line,
);
const V7 = V4.flatMap((line) =>
  /error while/.test(line)
    ? [line, '[vist#0:0/h264 @ 0x5c] [dec:h264 @ 0x5d] [warning] corrupt decoded frame']
    : line,
);

for (const [version, lines] of Object.entries({ '4.1': V4, '5.1': V5, '7.1': V7 })) {
  test(`three broken pictures are counted as three with ffmpeg ${version}`, () => {
    const broken = new BrokenPictures();
    for (const line of lines) broken.look(line);
    assert.equal(broken.hasSome, true);
    assert.equal(broken.take(), 3);
    assert.equal(broken.take(), 0);
    assert.equal(broken.hasSome, false);
  });
}

test('one that shows pictures that inherit a damage counts them too', () => {
  const broken = new BrokenPictures();
  for (const line of V5) broken.look(line);
  broken.take();
  for (let n = 0; n < 20; n++) broken.look('[warning] x: corrupt decoded frame in stream 0');
  assert.equal(broken.take(), 20);
});

for (const line of [
  '[h264 @ 0x1] [error] Invalid NAL unit size (5120 > 600).',
  '[h264 @ 0x1] [error] decode_slice_header error',
  '[h264 @ 0x1] [info] concealing 120 DC, 120 AC, 120 MV errors in I frame',
  '[error] Error while decoding stream #0:0: Invalid data found when processing input',
  '[vist#0:0/h264 @ 0x1] [dec:h264 @ 0x2] [error] Error submitting packet to decoder: Invalid data found',
  '[hevc @ 0x1] [error] Could not find ref with POC 12',
]) {
  test(`a broken picture: ${line.slice(line.indexOf('] [') + 3)}`, () => {
    const broken = new BrokenPictures();
    broken.look(line);
    assert.equal(broken.take(), 1);
  });
}

for (const line of [
  '[swscaler @ 0x1] [warning] deprecated pixel format used, make sure you did set range correctly',
  '[rtsp @ 0x1] [warning] RTP: missed 3 packets',
  '[rtsp @ 0x1] [error] method DESCRIBE failed: 401 Unauthorized',
  '',
]) {
  test(`no broken picture: ${line || 'an empty line'}`, () => {
    const broken = new BrokenPictures();
    broken.look(line);
    assert.equal(broken.hasSome, false);
  });
}
