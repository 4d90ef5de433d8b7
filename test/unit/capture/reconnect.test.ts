import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextPause, type Pause } from '../../../src/capture/reconnect';
import type { CameraCode } from '../../../src/shared/errors';
import { seeded } from '../../fixtures/seeded';

const NONE: Pause = { lengthMs: 0, outageSince: null };
const MINUTE = 60_000;

/** Lets an outage go on for `forMs`: each pause is waited out, and the next try fails at once. */
function outage(code: CameraCode, forMs: number, random: () => number): { at: number; lengthMs: number }[] {
  const pauses = [];
  let pause = NONE;
  for (let now = 1000; now < forMs; now += pause.lengthMs) {
    pause = nextPause(code, pause, now, random());
    pauses.push({ at: now - 1000, lengthMs: pause.lengthMs });
  }
  return pauses;
}

test('an ordinary loss is tried again after 1 s to 5 s for two minutes, then at least once a minute', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const pauses = outage('CAMERA_NETWORK', 30 * MINUTE, seeded(seed));
    assert.equal(pauses[0]?.lengthMs, 1000);
    for (const { at, lengthMs } of pauses) {
      const cap = at < 2 * MINUTE ? 5_000 : MINUTE;
      assert.ok(lengthMs >= 1000 && lengthMs <= cap, `${lengthMs} ms after ${at} ms, seed ${seed}`);
    }
  }
});

test('cameras that were lost together do not come back together', () => {
  const thirds = Array.from(
    { length: 100 },
    (_, seed) => outage('CAMERA_LOST', 20_000, seeded(seed))[2]?.lengthMs,
  );
  const distinct = new Set(thirds.map((ms) => Math.round((ms ?? 0) / 10)));
  assert.ok(distinct.size > 50, `${distinct.size} different pauses of 100`);
});

const slow: [CameraCode, number, number][] = [
  ['CAMERA_AUTH', 5 * MINUTE, 60 * MINUTE],
  ['CAMERA_NOT_FOUND', MINUTE, 10 * MINUTE],
  ['CAMERA_TLS', MINUTE, 10 * MINUTE],
  ['CAMERA_BUSY', 65_000, 5 * MINUTE],
  ['CAMERA_FILE', 10_000, MINUTE],
  ['CAMERA_FFMPEG_MISSING', 30_000, MINUTE],
];

for (const [code, firstMs, capMs] of slow) {
  test(`${code} is tried again after ${firstMs / 1000} s, then twice as late each time up to ${capMs / 1000} s`, () => {
    for (let seed = 1; seed <= 20; seed++) {
      let last = 0;
      for (const { lengthMs } of outage(code, 6 * 60 * MINUTE, seeded(seed)).slice(0, 8)) {
        const expected = Math.min(capMs, Math.max(firstMs, 2 * last));
        assert.ok(lengthMs >= expected && lengthMs <= expected * 1.1, `${lengthMs} ms for ${expected} ms`);
        last = lengthMs;
      }
      assert.ok(last >= capMs);
    }
  });
}

test('a try that will be different comes soon', () => {
  const pause = nextPause('CAMERA_NO_VIDEO', { lengthMs: 40_000, outageSince: 5 }, 9_000_000, 0.5, true);
  assert.deepEqual(pause, { lengthMs: 1000, outageSince: 5 });
});

test('the outage keeps its beginning while its reason changes', () => {
  const first = nextPause('CAMERA_LOST', NONE, 1000, 0.5);
  const second = nextPause('CAMERA_NETWORK', first, 2000, 0.5);
  const third = nextPause('CAMERA_AUTH', second, 3000, 0);
  assert.equal(third.outageSince, 1000);
  assert.equal(third.lengthMs, 5 * MINUTE);
});
