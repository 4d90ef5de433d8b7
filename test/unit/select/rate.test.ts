import assert from 'node:assert/strict';
import { test } from 'node:test';
import { perMinuteOf } from '../../../src/select/rate';

test('a rate is milliseconds from one frame to the next, as in the core', () => {
  assert.equal(perMinuteOf(1000), 60);
  assert.equal(perMinuteOf('30000'), 2);
});

test('an empty rate, or 0, is the limit of the settings again', () => {
  for (const none of [0, '0', '', null, undefined]) assert.equal(perMinuteOf(none), null);
});

test('what is no rate is refused', () => {
  for (const bad of [-5, 'fast', Number.NaN, Number.POSITIVE_INFINITY, {}])
    assert.throws(() => perMinuteOf(bad), { code: 'INPUT_COMMAND' });
});
