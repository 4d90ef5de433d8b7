import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BLOCKS } from '../../../src/select/blocks';
import { edgesOf } from '../../../src/select/edges';
import { blockMeans } from '../../../src/select/pixels';
import { detailOf, structureChange } from '../../../src/select/structure';
import { toneBetween } from '../../../src/select/tone';
import { Drawing, withPerson } from './scenes';

const background = Float32Array.from(Drawing.room().plane);
const ALL = Array.from({ length: BLOCKS }, (_, block) => block);

/** The light of the room, put on another drawing of it. */
function toneOf(drawing: Drawing): Float32Array | null {
  const means = {
    frame: blockMeans(Float32Array.from(drawing.plane)),
    background: blockMeans(background),
  };
  return toneBetween(drawing.plane, background, means);
}

describe('light', () => {
  for (const [what, light] of [
    ['a lamp', Drawing.room().light(1.3, 20)],
    ['a dusk', Drawing.room().light(0.5, 0)],
    ['a curve, as exposures are', Drawing.room().each((_x, _y, old) => 255 * (old / 255) ** 1.3)],
  ] as const)
    test(`is found: ${what}`, () => {
      const tone = toneOf(light);
      assert.ok(tone);
      const off = light.plane.map((level, i) => Math.abs((tone[level] ?? 0) - (background[i] ?? 0)));
      const mean = off.reduce((sum, one) => sum + one, 0) / off.length;
      assert.ok(mean < 1.5, `${mean} levels off`);
    });

  test('is the same where nothing has changed, somebody in the picture or not', () => {
    assert.equal(toneOf(Drawing.room()), null);
    assert.equal(toneOf(withPerson(70)), null);
  });

  test('leaves the drawing as it is, somebody does not', () => {
    const shadow = Drawing.room().each((x, _y, old) => (x > 60 && x < 120 ? old * 0.7 : old));
    const blocks = ALL.filter((block) => block % 32 > 14 && block % 32 < 20);
    assert.ok(structureChange(blocks, background, shadow.plane, null) < 0.4);
    assert.ok(structureChange(blocks, background, withPerson(76).plane, null) > 0.5);
  });
});

describe('the edges of a picture', () => {
  test('stay where they are in other light, and behind somebody', () => {
    const dark = Drawing.room().light(0.6, 5);
    assert.ok(edgesOf(background, dark.plane, toneOf(dark)).kept > 0.9);
    assert.ok(edgesOf(background, withPerson(70).plane, null).kept > 0.7);
  });

  test('are lost when the camera is turned or covered', () => {
    const turned = new Drawing().each(
      (x, y) => Drawing.room().plane[((y + 7) % 90) * 160 + ((x + 11) % 160)] ?? 0,
    );
    assert.ok(edgesOf(background, turned.plane, null).kept < 0.5);
    const { kept, strength } = edgesOf(background, new Drawing().each(() => 60).plane, null);
    assert.ok(kept < 0.1 && strength < 0.1);
  });

  test('of a picture that has none say nothing', () => {
    assert.equal(edgesOf(new Float32Array(160 * 90).fill(50), Drawing.room().plane, null).kept, 1);
  });
});

test('a sharp picture has more detail than a blurred one', () => {
  const sharp = withPerson(70);
  const blurred = withPerson(70).each((x, y) => {
    const at = (dx: number) => sharp.plane[y * 160 + Math.max(0, Math.min(159, x + dx))] ?? 0;
    return (at(-2) + at(-1) + at(0) + at(1) + at(2)) / 5;
  });
  assert.ok(detailOf(ALL, sharp.plane) > detailOf(ALL, blurred.plane));
});
