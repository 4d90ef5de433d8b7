import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gapAfter, type Signs, stallDeadline } from '../../../src/capture/watchdog';

const AUTO = { firstFrameMs: 30_000, silenceMs: 0, beatMs: 0 };

/** Signs of a stream whose packets are not seen, with what is given. */
function signs(given: Partial<Signs>): Signs {
  return {
    lastFrameAt: 0,
    frameGapMs: null,
    lastVideoAt: null,
    videoGapMs: null,
    awaitedKeyframeAt: null,
    ...given,
  };
}

test('without packets: a stream may miss two of its own frames, and is never given less than 10 s', () => {
  assert.equal(stallDeadline(signs({ frameGapMs: 40 }), AUTO), 10_000);
  assert.equal(stallDeadline(signs({ frameGapMs: 20_000 }), AUTO), 60_000);
});

test('without packets: while the rhythm is not known, the time for the first picture counts', () => {
  assert.equal(stallDeadline(signs({}), AUTO), 30_000);
  assert.equal(stallDeadline(signs({}), { ...AUTO, firstFrameMs: 2000 }), 10_000);
});

test('packets that stop are noticed after 8 s, whatever the GOP', () => {
  const flowing = { lastVideoAt: 100_000, videoGapMs: 600, lastFrameAt: 99_000, frameGapMs: 20_000 };
  assert.equal(stallDeadline(signs(flowing), AUTO), 108_000);
});

test('a camera that sends a picture every 5 s may miss two', () => {
  assert.equal(stallDeadline(signs({ lastVideoAt: 0, videoGapMs: 5000, frameGapMs: 5000 }), AUTO), 15_000);
});

test('what sends a picture a minute, or a segment in ten seconds, by its nature, is waited for from the first one on', () => {
  const once = signs({ lastVideoAt: 0 });
  assert.equal(stallDeadline({ ...once, frameGapMs: 60_000 }, { ...AUTO, beatMs: 60_000 }), 180_000);
  assert.equal(stallDeadline(once, { ...AUTO, beatMs: 10_000 }), 30_000);
});

test('packets without keyframes are no stall for a minute, or for three GOPs', () => {
  const flowing = { lastVideoAt: 1_000_000, videoGapMs: 500 };
  assert.equal(stallDeadline(signs({ ...flowing, frameGapMs: 2000 }), AUTO), 60_000);
  assert.equal(stallDeadline(signs({ ...flowing, frameGapMs: 30_000 }), AUTO), 90_000);
});

test('a keyframe that gives no frame within 10 s is a stall of the decoder', () => {
  const flowing = { lastVideoAt: 1_000_000, videoGapMs: 500, lastFrameAt: 1000, awaitedKeyframeAt: 21_000 };
  assert.equal(stallDeadline(signs({ ...flowing, frameGapMs: 5000 }), AUTO), 31_000);
  assert.equal(stallDeadline(signs({ ...flowing, frameGapMs: 20_000 }), AUTO), 61_000, 'or within two gaps');
  assert.equal(stallDeadline(signs(flowing), AUTO), 81_000, 'or a minute, while the gap is not known');
});

test('a silence that the user allows is allowed', () => {
  const patient = { ...AUTO, silenceMs: 300_000 };
  assert.equal(stallDeadline(signs({ frameGapMs: 40 }), patient), 300_000);
  assert.equal(stallDeadline(signs({ lastVideoAt: 5000, awaitedKeyframeAt: 4000 }), patient), 304_000);
});

test('the rhythm rises at once and falls slowly', () => {
  assert.equal(gapAfter(null, 2000), 2000);
  assert.equal(gapAfter(2000, 10_000), 10_000);
  assert.equal(gapAfter(10_000, 1000), 8200);
});
