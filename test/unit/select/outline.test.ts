import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLOCKS, COLUMNS, type FinePlane } from '../../../src/select/blocks';
import { GONE, NEW, outlineOf } from '../../../src/select/outline';
import { LUMA_PIXELS } from '../../../src/shared/luma';
import { Drawing, withPerson } from './scenes';

const PERSON = 60;
/** Blocks around where the person of the tests is. */
const AROUND = Array.from({ length: BLOCKS }, (_, block) => block).filter((block) => {
  const column = block % COLUMNS;
  return column >= 10 && column <= 16 && block >= 4 * COLUMNS;
});

function outline(before: Drawing, now: Drawing, blocks = AROUND): number {
  const background: FinePlane = Float32Array.from(before.plane);
  const allowed = new Float32Array(LUMA_PIXELS).fill(8);
  return outlineOf(blocks, { background, allowed }, now.plane, null);
}

test('somebody who has come brings an outline', () => {
  assert.ok(outline(Drawing.room(), withPerson(PERSON)) >= NEW);
});

test('somebody who was learnt with the background and has left takes it away', () => {
  assert.ok(outline(withPerson(PERSON), Drawing.room()) <= GONE);
});

test('somebody in the place of somebody else is neither', () => {
  const share = outline(withPerson(PERSON), withPerson(PERSON + 14));
  assert.ok(share > GONE && share < 0.7, `${share}`);
});

test('where nothing differs, and along the edges of the picture, nothing is told', () => {
  assert.equal(outline(Drawing.room(), Drawing.room()), 0.5);
  const all = Array.from({ length: BLOCKS }, (_, block) => block);
  assert.equal(outline(Drawing.room(), Drawing.room().light(0, 0), all), 0.5);
});
