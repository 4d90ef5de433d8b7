import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  boundedRatio,
  type PicturePlanInput,
  planPictures,
  SHEET_SIDE_PX,
  sheetGrid,
} from '../../../src/vision/picture-plan';

const HD = { width: 1280, height: 720 };
const SMALL = { width: 640, height: 360 };
const TINY = { width: 160, height: 90 };

function plan(count: number, size: PicturePlanInput['sizes'][number], more: Partial<PicturePlanInput> = {}) {
  const { arrangement, tokens } = planPictures({
    sizes: new Array(count).fill(size),
    estimates: new Array(count).fill(400),
    ...{ model: 'llava', detail: 'auto', arrange: 'auto', takesOne: false, ratioOf: () => 1 },
    ...more,
  });
  return [arrangement, tokens] as const;
}

describe('how pictures go to a model', () => {
  type Row = [
    what: string,
    count: number,
    size: PicturePlanInput['sizes'][number],
    more: Partial<PicturePlanInput>,
    arrangement: string,
    tokens: number,
  ];
  const rows: Row[] = [
    ['one picture', 1, SMALL, { model: 'gemini-3-flash' }, 'one', 1120],
    ['a flat price a picture', 6, SMALL, { model: 'gemini-3-flash' }, 'sheet', 1120],
    ['a flat price, but only two', 2, SMALL, { model: 'gemini-3-flash' }, 'sheet', 1120],
    ['tiles, six pictures', 6, SMALL, { model: 'gpt-4o', detail: 'high' }, 'sheet', 1105],
    ['tiles, two pictures side by side', 2, SMALL, { model: 'gpt-4o', detail: 'high' }, 'sheet', 595],
    [
      'a low detail leaves too little of a cell',
      6,
      SMALL,
      { model: 'gpt-4o', detail: 'low' },
      'several',
      510,
    ],
    ['patches: a sheet saves nothing', 6, SMALL, { model: 'claude-haiku-4-5' }, 'several', 1818],
    [
      'patches, large: a sheet saves no more than shrinking does',
      6,
      HD,
      { model: 'claude-haiku-4-5' },
      'several',
      7200,
    ],
    ['patches of OpenAI', 4, SMALL, { model: 'gpt-5-mini' }, 'several', 1556],
    ['six tiles a picture', 6, HD, { model: 'gemini-2.5-flash' }, 'sheet', 2064],
    ['sixteen of them, four in a row', 16, HD, { model: 'gemini-3-pro' }, 'sheet', 1120],
    ['pictures that are small anyway', 4, TINY, { model: 'gemini-3-flash' }, 'sheet', 1120],
    ['nothing is known of the model', 4, SMALL, {}, 'several', 1600],
    ['nor of the pictures', 2, null, { estimates: [0, 0] }, 'several', 3200],
    ['a sheet is wanted', 2, SMALL, { model: 'gpt-5-mini', arrange: 'sheet' }, 'sheet', 798],
    ['several are wanted', 6, SMALL, { model: 'gemini-3-flash', arrange: 'several' }, 'several', 6720],
    ['the newest alone is wanted', 6, SMALL, { model: 'gemini-3-flash', arrange: 'one' }, 'one', 1120],
    ['the model takes one only', 4, SMALL, { takesOne: true }, 'sheet', 1600],
    ['even where several are wanted', 4, SMALL, { takesOne: true, arrange: 'several' }, 'sheet', 1600],
    ['no sheet can be made', 4, null, { takesOne: true }, 'one', 400],
  ];
  for (const [what, count, size, more, arrangement, tokens] of rows) {
    it(`${what}: ${arrangement}`, () => {
      const [is, billed] = plan(count, size, more);
      assert.equal(is, arrangement);
      assert.ok(Math.abs(billed - tokens) <= 0.01 * tokens, `${billed} tokens, not ${tokens}`);
    });
  }

  it('follows what the model really bills', () => {
    // Nobody knows that it bills 1120 for each: its first calls tell.
    const ratioOf: PicturePlanInput['ratioOf'] = (arrangement) => (arrangement === 'several' ? 2.8 : 1);
    assert.equal(plan(4, SMALL)[0], 'several');
    assert.equal(plan(4, SMALL, { ratioOf })[0], 'sheet');
    assert.equal(
      plan(4, SMALL, { ratioOf: () => 2.8 })[0],
      'several',
      'where a sheet is no cheaper after all',
    );
  });

  it('makes no sheet that is larger than models look at, and none of cells that are enlarged', () => {
    for (const count of [2, 3, 6, 16]) {
      const grid = sheetGrid(new Array(count).fill(HD));
      assert.ok(Math.max(grid.width, grid.height) <= SHEET_SIDE_PX, `${count}: ${grid.width}x${grid.height}`);
    }
    assert.deepEqual(sheetGrid([TINY, TINY]).cell, TINY);
  });
});

it('a ratio stays within bounds, whatever was billed', () => {
  assert.deepEqual([0, 1e-9, 1, 33.3, 1e9].map(boundedRatio), [0.02, 0.02, 1, 33.3, 50]);
});
