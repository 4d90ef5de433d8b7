import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameLog, type LoggedFrame } from '../../../src/capture/frame-log';

/** What ffmpeg 5.1 writes: two frames of 4821 and 4830 bytes, 40 ms apart. */
const LOG = [
  '#software: Lavf59.27.100',
  '#tb 0: 1/90000',
  '#media_type 0: video',
  '#codec_id 0: mjpeg',
  '#dimensions 0: 640x360',
  '#sar 0: 1/1',
  '0,          0,          0,        1,     4821, 0x1b2c3d4e',
  '0,       3600,       3600,        1,     4830, 0x0a0b0c0d, S=1,        8, 0x00000000',
  '',
].join('\n');
const FRAMES = [
  { ptsMs: 0, bytes: 4821 },
  { ptsMs: 40, bytes: 4830 },
];

test('each line gives the time stamp in milliseconds and the size of one picture', () => {
  assert.deepEqual(new FrameLog().push(Buffer.from(LOG)), FRAMES);
});

test('the log may be cut anywhere', () => {
  for (let at = 1; at < LOG.length; at++) {
    const log = new FrameLog();
    const read = [...log.push(Buffer.from(LOG.slice(0, at))), ...log.push(Buffer.from(LOG.slice(at)))];
    assert.deepEqual(read, FRAMES, `cut at ${at}`);
  }
  const log = new FrameLog();
  const oneByOne = [...LOG].flatMap((char): LoggedFrame[] => log.push(Buffer.from(char)));
  assert.deepEqual(oneByOne, FRAMES);
});

test('time stamps follow the time base of the stream', () => {
  const log = new FrameLog();
  const [frame] = log.push(Buffer.from('#tb 0: 1001/30000\n0, 30, 30, 1, 99, 0x0\n'));
  assert.equal(frame?.ptsMs.toFixed(3), '1001.000');
});

test('what is not a line about a picture is passed over', () => {
  const log = new FrameLog();
  assert.deepEqual(log.push(Buffer.from('nonsense\n0, 1, 1, 1, 0, 0x0\n\n0, x, x, 1, y, 0x0\n')), []);
  assert.deepEqual(log.push(Buffer.from('0, 5, 5, 1, 7, 0x0\n')), [{ ptsMs: 5, bytes: 7 }]);
});

test('a line without an end does not fill the memory', () => {
  const log = new FrameLog();
  for (let i = 0; i < 100; i++) log.push(Buffer.alloc(65536, 'x'));
  assert.deepEqual(log.push(Buffer.from('\n0, 5, 5, 1, 7, 0x0\n')), [{ ptsMs: 5, bytes: 7 }]);
});
