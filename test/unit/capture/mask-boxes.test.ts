import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskBoxes } from '../../../src/capture/mask-boxes';
import type { PrivacyMask } from '../../../src/capture/privacy-mask';
import { seeded } from '../../fixtures/seeded';

type Points = PrivacyMask['points'];

const mask = (points: Points): PrivacyMask => ({ points, style: 'black' });
/** A thousandth of a pixel of a picture with 1,000 of them. */
const NOTHING = 1e-6;
const isCovered = (boxes: ReturnType<typeof maskBoxes>, x: number, y: number) =>
  boxes.some(
    ({ left, top, right, bottom }) =>
      left - NOTHING <= x && x <= right + NOTHING && top - NOTHING <= y && y <= bottom + NOTHING,
  );

/** How often the line goes round a point: by the angles, another way than the one under test. */
function turns(points: Points, x: number, y: number): number {
  let angle = 0;
  points.forEach(([ax, ay], index) => {
    const [bx, by] = points[(index + 1) % points.length] as [number, number];
    const step = Math.atan2(by - y, bx - x) - Math.atan2(ay - y, ax - x);
    angle += step - 2 * Math.PI * Math.round(step / (2 * Math.PI));
  });
  return Math.round(angle / (2 * Math.PI));
}

test('a rectangle is one box, exactly', () => {
  const boxes = maskBoxes([
    mask([
      [0.1, 0.2],
      [0.5, 0.2],
      [0.5, 0.9],
      [0.1, 0.9],
    ]),
  ]);
  assert.deepEqual(boxes, [{ left: 0.1, top: 0.2, right: 0.5, bottom: 0.9 }]);
});

test('an L is covered as an L, and its notch is free', () => {
  const boxes = maskBoxes([
    mask([
      [0.1, 0.1],
      [0.3, 0.1],
      [0.3, 0.5],
      [0.7, 0.5],
      [0.7, 0.8],
      [0.1, 0.8],
    ]),
  ]);
  assert.equal(isCovered(boxes, 0.2, 0.2), true);
  assert.equal(isCovered(boxes, 0.6, 0.7), true);
  assert.equal(isCovered(boxes, 0.6, 0.4), false);
  assert.ok(boxes.length <= 3, `${boxes.length} boxes`);
});

test('the middle of a star that crosses itself is covered', () => {
  const star = Array.from({ length: 5 }, (_, corner): [number, number] => [
    0.5 + 0.4 * Math.sin((corner * 4 * Math.PI) / 5),
    0.5 - 0.4 * Math.cos((corner * 4 * Math.PI) / 5),
  ]);
  const boxes = maskBoxes([mask(star)]);
  assert.equal(isCovered(boxes, 0.5, 0.5), true);
  assert.equal(isCovered(boxes, 0.5, 0.12), true);
  assert.equal(isCovered(boxes, 0.3, 0.2), false);
});

test('whatever polygon is drawn, all of it is covered, and little beside it', () => {
  const random = seeded(7);
  for (let round = 0; round < 60; round++) {
    const corners = 3 + Math.floor(random() * 8);
    const points = Array.from({ length: corners }, (): [number, number] => [random(), random()]);
    const boxes = maskBoxes([mask(points)]);
    let inside = 0;
    let beside = 0;
    for (let n = 0; n < 400; n++) {
      const [x, y] = [random(), random()];
      const isInside = turns(points, x, y) !== 0;
      const covered = isCovered(boxes, x, y);
      if (isInside) assert.ok(covered, `(${x}, ${y}) of ${JSON.stringify(points)}`);
      if (isInside) inside++;
      else if (covered) beside++;
    }
    assert.ok(beside <= 40 + inside, `${beside} beside ${inside}: ${JSON.stringify(points)}`);
  }
});

test('the corners and edges themselves are covered, also of a polygon that is only a line', () => {
  const flat: Points = [
    [0.2, 0.5],
    [0.8, 0.5],
    [0.4, 0.5],
  ];
  const upright: Points = [
    [0.5, 0.1],
    [0.5, 0.9],
    [0.5, 0.4],
  ];
  const corner: Points = [
    [1, 1],
    [1, 1],
    [1, 1],
  ];
  for (const points of [flat, upright, corner]) {
    const boxes = maskBoxes([mask(points)]);
    for (const [x, y] of points) assert.ok(isCovered(boxes, x, y), `${x}, ${y}`);
    for (const { left, top, right, bottom } of boxes) {
      assert.ok(left < right && top < bottom && right <= 1 && bottom <= 1);
    }
  }
});

test('the most masks with the most corners stay within what ffmpeg can be told, and are covered', () => {
  const jagged = (left: number): PrivacyMask =>
    mask(Array.from({ length: 50 }, (_, n) => [left + (n % 2) * 0.04 + 0.0003 * n, n / 49]));
  const masks = Array.from({ length: 20 }, (_, n) => jagged(n / 22));
  const boxes = maskBoxes(masks);
  assert.ok(boxes.length <= 400, `${boxes.length} boxes`);
  for (const { points } of masks) for (const [x, y] of points) assert.ok(isCovered(boxes, x, y));
});
