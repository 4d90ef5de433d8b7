import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FfmpegMessages } from '../../../src/capture/ffmpeg-messages';
import { FakeClock } from '../../fixtures/fake-clock';

const BROKEN = '[h264 @ 0x1] [error] error while decoding MB 1 2, bytestream 3\n';

function setUp() {
  const clock = new FakeClock();
  const counts: number[] = [];
  const messages = new FfmpegMessages({ clock, onBroken: (count) => counts.push(count) });
  return { clock, counts, messages, push: (text: string) => messages.push(Buffer.from(text)) };
}

test('errors are kept, in lines that may come in pieces', () => {
  const { messages, push } = setUp();
  push('[error] no');
  push(' way\n[fatal] the e');
  push('nd');
  assert.equal(messages.end(), '[error] no way\n[fatal] the end\n');
});

test('a character that is cut in two comes whole', () => {
  const { messages } = setUp();
  const bytes = Buffer.from('[error] Grüße\n');
  messages.push(bytes.subarray(0, 11));
  messages.push(bytes.subarray(11));
  assert.equal(messages.end(), '[error] Grüße\n');
});

test('warnings are no reason for an end', () => {
  const { messages, push } = setUp();
  push('[warning] x: corrupt decoded frame in stream 0\n');
  push('[vist#0:0/h264 @ 0x1] [dec:h264 @ 0x2] [warning] corrupt decoded frame\n');
  push('[error] as a [warning] to all\n');
  assert.equal(messages.end(), '[error] as a [warning] to all\n');
});

test('broken pictures are told together, a second after the first', () => {
  const { clock, counts, push } = setUp();
  for (let n = 0; n < 5; n++) push(BROKEN);
  clock.advance(999);
  assert.deepEqual(counts, []);
  clock.advance(1);
  assert.deepEqual(counts, [5]);
  clock.advance(5000);
  push(BROKEN);
  clock.advance(1000);
  assert.deepEqual(counts, [5, 1]);
  assert.equal(clock.pending, 0);
});

test('those that were not told yet are told at the end, and no timer is left', () => {
  const { clock, counts, messages, push } = setUp();
  push(BROKEN);
  messages.end();
  assert.deepEqual([counts, clock.pending], [[1], 0]);
});

test('of a flood no more than 64 kB in a second is looked at, and reading goes on behind it', () => {
  const { clock, counts, messages, push } = setUp();
  const kilobyte = BROKEN.repeat(16);
  for (let n = 0; n < 10_000; n++) push(kilobyte);
  clock.advance(1000);
  const [looked = 0] = counts;
  assert.ok(looked > 100 && looked <= 65_536 / BROKEN.length, `${looked} lines`);
  push('half of a line that was cut\n[error] the reason\n');
  clock.advance(1000);
  const text = messages.end();
  assert.ok(text.endsWith('\n[error] the reason\n'), text.slice(-200));
  assert.doesNotMatch(text, /half of a line/);
  assert.ok(text.length <= 4000);
});

test('the reason of an end is found behind a flood of the same second', () => {
  const { messages, push } = setUp();
  for (let n = 0; n < 100; n++) push(BROKEN.repeat(16));
  push(`${BROKEN}[error] the reason\n`);
  assert.ok(messages.end().endsWith('[error] the reason\n'));
});

test('a line without an end does not fill the memory, and what follows is read', () => {
  const { clock, messages, push } = setUp();
  for (let n = 0; n < 1000; n++) {
    push('x'.repeat(10_000));
    clock.advance(500);
  }
  push('\n[error] the reason\n');
  assert.equal(messages.end(), '[error] the reason\n');
});
