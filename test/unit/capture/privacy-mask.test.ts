import assert from 'node:assert/strict';
import { test } from 'node:test';
import { privacyMasks } from '../../../src/capture/privacy-mask';
import { ConfigError } from '../../../src/shared/errors';

const POINTS = [
  [0, 0],
  [1, 0],
  [0.5, 1],
];

test('masks are read from a list, and are black if nothing else is said', () => {
  assert.deepEqual(privacyMasks([{ points: POINTS }, { points: POINTS, style: 'blur', name: 'door' }]), [
    { points: POINTS, style: 'black' },
    { points: POINTS, style: 'blur' },
  ]);
});

test('nothing is no mask', () => {
  for (const nothing of [undefined, null, '', []]) assert.deepEqual(privacyMasks(nothing), []);
});

/** What is given · the words. */
const WRONG: [unknown, RegExp][] = [
  ['left half', /not a list/],
  [Array(21).fill({ points: POINTS }), /21 privacy masks.*20/],
  [[{ points: POINTS }, 'door'], /mask 2 is not an object/],
  [[{ points: POINTS.slice(1) }], /mask 1 does not have 3 to 50 corners/],
  [[{ points: Array(51).fill([0, 0]) }], /3 to 50 corners/],
  [[{ points: [...POINTS, [0.5, 1.01]] }], /between 0 and 1/],
  [[{ points: [...POINTS, [0.5, Number.NaN]] }], /between 0 and 1/],
  [[{ points: [...POINTS, ['0', '0']] }], /between 0 and 1/],
  [[{ points: [...POINTS, [0, 0, 0]] }], /between 0 and 1/],
  [[{ points: POINTS, style: 'pixels' }], /style other than/],
  [[{}], /corners/],
];

for (const [value, words] of WRONG) {
  test(`refused, as what is left out would be shown: ${words.source}`, () => {
    assert.throws(
      () => privacyMasks(value),
      (error) => error instanceof ConfigError && words.test(error.message) && error.cause.advice !== '',
    );
  });
}
