import { pictureTokens, type TokenModel } from '../encode/tokens';
import type { Detail } from './client';
import type { PictureSize } from './picture-size';

/** How a model bills pictures (reference/llm-and-selection.md §1.2). */
interface Family {
  /** In the model's name, without the provider before a slash. */
  name: RegExp;
  tokens: TokenModel;
  /** Models that bill by the same formula at another price a tile. */
  scale?: number;
}

/** The first that fits counts. Those that are not here are not known: names say nothing of how they bill. */
const FAMILIES: readonly Family[] = [
  // 2833 and 5667 a tile, where GPT-4o has 85 and 170.
  { name: /^gpt-4o-mini/, tokens: 'openai-tile', scale: 5667 / 170 },
  { name: /^(gpt-4\.1|gpt-5)-mini/, tokens: 'openai-patch-mini' },
  { name: /^(gpt-4\.1|gpt-5)-nano/, tokens: 'openai-patch-nano' },
  { name: /^o4-mini/, tokens: 'openai-patch-o4-mini' },
  { name: /^(chatgpt-)?gpt-4o|^gpt-4\.[15]/, tokens: 'openai-tile' },
  // 75 and 150; 70 and 140.
  { name: /^o[13](-|$)/, tokens: 'openai-tile', scale: 150 / 170 },
  { name: /^gpt-5(-|$)/, tokens: 'openai-tile', scale: 140 / 170 },
  { name: /^gpt-5\.[5-9]/, tokens: 'openai-patch' },
  { name: /^claude-(opus|sonnet|haiku)-4[.-][7-9]/, tokens: 'claude-high-res' },
  { name: /^claude/, tokens: 'claude' },
  { name: /^gemini-2/, tokens: 'gemini-2' },
  { name: /^gemini-3/, tokens: 'gemini-3' },
  { name: /^qwen2\.5-?vl/, tokens: 'qwen2.5-vl' },
  { name: /^qwen3-?vl/, tokens: 'qwen3-vl' },
];

/** OpenAI's tile models at `detail: low`: the base alone, whatever the size. */
const LOW_TILE_TOKENS = 85;
/** Into this square they then shrink it. */
const LOW_SIDE_PX = 512;
/** GPT-5.5 and newer look at `auto` as if it were `original`: so many patches at the most. */
const ORIGINAL_PATCHES = 10_000;
const PATCH_FACTOR = 1.2;

/**
 * Tokens that a model bills for a picture, by its family's formula; null where the family is not known.
 *
 * @param model as the server calls it: `openai/gpt-4.1-mini-2025-04-14`
 */
export function billedTokens(model: string, detail: Detail, size: PictureSize): number | null {
  const family = familyOf(model);
  if (!family) return null;
  const { tokens, scale = 1 } = family;
  if (tokens === 'openai-tile' && detail === 'low') return Math.ceil(LOW_TILE_TOKENS * scale);
  const usual = pictureTokens(tokens, size.width, size.height);
  if (tokens === 'openai-patch' && detail === 'auto') {
    const patches = Math.ceil(size.width / 32) * Math.ceil(size.height / 32);
    return Math.max(usual, Math.ceil(Math.min(patches, ORIGINAL_PATCHES) * PATCH_FACTOR));
  }
  return Math.ceil(usual * scale);
}

/** The longest side that is left of a picture when the model looks at it, in pixels. */
export function seenSidePx(model: string, detail: Detail, size: PictureSize): number {
  const longest = Math.max(size.width, size.height);
  const family = familyOf(model);
  if (family?.tokens === 'openai-tile') {
    if (detail === 'low') return Math.min(longest, LOW_SIDE_PX);
    const fit = Math.min(1, 2048 / longest);
    return longest * fit * Math.min(1, 768 / (Math.min(size.width, size.height) * fit));
  }
  return family?.tokens === 'claude' ? Math.min(longest, 1568) : longest;
}

function familyOf(model: string): Family | null {
  const name = model.toLowerCase();
  const bare = name.slice(name.lastIndexOf('/') + 1);
  return FAMILIES.find((family) => family.name.test(bare)) ?? null;
}
