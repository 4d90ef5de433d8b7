import type { Size } from './geometry';

/** One label: where the cell lies on the sheet, and what to write into its top left corner. */
export interface Label {
  left: number;
  top: number;
  /** Digits, `-`, `:` and blanks; anything else is left blank. */
  text: string;
}

/**
 * The labels of a sheet as one SVG picture, to be laid over it.
 *
 * The figures are drawn as lines, not written with a font: many containers have no font at all, and text would
 * come out as empty boxes there.
 *
 * @param sheet size of the sheet in pixels
 * @param cell size of one cell in pixels: labels are made to fit into its width
 */
export function labelsSvg(sheet: Size, cell: Size, labels: readonly Label[]): Buffer {
  const drawn = labels.map((label) => labelMarkup(label, cell)).join('');
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${sheet.width}" height="${sheet.height}">${drawn}</svg>`,
  );
}

/** Figures are drawn 4 wide and 8 high, 6 apart. */
const ADVANCE = 6;
const HEIGHT = 8;
/** Around the figures, in the same measure. */
const MARGIN = 2;
/** Height of the figures as a share of the cell, and its bounds: below 9 pixels models misread them. */
const SHARE_OF_CELL = 1 / 14;
const MIN_HEIGHT_PX = 9;
const MAX_HEIGHT_PX = 28;

function labelMarkup({ left, top, text }: Label, cell: Size): string {
  const wide = text.length * ADVANCE - (ADVANCE - 4) + 2 * MARGIN;
  const high = HEIGHT + 2 * MARGIN;
  const heightPx = Math.min(MAX_HEIGHT_PX, Math.max(MIN_HEIGHT_PX, cell.height * SHARE_OF_CELL));
  const scale = Math.min(heightPx / HEIGHT, cell.width / wide, cell.height / high);
  const path = [...text]
    .map((character, index) => glyphAt(character, MARGIN + index * ADVANCE, MARGIN))
    .join('');
  return (
    `<g transform="translate(${left} ${top}) scale(${scale.toFixed(3)})">` +
    `<rect width="${wide}" height="${high}" fill="#000"/>` +
    `<path d="${path}" fill="none" stroke="#fff" stroke-width="1.1" stroke-linecap="round" stroke-linejoin="round"/>` +
    '</g>'
  );
}

/** A figure's lines, moved to its place. Commands are relative after the first point of each line. */
function glyphAt(character: string, x: number, y: number): string {
  const lines = GLYPHS[character] ?? [];
  return lines.map(([startX, startY, line]) => `M${x + startX} ${y + startY}${line}`).join('');
}

/** Lines of a figure: start (x, y), then relative SVG path commands. */
const GLYPHS: Record<string, readonly (readonly [number, number, string])[]> = {
  '0': [[2, 0, 'c-1.2 0-2 1.5-2 4s.8 4 2 4 2-1.5 2-4-.8-4-2-4']],
  '1': [[0.5, 1.6, 'l1.8-1.6v8m-1.8 0h3.4']],
  '2': [[0, 2, 'c0-1.2.8-2 2-2s2 .8 2 2c0 1.8-2.6 3.4-4 6h4']],
  '3': [[0, 0, 'h3.8l-2 3.2c1.4 0 2.2 1 2.2 2.4s-.8 2.4-2.1 2.4c-.9 0-1.5-.4-1.9-1.1']],
  '4': [[3, 8, 'v-8l-3 5.6h4']],
  '5': [
    [3.7, 0, 'h-3.2l-.3 3.5c.5-.5 1.1-.7 1.7-.7 1.3 0 2.1 1.1 2.1 2.6s-.9 2.6-2.1 2.6c-.9 0-1.5-.4-1.9-1.1'],
  ],
  '6': [[3.3, 0, 'c-2 1.2-3.3 3.2-3.3 5.4 0 1.6.8 2.6 2 2.6s2-1 2-2.4-.8-2.4-2-2.4c-.9 0-1.7.6-2 1.6']],
  '7': [[0, 0, 'h4l-2.6 8']],
  '8': [
    [2, 0, 'c-1 0-1.7.7-1.7 1.8s.7 1.9 1.7 1.9 1.7-.8 1.7-1.9-.7-1.8-1.7-1.8'],
    [2, 3.7, 'c-1.2 0-2 .9-2 2.2s.8 2.1 2 2.1 2-.8 2-2.1-.8-2.2-2-2.2'],
  ],
  '9': [[0.7, 8, 'c2-1.2 3.3-3.2 3.3-5.4 0-1.6-.8-2.6-2-2.6s-2 1-2 2.4.8 2.4 2 2.4c.9 0 1.7-.6 2-1.6']],
  '-': [[0.8, 4, 'h2.4']],
  ':': [
    [2, 2.2, 'v.2'],
    [2, 5.8, 'v.2'],
  ],
};
