import { type Grid, layOut } from '../encode/grid';
import type { Detail } from './client';
import type { PictureSize } from './picture-size';
import { billedTokens, seenSidePx } from './token-family';

/** How pictures go to a model. */
export type Arrangement = 'one' | 'several' | 'sheet';

/** What a user wants: `auto`: by what the model bills. `one`: the newest alone. */
export const ARRANGE = ['auto', 'one', 'several', 'sheet'] as const;
export type Arrange = (typeof ARRANGE)[number];

export interface PicturePlanInput {
  /** Of the pictures, in order of capture; null where one cannot be read. One at least. */
  sizes: readonly (PictureSize | null)[];
  /** Of each, what somebody else has estimated; 0 where nobody has. */
  estimates: readonly number[];
  model: string;
  detail: Detail;
  arrange: Arrange;
  /** Whether the model has refused more than one picture. */
  takesOne: boolean;
  /** What the model has billed so far over what was estimated for it; see {@link boundedRatio}. */
  ratioOf(arrangement: Arrangement): number;
}

export interface PicturePlan {
  arrangement: Arrangement;
  /** Estimate of what the model bills for the pictures, not corrected. */
  tokens: number;
}

/** A sheet is made no larger: most models shrink what is (Claude at 1568, reference §1.2). */
export const SHEET_SIDE_PX = 1536;
/** A model tells pictures apart more surely than cells, so a sheet must save at least a quarter. */
const SHEET_SHARE = 0.75;
/** Below this short side pictures are too small to be judged (reference §1.2: "under 200 px edge degrade Claude"). */
const MIN_CELL_PX = 200;
/** A picture of 1280x720 where nothing is known of it (reference §1.2): most models bill less. */
export const UNKNOWN_PICTURE_TOKENS = 1_600;
/** Far outside of what any model bills over another's formula: GPT-4o mini is 33 times GPT-4o. */
const MAX_RATIO = 50;

/** A ratio of bill to estimate that one odd bill cannot carry away. */
export function boundedRatio(ratio: number): number {
  return Math.min(MAX_RATIO, Math.max(1 / MAX_RATIO, ratio));
}

/** Decides how pictures go to a model, and what they are billed as. */
export function planPictures(input: PicturePlanInput): PicturePlan {
  const { sizes, arrange, takesOne } = input;
  const one: PicturePlan = { arrangement: 'one', tokens: tokensAt(input, sizes.length - 1) };
  if (sizes.length === 1 || arrange === 'one') return one;
  const plans = {
    one,
    several: { arrangement: 'several', tokens: total(input) },
    sheet: { arrangement: 'sheet', tokens: sheetTokens(input) },
  } satisfies Record<Arrangement, PicturePlan>;
  // A sheet of a picture that cannot be read cannot be made either.
  if (sizes.includes(null)) return takesOne ? plans.one : plans.several;
  if (arrange === 'sheet' || takesOne) return plans.sheet;
  return arrange === 'auto' && sheetIsBetter(input, plans.sheet) ? plans.sheet : plans.several;
}

/** The grid of a sheet of these pictures. */
export function sheetGrid(sizes: readonly (PictureSize | null)[]): Grid {
  const newest = sizes.at(-1) ?? { width: 1, height: 1 };
  return layOut(sizes.length, newest, 0, SHEET_SIDE_PX, SHEET_SIDE_PX);
}

/** Compared with the same pictures at the size of the cells: what shrinking alone would save is no merit of a sheet. */
function sheetIsBetter(input: PicturePlanInput, sheet: PicturePlan): boolean {
  const { sizes, model, detail, ratioOf } = input;
  const grid = sheetGrid(sizes);
  const shrunk = sizes.map(() => grid.cell);
  const apart =
    billedTokens(model, detail, grid.cell) === null ? sheet.tokens : total({ ...input, sizes: shrunk });
  if (sheet.tokens * ratioOf('sheet') > SHEET_SHARE * apart * ratioOf('several')) return false;
  const seen = seenSidePx(model, detail, grid) / Math.max(grid.width, grid.height);
  const newest = sizes.at(-1);
  // A picture that is small already loses nothing.
  const enough = Math.min(MIN_CELL_PX, newest?.width ?? 0, newest?.height ?? 0);
  return Math.min(grid.cell.width, grid.cell.height) * seen >= enough;
}

function total(input: PicturePlanInput): number {
  return input.sizes.reduce((sum, _size, index) => sum + tokensAt(input, index), 0);
}

function tokensAt({ sizes, estimates, model, detail }: PicturePlanInput, index: number): number {
  const size = sizes[index] ?? null;
  const billed = size && billedTokens(model, detail, size);
  return billed ?? (estimates[index] || UNKNOWN_PICTURE_TOKENS);
}

/** Where the family is not known, tokens are taken to go with the area. */
function sheetTokens(input: PicturePlanInput): number {
  const { sizes, model, detail } = input;
  const grid = sheetGrid(sizes);
  const billed = billedTokens(model, detail, grid);
  if (billed !== null) return billed;
  const area = sizes.reduce((sum, size) => sum + (size ? size.width * size.height : 0), 0);
  return Math.ceil(total(input) * Math.min(1, (grid.width * grid.height) / Math.max(1, area)));
}
