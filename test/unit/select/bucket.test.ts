import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filled, fullBucket, spent, stretch } from '../../../src/select/bucket';

test('a bucket holds a minute of frames, and fills with time', () => {
  let bucket = filled(fullBucket(6), 6, 0);
  for (let i = 0; i < 6; i++) bucket = spent(bucket);
  assert.equal(bucket.tokens, 0);
  assert.equal(spent(bucket).tokens, 0);
  assert.equal(filled(bucket, 6, 20_000).tokens, 2);
  assert.equal(filled(bucket, 6, 3_600_000).tokens, 6);
});

test('less than one a minute is one now and then, not none', () => {
  const bucket = spent(filled(fullBucket(0.5), 0.5, 0));
  assert.equal(filled(bucket, 0.5, 119_000).tokens < 1, true);
  assert.equal(filled(bucket, 0.5, 120_000).tokens, 1);
});

test('the spacing grows when less than half is left, and not without bounds', () => {
  assert.equal(stretch({ tokens: 12, at: 0 }, 20), 1);
  assert.equal(stretch({ tokens: 5, at: 0 }, 20), 2);
  assert.equal(stretch({ tokens: 0, at: 0 }, 20), 8);
});

test('a clock that is set back takes nothing out', () => {
  assert.equal(filled({ tokens: 3, at: 60_000 }, 6, 0).tokens, 3);
});
