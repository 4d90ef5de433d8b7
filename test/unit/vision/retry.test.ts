import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retryDelay } from '../../../src/vision/retry';

const LEFT = 45_000;

describe('retryDelay', () => {
  it('grows from half a second to eight, with full jitter', () => {
    const longest = [1, 2, 3, 4, 5, 6].map((attempt) => retryDelay(attempt, null, LEFT, 1));
    assert.deepEqual(longest, [500, 1000, 2000, 4000, 8000, 8000]);
    assert.equal(retryDelay(3, null, LEFT, 0.25), 500);
  });

  it('is what the server asked for', () => {
    assert.equal(retryDelay(1, 4000, LEFT, 0.1), 4000);
  });

  it('is none where the deadline would be over, or the server asks for more than a minute', () => {
    assert.equal(retryDelay(1, 4000, 3000, 0.1), null);
    assert.equal(retryDelay(1, 3_600_000, 10_000_000, 0.1), null);
  });
});
