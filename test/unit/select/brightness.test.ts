import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brightnessBetween } from '../../../src/select/brightness';

/** As many as there are squares of ten by ten pixels. */
const CELLS = 144;

const slope = Float32Array.from({ length: CELLS }, (_, cell) => 20 + cell);

describe('the brightness between two pictures', () => {
  test('is found exactly where only the light has changed', () => {
    const brighter = slope.map((level) => level * 1.3 + 12);
    const { gain, offset } = brightnessBetween(slope, brighter);
    assert.ok(Math.abs(gain - 1.3) < 0.01, `gain ${gain}`);
    assert.ok(Math.abs(offset - 12) < 1, `offset ${offset}`);
  });

  test('is not bent by something that covers a third of the picture', () => {
    const brighter = slope.map((level, cell) => (cell % 3 === 0 ? 5 : level + 30));
    const { gain, offset } = brightnessBetween(slope, brighter);
    assert.ok(Math.abs(gain - 1) < 0.02, `gain ${gain}`);
    assert.ok(Math.abs(offset - 30) < 2, `offset ${offset}`);
  });

  test('of two even pictures is an offset, because they do not tell a gain', () => {
    const fit = brightnessBetween(new Float32Array(CELLS).fill(100), new Float32Array(CELLS).fill(130));
    assert.deepEqual(fit, { gain: 1, offset: 30 });
  });

  test('never becomes another picture: the gain stays between a half and two', () => {
    const { gain } = brightnessBetween(
      slope,
      slope.map((level) => level * 5),
    );
    assert.equal(gain, 2);
  });
});
