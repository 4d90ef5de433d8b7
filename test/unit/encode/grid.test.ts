import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cellCorner, layOut } from '../../../src/encode/grid';

const HD = { width: 1280, height: 720 };
const UPRIGHT = { width: 720, height: 1280 };

describe('layOut', () => {
  it('chooses the columns that bring the sheet near 16:9', () => {
    const columns = [1, 2, 3, 4, 6, 9, 12, 16].map((count) => layOut(count, HD, 0, 1280, 0).columns);
    assert.deepEqual(columns, [1, 2, 2, 2, 3, 3, 4, 4]);
  });

  it('puts upright frames side by side', () => {
    assert.deepEqual({ ...layOut(3, UPRIGHT, 0, 1280, 0), cell: null }.columns, 3);
  });

  it('uses the columns that were set, but no more than there are frames', () => {
    assert.equal(layOut(6, HD, 1, 0, 0).rows, 6);
    assert.equal(layOut(2, HD, 4, 0, 0).columns, 2);
  });

  it('keeps the whole sheet within both limits', () => {
    for (const [maxWidth, maxHeight] of [
      [1280, 0],
      [0, 480],
      [640, 200],
    ] as const) {
      const grid = layOut(6, HD, 0, maxWidth, maxHeight);
      assert.ok(maxWidth === 0 || grid.width <= maxWidth, `width ${grid.width}`);
      assert.ok(maxHeight === 0 || grid.height <= maxHeight, `height ${grid.height}`);
    }
  });

  it('never enlarges a frame, and bounds a sheet without limits', () => {
    assert.deepEqual(layOut(2, { width: 64, height: 36 }, 0, 4000, 0).cell, { width: 64, height: 36 });
    const large = layOut(16, { width: 7680, height: 4320 }, 0, 0, 0);
    assert.ok(large.width <= 8000 && large.height <= 8000);
  });

  it('gives cells that lie within the sheet and do not touch', () => {
    const grid = layOut(5, HD, 0, 1280, 0);
    const last = cellCorner(grid, 5);
    assert.equal(last.left + grid.cell.width, grid.width);
    assert.equal(last.top + grid.cell.height, grid.height);
    assert.ok(cellCorner(grid, 1).left > grid.cell.width);
    assert.deepEqual(cellCorner(grid, 3), { left: 0, top: last.top });
  });
});
