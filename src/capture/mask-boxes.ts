import type { PrivacyMask } from './privacy-mask';

/** A rectangle as fractions of the picture. */
export interface MaskBox {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

interface Span {
  from: number;
  to: number;
}

/** A horizontal slice of a polygon, in which no edge begins, ends or crosses another. */
interface Slab {
  top: number;
  bottom: number;
  /** What of it is covered, from left to right. */
  spans: Span[];
}

interface Edge {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  /** 1 where it was drawn downwards, -1 upwards. */
  turn: 1 | -1;
}

/** A slanted edge is covered in steps of a 128th of the mask's height: at most 9 pixels too much at 1080p. */
const FINEST_ROWS = 128;
/**
 * Rectangles for all masks of a camera. Measured at 1080p: 400 of them cost ffmpeg 9 ms a picture and 4 MB, and as
 * text they stay below the 128 kB that Linux allows for one argument.
 */
const MAX_BOXES = 400;
/** Coordinates are written with four digits, rounded outwards: a fifth of a pixel at 1080p. */
const GRID = 10_000;

/**
 * Covers masks by rectangles, which every ffmpeg can draw: at least the polygons, and a little more along slanted
 * edges. A polygon may be concave, and may touch or cross itself; all that its line goes round is covered.
 * Masks with very many slanted edges are covered more coarsely, down to the rectangle around each.
 *
 * @param masks at most MAX_MASKS
 * @param all how many masks the camera has, of which these are some
 */
export function maskBoxes(masks: readonly PrivacyMask[], all = masks.length): MaskBox[] {
  const budget = Math.floor(MAX_BOXES / Math.max(1, all));
  return masks.flatMap(({ points }) => boxesOf(points, budget));
}

function boxesOf(points: PrivacyMask['points'], budget: number): MaskBox[] {
  const ys = points.map(([, y]) => y);
  const top = Math.min(...ys);
  const height = Math.max(...ys) - top;
  const bounds = Array.from(
    { length: FINEST_ROWS - 1 },
    (_, row) => top + (height * (row + 1)) / FINEST_ROWS,
  );
  const slabs = slabsOf(points, bounds);
  for (let rows = FINEST_ROWS; rows > 1; rows /= 2) {
    const boxes = stacked(slabs, (y) => Math.floor(((y - top) / height) * rows));
    if (boxes.length > 0 && boxes.length <= budget) return boxes;
  }
  const xs = points.map(([x]) => x);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  return [rounded({ left, right, top, bottom: top + height })];
}

/** The slabs of each row are taken together, and what is the same in rows one below the other becomes one box. */
function stacked(slabs: Slab[], rowAt: (y: number) => number): MaskBox[] {
  const rows = new Map<number, Slab>();
  for (const { top, bottom, spans } of slabs) {
    const row = rowAt((top + bottom) / 2);
    const known = rows.get(row);
    if (known) known.bottom = bottom;
    if (known) known.spans = united([...known.spans, ...spans]);
    else rows.set(row, { top, bottom, spans });
  }
  const boxes: MaskBox[] = [];
  let open: MaskBox[] = [];
  for (const { top, bottom, spans } of rows.values()) {
    open = spans.map(({ from, to }) => {
      const box = rounded({ left: from, right: to, top, bottom });
      const above = open.find(({ left, right }) => left === box.left && right === box.right);
      if (!above) boxes.push(box);
      return above ? Object.assign(above, { bottom: box.bottom }) : box;
    });
  }
  return boxes;
}

/** @param bounds heights at which a slab must end too */
function slabsOf(points: PrivacyMask['points'], bounds: number[]): Slab[] {
  const edges = edgesOf(points);
  const cuts = new Set([...bounds, ...points.map(([, y]) => y), ...crossings(edges)]);
  const ys = [...cuts].sort((a, b) => a - b);
  const slabs: Slab[] = [];
  for (let index = 1; index < ys.length; index++) {
    const [top, bottom] = [ys[index - 1] as number, ys[index] as number];
    const spans = spansBetween(edges, top, bottom);
    if (spans.length > 0) slabs.push({ top, bottom, spans });
  }
  return slabs;
}

/** Left out are horizontal edges: the slabs above and below reach to them. */
function edgesOf(points: PrivacyMask['points']): Edge[] {
  return points.flatMap(([x, y], index) => {
    const [nextX, nextY] = points[(index + 1) % points.length] as [number, number];
    if (y === nextY) return [];
    const down = y < nextY;
    return down
      ? { x0: x, y0: y, x1: nextX, y1: nextY, turn: 1 }
      : { x0: nextX, y0: nextY, x1: x, y1: y, turn: -1 };
  });
}

/** Heights at which edges cross. */
function crossings(edges: Edge[]): number[] {
  return edges.flatMap((a, index) =>
    edges.slice(index + 1).flatMap((b) => {
      const [slopeA, slopeB] = [slope(a), slope(b)];
      const y = (b.x0 - a.x0 + slopeA * a.y0 - slopeB * b.y0) / (slopeA - slopeB);
      // Parallel ones give no number.
      return y > Math.max(a.y0, b.y0) && y < Math.min(a.y1, b.y1) ? y : [];
    }),
  );
}

/**
 * What lies inside, by the winding number: counted from the left, an edge that goes down adds one and an edge that
 * goes up takes one away; inside is where the sum is not 0. The edges themselves are always covered.
 */
function spansBetween(edges: Edge[], top: number, bottom: number): Span[] {
  const middle = (top + bottom) / 2;
  const active = edges
    .filter(({ y0, y1 }) => y0 <= middle && middle <= y1)
    .map((edge) => ({ turn: edge.turn, at: xAt(edge, middle), ...extent(edge, top, bottom) }))
    .sort((a, b) => a.at - b.at);
  const spans: Span[] = [];
  let winding = 0;
  let from = 0;
  for (const edge of active) {
    if (winding === 0) from = edge.from;
    winding += edge.turn;
    spans.push(winding === 0 ? { from, to: edge.to } : { from: edge.from, to: edge.to });
  }
  return united(spans);
}

function extent(edge: Edge, top: number, bottom: number): Span {
  const ends = [xAt(edge, top), xAt(edge, bottom)];
  return { from: Math.min(...ends), to: Math.max(...ends) };
}

function slope({ x0, y0, x1, y1 }: Edge): number {
  return (x1 - x0) / (y1 - y0);
}

function xAt(edge: Edge, y: number): number {
  return edge.x0 + (y - edge.y0) * slope(edge);
}

function united(spans: Span[]): Span[] {
  const out: Span[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = out.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else out.push({ from, to });
  }
  return out;
}

/** Outwards, and never empty: a line covers a grid step. */
function rounded({ left, top, right, bottom }: MaskBox): MaskBox {
  const before = (value: number) => Math.min(Math.floor(value * GRID + 1e-6), GRID - 1) / GRID;
  const after = (value: number, start: number) =>
    Math.min(1, Math.max(Math.ceil(value * GRID - 1e-6), start * GRID + 1) / GRID);
  const box = { left: before(left), top: before(top) };
  return { ...box, right: after(right, box.left), bottom: after(bottom, box.top) };
}
