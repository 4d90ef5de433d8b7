import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cropPixels, cropProblems, fitInside } from '../../../src/encode/geometry';
import { EncodeError } from '../../../src/shared/errors';

describe('fitInside', () => {
  const HD = { width: 1280, height: 720 };

  it('shrinks in proportion to the tighter of two limits', () => {
    assert.deepEqual(fitInside(HD, 640, 0), { width: 640, height: 360 });
    assert.deepEqual(fitInside(HD, 0, 180), { width: 320, height: 180 });
    assert.deepEqual(fitInside(HD, 640, 180), { width: 320, height: 180 });
  });

  it('never enlarges', () => {
    assert.deepEqual(fitInside(HD, 4000, 4000), HD);
    assert.deepEqual(fitInside(HD, 0, 0), HD);
  });

  it('keeps at least one pixel of a very narrow picture', () => {
    assert.deepEqual(fitInside({ width: 5000, height: 1 }, 100, 0), { width: 100, height: 1 });
  });
});

describe('cropPixels', () => {
  it('rounds the edges, so that neighbouring areas neither overlap nor leave a gap', () => {
    const size = { width: 101, height: 51 };
    const left = cropPixels(size, { x: 0, y: 0, width: 0.5, height: 1 });
    const right = cropPixels(size, { x: 0.5, y: 0, width: 0.5, height: 1 });
    assert.equal(left.left + left.width, right.left);
    assert.equal(right.left + right.width, size.width);
  });

  it('stays within the picture where sums end above 1', () => {
    const area = cropPixels({ width: 640, height: 360 }, { x: 0.7, y: 0.9, width: 0.3000001, height: 0.1 });
    assert.deepEqual(area, { left: 448, top: 324, width: 192, height: 36 });
  });

  it('tells ENCODE_CROP where no pixel is left', () => {
    assert.throws(
      () => cropPixels({ width: 100, height: 100 }, { x: 0.5, y: 0, width: 0.001, height: 1 }),
      (error) => error instanceof EncodeError && error.code === 'ENCODE_CROP',
    );
  });
});

describe('cropProblems', () => {
  it('finds none in areas within the picture, sums of fractions included', () => {
    assert.deepEqual(cropProblems({ x: 0, y: 0, width: 1, height: 1 }), []);
    assert.deepEqual(cropProblems({ x: 0.7, y: 0.1, width: 0.3, height: 0.9 }), []);
  });

  it('names each one', () => {
    assert.equal(cropProblems({ x: 0.6, y: 0.6, width: 0.5, height: 0.5 }).length, 2);
    assert.equal(cropProblems({ x: 0, y: 0, width: 0, height: 0 }).length, 2);
  });
});
