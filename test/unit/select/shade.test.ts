import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BLOCKS, COLUMNS } from '../../../src/select/blocks';
import { BLOCK_PER_LEVEL, lookAt, newScene } from '../../../src/select/scene';
import { shadeIn } from '../../../src/select/shade';
import { Drawing, film, select } from './scenes';

const LEAST = BLOCK_PER_LEVEL * 10;

/** The shadow of a cloud over the left half, with a border some pixels wide. */
const inShadow = (drawing: Drawing, edge: number, soft = 1): Drawing =>
  drawing.each((x, _y, old) => old * (1 - 0.35 * Math.max(0, Math.min(1, (edge - x) / soft))));

/** What is said of all blocks that differ from the room, or from another ground. */
function shadeOf(shown: Drawing, ground = Drawing.room()) {
  const scene = newScene(ground.plane, 0);
  const look = lookAt(scene, shown.plane);
  const blocks = Array.from({ length: BLOCKS }, (_, block) => block).filter(
    (block) => (look.beyond[block] ?? 0) >= LEAST,
  );
  assert.ok(blocks.length > 0, 'something differs');
  return shadeIn(blocks, scene, shown.plane, look, LEAST, 200);
}

const columnsOf = (blocks: number[]) =>
  [...new Set(blocks.map((block) => block % COLUMNS))].sort((a, b) => a - b);

describe('light that changes over a part of the picture', () => {
  for (const [what, soft] of [
    ['with a soft border', 30],
    ['with a sharp one', 1],
  ] as const)
    test(`${what} leaves the drawing, and nothing over`, () => {
      const shade = shadeOf(inShadow(Drawing.room(), 62, soft));
      assert.deepEqual(shade?.rest, []);
      assert.equal(shade?.unexplained, 0);
    });

  test('leaves over who is in it', () => {
    const shade = shadeOf(inShadow(Drawing.room(), 62).rectangle(20, 30, 12, 40, 10));
    assert.ok(shade && shade.rest.length >= 8, `${shade?.rest.length} blocks`);
    assert.ok(shade.unexplained >= 10);
    assert.deepEqual(
      columnsOf(shade.rest).filter((column) => column < 4 || column > 6),
      [],
    );
  });

  test('is not seen in somebody alone', () =>
    assert.equal(shadeOf(Drawing.room().rectangle(20, 20, 40, 70, 30)), null));

  test('cannot be told from a thing where the ground has no drawing', () => {
    const even = () => new Drawing().each(() => 120);
    assert.equal(shadeOf(inShadow(even(), 40), even()), null);
  });
});

/** Clouds that pass, each for some seconds: a band of shadow that goes through the picture. */
const clouds = (drawing: Drawing, s: number): Drawing =>
  drawing.each((x, _y, old) => {
    const inside = Math.min((s % 30) * 14 - x, x - (s % 30) * 14 + 150);
    return old * (1 - 0.35 * Math.max(0, Math.min(1, inside / 25)));
  });

test('clouds that pass give no event', () => {
  const chosen = select(film(120, 5, (s) => clouds(Drawing.room(), s)));
  assert.deepEqual(
    chosen.filter(({ reason }) => reason !== 'heartbeat'),
    [],
  );
});

test('somebody who comes while clouds pass is seen within a second', () => {
  const comes = (s: number) => {
    const drawing = Drawing.room();
    if (s >= 40) drawing.rectangle(Math.min(100, Math.round((s - 40) * 12)) - 6, 30, 12, 40, 15);
    return clouds(drawing, s);
  };
  const starts = select(film(60, 5, comes)).filter(({ reason }) => reason === 'start');
  assert.ok(starts[0] && starts[0].second >= 40 && starts[0].second <= 41, `start at ${starts[0]?.second}`);
});
