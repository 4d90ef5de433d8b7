import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PRICES_DATE, priceOf, readPrices, SHIPPED_PRICES } from '../../../src/vision/prices';

const shipped = readPrices(SHIPPED_PRICES).table;

describe('the table of prices', () => {
  it('that is shipped can be read, and says of when it is', () => {
    assert.equal(readPrices(SHIPPED_PRICES).problem, null);
    assert.match(PRICES_DATE, /^20\d\d-\d\d-\d\d$/);
    assert.deepEqual(shipped.get('gpt-4.1-mini'), { input: 0.4, output: 1.6 });
  });

  const names: [string, string | null][] = [
    ['gpt-4.1-mini', 'gpt-4.1-mini'],
    ['GPT-4.1-Mini', 'gpt-4.1-mini'],
    ['gpt-4.1-mini-2025-04-14', 'gpt-4.1-mini'],
    ['gpt-4.1-2025-04-14', 'gpt-4.1'],
    ['openai/gpt-4.1-mini', 'gpt-4.1-mini'],
    ['claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
    ['qwen/qwen3-vl-8b-instruct:free', 'qwen/qwen3-vl-8b-instruct'],
    ['gpt-4.1-turbo', null],
    ['gpt-4', null],
    ['some-model', null],
  ];
  for (const [name, known] of names) {
    it(`${known ? `takes ${name} for ${known}` : `does not guess what ${name} costs`}`, () => {
      assert.deepEqual(priceOf([shipped], name), known && shipped.get(known));
    });
  }

  it('of the user goes before the one that is shipped, with a price for all others', () => {
    const { table } = readPrices('gpt-4.1-mini 1 2 # ours\n\n* 3 4');
    assert.deepEqual(priceOf([table, shipped], 'gpt-4.1-mini'), { input: 1, output: 2 });
    assert.deepEqual(priceOf([table, shipped], 'gpt-4o'), { input: 3, output: 4 });
  });

  for (const text of ['gpt-4o 1', 'gpt-4o a b', 'gpt-4o -1 2', 'gpt-4o 1 2 3', 'gpt-4o 1 99999999']) {
    it(`says which line it cannot read: ${text}`, () => {
      assert.match(readPrices(`gpt-5 1 2\n${text}`).problem ?? '', /in line 2$/);
    });
  }
});
