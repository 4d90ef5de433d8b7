import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Detail } from '../../../src/vision/client';
import { SHIPPED_PRICES } from '../../../src/vision/prices';
import { billedTokens, seenSidePx } from '../../../src/vision/token-family';

const SMALL = { width: 640, height: 360 };
const LARGE = { width: 4000, height: 3000 };

describe('what a model bills for a picture', () => {
  // Sources: reference §1.2, the table of tokens per picture and the prices of a tile.
  const cases: [model: string, detail: Detail, tokens: number | null, size?: typeof SMALL][] = [
    ['gpt-4o', 'high', 425],
    ['gpt-4o', 'low', 85],
    ['gpt-4o-mini', 'low', 2834],
    ['gpt-4o-mini', 'high', 14168],
    ['gpt-4.1', 'auto', 425],
    ['gpt-4.1-mini-2025-04-14', 'high', 389],
    ['openai/gpt-5-mini', 'low', 389],
    ['gpt-5-nano', 'high', 591],
    ['o4-mini', 'high', 413],
    ['o3', 'low', 75],
    ['gpt-5', 'low', 70],
    ['gpt-5.5', 'high', 288],
    ['gpt-5.5', 'high', 2942, LARGE],
    ['gpt-5.5', 'auto', 12_000, LARGE],
    ['claude-haiku-4-5', 'auto', 303],
    ['anthropic/claude-sonnet-4.5', 'auto', 303],
    ['gemini-2.5-flash', 'auto', 1548],
    ['google/gemini-3.1-flash-lite', 'auto', 1120],
    ['qwen/qwen3-vl-8b-instruct', 'auto', 222],
    ['qwen2.5vl:7b', 'auto', 301],
    ['gpt-5.1', 'high', null],
    ['my-gpt-4o', 'high', null],
    ['llava', 'auto', null],
  ];
  for (const [model, detail, tokens, size = SMALL] of cases) {
    it(`${model}, ${detail}, ${size.width}x${size.height}: ${tokens ?? 'not known'}`, () =>
      assert.equal(billedTokens(model, detail, size), tokens));
  }

  it('is known of most models whose prices are shipped', () => {
    const models = SHIPPED_PRICES.split('\n').map((line) => line.split(' ')[0] ?? '');
    const known = models.filter((model) => billedTokens(model, 'auto', SMALL) !== null);
    assert.ok(known.length >= 18, `${known.length} of ${models.length}`);
  });
});

describe('what is left of a picture when a model looks at it', () => {
  const wide = { width: 1536, height: 864 };
  const cases: [model: string, detail: Detail, side: number][] = [
    ['gpt-4o', 'low', 512],
    ['gpt-4o', 'high', (1536 * 768) / 864],
    ['claude-haiku-4-5', 'auto', 1536],
    ['llava', 'auto', 1536],
  ];
  for (const [model, detail, side] of cases) {
    it(`${model}, ${detail}: ${Math.round(side)} pixels`, () =>
      assert.ok(Math.abs(seenSidePx(model, detail, wide) - side) < 1e-6));
  }
});
