/**
 * What a picture costs, in tokens of the model that will look at it.
 *
 * These are estimates of what the providers bill for the picture alone, at `detail: high` where there is such a
 * choice; vision-llm corrects them by what is really billed. Source: reference/llm-and-selection.md §1.2, which
 * has the formulas from the providers' documents and, for some, measurements.
 */
export const TOKEN_MODELS = [
  'openai-patch-mini',
  'openai-patch-nano',
  'openai-patch-o4-mini',
  'openai-patch',
  'openai-tile',
  'claude',
  'claude-high-res',
  'gemini-2',
  'gemini-3',
  'qwen2.5-vl',
  'qwen3-vl',
] as const;

export type TokenModel = (typeof TOKEN_MODELS)[number];

/**
 * Estimate of the tokens that a model bills for one picture.
 *
 * @param model the family that the model belongs to
 * @param width of the picture in pixels, 1 or more
 * @param height of the picture in pixels, 1 or more
 */
export function pictureTokens(model: TokenModel, width: number, height: number): number {
  return FAMILIES[model](width, height);
}

const FAMILIES: Record<TokenModel, (width: number, height: number) => number> = {
  // GPT-4.1-mini and GPT-5-mini, the nanos, and o4-mini: multiplier per patch, at most 1536 patches.
  'openai-patch-mini': (w, h) => openAiPatches(w, h, 1536, 1.62),
  'openai-patch-nano': (w, h) => openAiPatches(w, h, 1536, 2.46),
  'openai-patch-o4-mini': (w, h) => openAiPatches(w, h, 1536, 1.72),
  // GPT-5.5 and newer at `detail: high`.
  'openai-patch': (w, h) => openAiPatches(w, h, 2500, 1.2),
  'openai-tile': openAiTiles,
  claude: (w, h) => claudePatches(w, h, 1568, 1568),
  // 4.7 and newer.
  'claude-high-res': (w, h) => claudePatches(w, h, 2576, 4784),
  'gemini-2': geminiTiles,
  // Flat: media_resolution high, which is the default. Measured: 1065 to 1101 from 256² to 12 megapixels.
  'gemini-3': () => 1120,
  // Limits of the models' own preprocessor settings; a server may have lower ones. They count in patches.
  'qwen2.5-vl': (w, h) => qwenPatches(w, h, 28, 4, 16384),
  'qwen3-vl': (w, h) => qwenPatches(w, h, 32, 64, 16384),
};

/** Rounds up, but not for the sake of a rounding error of floating point: 29.000000000000004 is 29. */
function roundUp(value: number): number {
  return Math.ceil(value - 1e-9);
}

/** OpenAI, patches of 32 × 32; a picture of too many is shrunk until one side is whole patches. */
function openAiPatches(width: number, height: number, cap: number, multiplier: number): number {
  let patches = roundUp(width / 32) * roundUp(height / 32);
  if (patches > cap) {
    const shrink = Math.sqrt((cap * 32 * 32) / (width * height));
    const across = (width * shrink) / 32;
    const down = (height * shrink) / 32;
    const whole = Math.min(wholeShare(across), wholeShare(down));
    patches = Math.min(cap, roundUp(across * whole) * roundUp(down * whole));
  }
  return roundUp(patches * multiplier);
}

/** By how much a side must shrink to be whole patches; a side of less than one patch stays. */
function wholeShare(patches: number): number {
  return patches < 1 ? 1 : Math.floor(patches) / patches;
}

/** OpenAI GPT-4o and GPT-4.1 at `detail: high`: fit 2048², short side at most 768, tiles of 512². */
function openAiTiles(width: number, height: number): number {
  const fit = Math.min(1, 2048 / Math.max(width, height));
  const scale = fit * Math.min(1, 768 / (Math.min(width, height) * fit));
  return 85 + 170 * roundUp((width * scale) / 512) * roundUp((height * scale) / 512);
}

/** Around each picture: measured 3 to 4 tokens. */
const CLAUDE_BLOCK = 4;

/** Claude, patches of 28 × 28, after the picture was shrunk to both limits. */
function claudePatches(width: number, height: number, maxSidePx: number, maxPatches: number): number {
  const patchesAt = (scale: number) => roundUp((width * scale) / 28) * roundUp((height * scale) / 28);
  const fit = Math.min(1, maxSidePx / Math.max(width, height));
  if (patchesAt(fit) <= maxPatches) return patchesAt(fit) + CLAUDE_BLOCK;
  // The largest scale that keeps the limit: halving the range 40 times is exact to less than a pixel.
  let low = 0;
  let high = fit;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (patchesAt(middle) <= maxPatches) low = middle;
    else high = middle;
  }
  return patchesAt(low) + CLAUDE_BLOCK;
}

/** Gemini 2.x: one tile up to 384², else tiles whose side is two thirds of the short side. */
function geminiTiles(width: number, height: number): number {
  if (width <= 384 && height <= 384) return 258;
  const unit = Math.max(1, Math.floor(Math.min(width, height) / 1.5));
  return roundUp(width / unit) * roundUp(height / unit) * 258;
}

/** Qwen-VL: sides rounded to whole patches, within limits of patches; two tokens mark begin and end. */
function qwenPatches(width: number, height: number, patchPx: number, min: number, max: number): number {
  const across = Math.max(1, roundHalfEven(width / patchPx));
  const down = Math.max(1, roundHalfEven(height / patchPx));
  return Math.min(max, Math.max(min, across * down)) + 2;
}

/** As Python rounds, in which the models' own code is written: 22.5 (720 pixels in patches of 32) is 22. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}
