import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silenceLimitMs } from '../../../src/capture/watchdog';

test('a stream may miss two of its own frames, and is never given less than 10 s', () => {
  assert.equal(silenceLimitMs(40, 30_000), 10_000);
  assert.equal(silenceLimitMs(2_000, 30_000), 10_000);
  assert.equal(silenceLimitMs(20_000, 30_000), 60_000);
});

test('while the interval is not known, the time for the first picture counts', () => {
  assert.equal(silenceLimitMs(null, 30_000), 30_000);
  assert.equal(silenceLimitMs(null, 2_000), 10_000);
});
