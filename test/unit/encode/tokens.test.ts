import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pictureTokens, TOKEN_MODELS, type TokenModel } from '../../../src/encode/tokens';

const SIZES = [
  [384, 216],
  [512, 288],
  [640, 360],
  [768, 432],
  [1024, 576],
  [1280, 720],
  [1920, 1080],
] as const;

/** reference/llm-and-selection.md §1.2, "Tokens per image computed with these formulas". */
const TABLE: Partial<Record<TokenModel, number[]>> = {
  'openai-tile': [255, 255, 425, 425, 765, 1105, 1105],
  'openai-patch-mini': [137, 234, 389, 545, 934, 1491, 2443],
  'openai-patch-nano': [207, 355, 591, 827, 1417, 2264, 3710],
  'openai-patch': [101, 173, 288, 404, 692, 1104, 2448],
  claude: [116, 213, 303, 452, 781, 1200, 1564],
  'gemini-2': [258, 1548, 1548, 1548, 1548, 1548, 1548],
};

describe('pictureTokens', () => {
  for (const [model, row] of Object.entries(TABLE)) {
    it(`gives the figures of the reference table for ${model}`, () => {
      const figures = SIZES.map(([width, height]) => pictureTokens(model as TokenModel, width, height));
      assert.deepEqual(figures, row);
    });
  }

  it('bills o4-mini by the same patches at ×1.72', () => {
    // 20 × 12 patches, and the 52 × 29 that a picture of too many is shrunk to.
    assert.equal(pictureTokens('openai-patch-o4-mini', 640, 360), Math.ceil(240 * 1.72));
    assert.equal(pictureTokens('openai-patch-o4-mini', 1920, 1080), Math.ceil(1508 * 1.72));
  });

  it('comes to the published measurement of a 12 megapixel picture on the newest OpenAI models', () => {
    assert.equal(pictureTokens('openai-patch', 4000, 3000), 2942);
  });

  it('keeps Claude with high resolution within its larger limits', () => {
    assert.equal(pictureTokens('claude-high-res', 640, 360), 303);
    assert.equal(pictureTokens('claude-high-res', 1920, 1080), 69 * 39 + 4);
    assert.ok(pictureTokens('claude-high-res', 8000, 8000) <= 4784 + 4);
  });

  it('is within 6 % of what was measured for Gemini 3, at every size', () => {
    for (const [width, height] of SIZES) {
      const tokens = pictureTokens('gemini-3', width, height);
      assert.ok(Math.abs(tokens - 1090) / 1090 < 0.06, `${tokens}`);
    }
  });

  it('counts whole patches for Qwen, within the limits of the models', () => {
    assert.equal(pictureTokens('qwen2.5-vl', 640, 360), 23 * 13 + 2);
    assert.equal(pictureTokens('qwen3-vl', 640, 360), 20 * 11 + 2);
    assert.equal(pictureTokens('qwen3-vl', 1280, 720), 40 * 22 + 2);
    assert.equal(pictureTokens('qwen3-vl', 32, 32), 64 + 2);
    assert.equal(pictureTokens('qwen2.5-vl', 9000, 9000), 16384 + 2);
  });

  it('gives a whole number of at least 1 for every model and every size', () => {
    const extremes = [
      [1, 1],
      [1, 5000],
      [5000, 1],
      [3, 7],
      [12000, 9000],
      [65535, 20],
    ] as const;
    for (const model of TOKEN_MODELS) {
      for (const [width, height] of extremes) {
        const tokens = pictureTokens(model, width, height);
        assert.ok(Number.isInteger(tokens) && tokens >= 1, `${model} at ${width}×${height}: ${tokens}`);
      }
    }
  });
});
