import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameAssembler } from '../../../src/capture/frame-assembler';
import { seeded } from '../../fixtures/seeded';

const LUMA_BYTES = 12;

/** Frame `n` has n + 5 bytes of JPEG, all n, and a grey plane, all 100 + n. */
function streams(frames: number) {
  const numbers = Array.from({ length: frames }, (_, n) => n);
  return {
    jpeg: Buffer.concat(numbers.map((n) => Buffer.alloc(n + 5, n))),
    luma: Buffer.concat(numbers.map((n) => Buffer.alloc(LUMA_BYTES, 100 + n))),
    log: Buffer.from(`#tb 0: 1/1000\n${numbers.map((n) => `0, 0, ${40 * n}, 1, ${n + 5}, 0x0\n`).join('')}`),
  };
}

test('the nth picture, grey plane and time stamp belong together, however the three streams are cut and mixed', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = seeded(seed);
    const assembler = new FrameAssembler(LUMA_BYTES);
    const left = streams(20);
    const times: number[] = [];
    while (left.jpeg.length + left.luma.length + left.log.length > 0) {
      const name = (['jpeg', 'luma', 'log'] as const)[Math.floor(random() * 3)] ?? 'log';
      const count = Math.floor(random() * 60);
      const chunk = left[name].subarray(0, count);
      left[name] = left[name].subarray(count);
      if (name === 'jpeg') assembler.pushJpeg(chunk);
      else if (name === 'luma') assembler.pushLuma(chunk);
      else assembler.pushLog(chunk);
      for (let frame = assembler.next(); frame; frame = assembler.next()) {
        const n = times.length;
        assert.deepEqual(frame.jpeg, Buffer.alloc(n + 5, n), `seed ${seed}`);
        assert.deepEqual(frame.luma, Buffer.alloc(LUMA_BYTES, 100 + n), `seed ${seed}`);
        times.push(frame.ptsMs);
      }
    }
    assert.deepEqual(
      times,
      Array.from({ length: 20 }, (_, n) => 40 * n),
      `seed ${seed}`,
    );
  }
});

test('a frame waits until all three parts have come', () => {
  const assembler = new FrameAssembler(LUMA_BYTES);
  const { jpeg, luma, log } = streams(1);
  assembler.pushJpeg(jpeg);
  assert.equal(assembler.next(), null);
  assembler.pushLog(log);
  assert.equal(assembler.next(), null);
  assembler.pushLuma(luma.subarray(1));
  assert.equal(assembler.next(), null);
  assembler.pushLuma(luma.subarray(0, 1));
  assert.equal(assembler.next()?.ptsMs, 0);
  assert.equal(assembler.next(), null);
});

test('it says when more waits than can be right', () => {
  const assembler = new FrameAssembler(LUMA_BYTES);
  const megabyte = Buffer.alloc(1024 * 1024);
  for (let i = 0; i < 64; i++) assembler.pushJpeg(megabyte);
  assert.equal(assembler.isOverfull, false);
  assembler.pushLuma(megabyte);
  assert.equal(assembler.isOverfull, true);
});
