import { LUMA_HEIGHT, LUMA_WIDTH } from '../shared/luma';
import type { CameraZone } from '../shared/messages';
import { BLOCK_PX, BLOCKS, COLUMNS } from './blocks';

/** Zones of a camera, brought onto the blocks of the picture. */
export interface Mask {
  /** 1 for blocks in which a change counts. */
  counts: Uint8Array;
  /** The zones in which it is told where something is: all but those left out. */
  named: { name: string; blocks: Uint8Array }[];
}

/** More than anybody draws; a bound for what comes by message. */
const MAX_ZONES = 50;
const MIN_CORNERS = 3;
const MAX_CORNERS = 100;

/** Points of a block at which it is asked whether they are inside: in the middle of each pixel. */
const POINTS = Array.from({ length: BLOCK_PX }, (_, i) => i + 0.5);
/** A block belongs to a zone that covers this share of it: a distant person stands on a few pixels. */
const LEAST_SHARE = 0.4;

/**
 * Where there are zones to look at, only these count; zones to leave out count in no case.
 * A zone that covers no block well gets the one that it covers best.
 */
export function maskOf(zones: readonly CameraZone[]): Mask {
  const drawn = zones.map((zone) => ({ zone, blocks: blocksOf(zone) }));
  const looked = drawn.filter(({ zone }) => zone.kind !== 'exclude');
  const left = drawn.filter(({ zone }) => zone.kind === 'exclude');
  const counts = new Uint8Array(BLOCKS);
  for (let block = 0; block < BLOCKS; block++) {
    const inside = looked.length === 0 || looked.some(({ blocks }) => blocks[block]);
    counts[block] = inside && !left.some(({ blocks }) => blocks[block]) ? 1 : 0;
  }
  return { counts, named: looked.map(({ zone, blocks }) => ({ name: zone.name, blocks })) };
}

/** Those of a list from a message that can be used. */
export function usableZones(zones: unknown): readonly CameraZone[] {
  if (!Array.isArray(zones)) return [];
  return zones.filter(isZone).slice(0, MAX_ZONES);
}

function isZone(value: unknown): value is CameraZone {
  const { name, points } = (value ?? {}) as Partial<CameraZone>;
  if (typeof name !== 'string' || !Array.isArray(points)) return false;
  if (points.length < MIN_CORNERS || points.length > MAX_CORNERS) return false;
  return points.every((point) => Array.isArray(point) && isShare(point[0]) && isShare(point[1]));
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

/**
 * Zones as they are written in a node's settings: one a line, `name: x,y x,y x,y`, 0 to 1 from the top left corner. A
 * line that begins with `-` leaves its zone out. Empty lines are passed over.
 *
 * @returns the zones, and for each line that cannot be used what is wrong with it
 */
export function readZones(text: string): { zones: CameraZone[]; problems: string[] } {
  const zones: CameraZone[] = [];
  const problems: string[] = [];
  for (const line of text.split(/\r?\n/).map((raw) => raw.trim())) {
    if (line === '') continue;
    const [, minus, name = '', rest = ''] = /^(-?)\s*([^:]+):(.*)$/.exec(line) ?? [];
    const points = rest
      .trim()
      .split(/\s+/)
      .map((corner) => corner.split(',').map((number) => (number === '' ? Number.NaN : Number(number))));
    const zone = { name: name.trim(), points, kind: minus ? 'exclude' : 'include' };
    if (name.trim() !== '' && points.every((point) => point.length === 2) && isZone(zone)) zones.push(zone);
    else
      problems.push(
        `the zone "${line.slice(0, 40)}" must be written as "name: x,y x,y x,y" with numbers from 0 to 1`,
      );
  }
  if (zones.length > MAX_ZONES)
    problems.push(`there may be ${MAX_ZONES} zones, but there are ${zones.length}`);
  return { zones: zones.slice(0, MAX_ZONES), problems };
}

/** Names of the zones in which some of these blocks are. */
export function zonesIn({ named }: Mask, blocks: number[]): string[] {
  return named.filter((zone) => blocks.some((block) => zone.blocks[block])).map(({ name }) => name);
}

/** Whether two lists of zones are the same. */
export function sameZones(a: readonly CameraZone[], b: readonly CameraZone[]): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((zone, i) => sameZone(zone, b[i]));
}

function sameZone(a: CameraZone, b: CameraZone | undefined): boolean {
  if (!b || a.name !== b.name || a.kind !== b.kind || a.points.length !== b.points.length) return false;
  return a.points.every(([x, y], i) => x === b.points[i]?.[0] && y === b.points[i]?.[1]);
}

function blocksOf({ points }: CameraZone): Uint8Array {
  const inside = new Uint8Array(BLOCKS);
  let best = { block: 0, share: 0 };
  for (let block = 0; block < BLOCKS; block++) {
    const share = shareInside(block, points);
    if (share > best.share) best = { block, share };
    if (share >= LEAST_SHARE) inside[block] = 1;
  }
  inside[best.share > 0 ? best.block : blockInTheMiddle(points)] = 1;
  return inside;
}

/** Of a zone too small to meet the middle of a pixel. */
function blockInTheMiddle(points: readonly (readonly [number, number])[]): number {
  const middle = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const column = Math.min(COLUMNS - 1, Math.floor(middle(0) * COLUMNS));
  const row = Math.min(BLOCKS / COLUMNS - 1, Math.floor((middle(1) * BLOCKS) / COLUMNS));
  return row * COLUMNS + column;
}

function shareInside(block: number, points: readonly (readonly [number, number])[]): number {
  const left = (block % COLUMNS) * BLOCK_PX;
  const top = Math.floor(block / COLUMNS) * BLOCK_PX;
  let inside = 0;
  for (const dy of POINTS)
    for (const dx of POINTS)
      if (isInside((left + dx) / LUMA_WIDTH, (top + dy) / LUMA_HEIGHT, points)) inside++;
  return inside / (POINTS.length * POINTS.length);
}

/** Even-odd rule: a ray to the right crosses the outline an odd number of times. */
function isInside(x: number, y: number, points: readonly (readonly [number, number])[]): boolean {
  let inside = false;
  points.forEach(([x1, y1], i) => {
    const [x2, y2] = points[(i + 1) % points.length] ?? [x1, y1];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  });
  return inside;
}
