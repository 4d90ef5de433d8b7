import type { Size } from './geometry';

/** Shape that most models and screens take best. */
const GOOD_ASPECT = 16 / 9;

/** Between two cells, so that a model sees where one frame ends and the next begins. */
const GAP_PX = 2;

/** Claude refuses pictures with a longer side (reference/llm-and-selection.md §1.3), and no model sees more. */
const MAX_SIDE_PX = 8000;

/** How the cells of a sheet lie. */
export interface Grid extends Size {
  columns: number;
  rows: number;
  cell: Size;
}

/**
 * Lays out a sheet of equal cells; cells are shrunk to fit, never enlarged.
 *
 * @param count cells, 1 or more
 * @param frame size of a frame as it would fill a cell unshrunk
 * @param columns wanted; 0 for as many as bring the sheet near 16:9
 * @param maxWidthPx of the whole sheet; 0 for no limit but that of {@link MAX_SIDE_PX}
 * @param maxHeightPx of the whole sheet; 0 likewise
 */
export function layOut(
  count: number,
  frame: Size,
  columns: number,
  maxWidthPx: number,
  maxHeightPx: number,
): Grid {
  const across = columns > 0 ? Math.min(columns, count) : bestColumns(count, frame);
  const down = Math.ceil(count / across);
  const gapsAcross = (across - 1) * GAP_PX;
  const gapsDown = (down - 1) * GAP_PX;
  const scale = Math.min(
    1,
    (limit(maxWidthPx) - gapsAcross) / (across * frame.width),
    (limit(maxHeightPx) - gapsDown) / (down * frame.height),
  );
  const cell = {
    width: Math.max(1, Math.floor(frame.width * scale)),
    height: Math.max(1, Math.floor(frame.height * scale)),
  };
  return {
    columns: across,
    rows: down,
    cell,
    width: across * cell.width + gapsAcross,
    height: down * cell.height + gapsDown,
  };
}

/** Top left corner of a cell, counted from 0 in reading order. */
export function cellCorner(grid: Grid, index: number): { left: number; top: number } {
  return {
    left: (index % grid.columns) * (grid.cell.width + GAP_PX),
    top: Math.floor(index / grid.columns) * (grid.cell.height + GAP_PX),
  };
}

/** The number of columns whose sheet is nearest to 16:9; of two equally near, the wider. */
function bestColumns(count: number, frame: Size): number {
  let best = 1;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const aspect = (columns * frame.width) / (rows * frame.height);
    const distance = Math.abs(Math.log(aspect / GOOD_ASPECT));
    if (distance <= bestDistance + 1e-9) {
      best = columns;
      bestDistance = distance;
    }
  }
  return best;
}

function limit(maxPx: number): number {
  return maxPx > 0 ? Math.min(maxPx, MAX_SIDE_PX) : MAX_SIDE_PX;
}
