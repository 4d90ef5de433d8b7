import { seeded } from '../fixtures/seeded';
import { Canvas, HEIGHT, WIDTH } from './select-picture';

/** Seconds from the start of the clip; something that matters is in view. */
export interface LabelledEvent {
  start: number;
  end: number;
}

/** A clip that the bench draws: the same in each run. */
export interface Scene {
  name: string;
  /** `nuisance`: nothing in it is worth a call. `quiet`: nothing happens at all. */
  kind: 'event' | 'nuisance' | 'quiet';
  /** Not looked at while the defaults were tuned. */
  heldOut: boolean;
  seconds: number;
  events: LabelledEvent[];
  draw(second: number, index: number): Canvas;
}

export const FPS = 5;

/** Pictures of the real clip, where there is one: the scenes made from it show real texture, and real people. */
export interface Footage {
  /** The picture at a second of the clip. */
  at(second: number): Canvas;
}

/** All drawn scenes; those made from footage only where there is some. */
export function scenes(footage: Footage | null): Scene[] {
  return [...outdoors(), ...(footage ? indoors(footage) : []), ...heldOut(footage)];
}

const scene = (
  kind: Scene['kind'],
  name: string,
  seconds: number,
  draw: Scene['draw'],
  events: LabelledEvent[] = [],
): Scene => ({
  name,
  kind,
  heldOut: false,
  seconds,
  events,
  draw,
});

function outdoors(): Scene[] {
  const walker = { start: 60, end: 90, height: 80, ground: 250 };
  return [
    scene('nuisance', 'rain', 150, (_, i) => rain(yard(), i, 60).noise(2, i)),
    scene('nuisance', 'heavy rain that begins', 180, (s, i) => rain(yard(), i, s < 60 ? 0 : 400).noise(2, i)),
    scene('nuisance', 'swaying tree', 300, (s, i) => tree(yard(), s).noise(2, i)),
    scene('nuisance', 'burnt-in clock', 200, (s, i) => yard().clock(s, 20, 12, 36).noise(2, i)),
    scene('nuisance', 'lamp over half of the yard', 170, (s, i) => lamp(yard(), s).noise(2, i)),
    scene('event', 'small distant person', 120, (s, i) => distant(yard(), s, 30, 60).noise(2, i), [
      { start: 30, end: 60 },
    ]),
    scene(
      'event',
      'slow walker',
      220,
      (s, i) => walk(yard(), s, { start: 40, end: 200, height: 90, ground: 270 }).noise(2, i),
      [{ start: 40, end: 200 }],
    ),
    scene('event', 'person in heavy rain', 150, (s, i) => rain(walk(yard(), s, walker), i, 400).noise(2, i), [
      walker,
    ]),
    scene('event', 'person and swaying tree', 150, (s, i) => walk(tree(yard(), s), s, walker).noise(2, i), [
      walker,
    ]),
    scene(
      'event',
      'one after the other',
      120,
      (s, i) => {
        const canvas = yard();
        for (const start of [20, 35, 70])
          walk(canvas, s, { start, end: start + 12, height: 80, ground: 250 });
        return canvas.noise(2, i);
      },
      [20, 35, 70].map((start) => ({ start, end: start + 12 })),
    ),
  ];
}

function indoors(footage: Footage): Scene[] {
  const empty = footage.at(0);
  return [
    scene('quiet', 'quiet room', 200, (_, i) => new Canvas(empty.pixels).noise(2, i)),
    scene('quiet', 'quiet night', 150, (_, i) => new Canvas(empty.pixels).tone((v) => v * 0.3).noise(9, i)),
    scene('nuisance', 'lamp on and off', 130, (s, i) =>
      new Canvas(empty.pixels).tone((v) => (s % 60 < 30 ? v : v * 0.45)).noise(2, i),
    ),
    scene('nuisance', 'exposure jumps', 100, (s, i) =>
      new Canvas(empty.pixels).tone(exposure(s)).noise(2, i),
    ),
    scene('nuisance', 'camera knocked', 120, (s, i) =>
      (s < 60 ? new Canvas(empty.pixels) : empty.shifted(25, 14)).noise(2, i),
    ),
    scene('nuisance', 'camera covered', 120, (s, i) =>
      (s < 60 ? new Canvas(empty.pixels) : new Canvas().tone(() => 45)).noise(2, i),
    ),
    scene(
      'event',
      'somebody stands still for five minutes',
      360,
      (s, i) => {
        const clip = s < 32 ? s : s < 332 ? 32 : s - 300;
        return new Canvas(footage.at(clip).pixels).noise(2, i);
      },
      [
        { start: 6.1, end: 20.3 },
        { start: 22.8, end: 345.2 },
        { start: 350.2, end: 360 },
      ],
    ),
    scene(
      'event',
      'people at night',
      48,
      (s, i) => new Canvas(footage.at(s).pixels).tone((v) => v * 0.3).noise(9, i),
      [
        { start: 6.1, end: 20.3 },
        { start: 22.8, end: 45.2 },
      ],
    ),
    scene(
      'event',
      'a tenth of the size',
      48,
      (s, i) => {
        const box = { x: 0, y: 0, width: WIDTH, height: HEIGHT };
        return yard()
          .paste(footage.at(s), box, { x: 300, y: 140, width: 128, height: 72 }, () => true)
          .noise(2, i);
      },
      [
        { start: 6.1, end: 20.3 },
        { start: 22.8, end: 45.2 },
      ],
    ),
  ];
}

/** Made once, and then left alone: how they come out is told, whatever it is. */
function heldOut(footage: Footage | null): Scene[] {
  const scenes = [
    scene('nuisance', 'snow and a flag', 180, (s, i) => flag(snow(yard(), i), s).noise(2, i)),
    scene('nuisance', 'shadows of clouds', 180, (s, i) => cloudShadow(yard(), s).noise(2, i)),
    scene('nuisance', 'camera on a mast in the wind', 180, (s, i) =>
      yard()
        .shifted(Math.round(3 * Math.sin(s * 2.1)), Math.round(2 * Math.sin(s * 3.3)))
        .noise(2, i),
    ),
    scene(
      'event',
      'cyclist at dusk',
      90,
      (s, i) => {
        const canvas = yard().tone((v) => v * 0.4);
        const x = -60 + (s - 50) * 160;
        if (s >= 50)
          canvas
            .ellipse(x, 258, 16, 16, 20)
            .ellipse(x + 45, 258, 16, 16, 20)
            .rectangle(x + 10, 200, 22, 45, 90);
        return canvas.noise(6, i);
      },
      [{ start: 50.2, end: 54.5 }],
    ),
    scene(
      'event',
      'two people far away in drizzle',
      150,
      (s, i) => rain(distant(distant(yard(), s, 40, 70), s, 90, 120), i, 25).noise(2, i),
      [
        { start: 40, end: 70 },
        { start: 90, end: 120 },
      ],
    ),
    ...(footage
      ? [
          scene(
            'event',
            'people while the light flickers',
            48,
            (s, i) =>
              new Canvas(footage.at(s).pixels).tone((v) => v * (0.85 + 0.12 * Math.sin(s * 1.7))).noise(3, i),
            [
              { start: 6.1, end: 20.3 },
              { start: 22.8, end: 45.2 },
            ],
          ),
        ]
      : []),
  ];
  return scenes.map((held) => ({ ...held, heldOut: true }));
}

let yardDrawn: Canvas | null = null;

/** Sky, a house, a fence, a path: 640 × 360. */
function yard(): Canvas {
  yardDrawn ??= drawYard();
  return new Canvas(yardDrawn.pixels);
}

function drawYard(): Canvas {
  const random = seeded(11);
  const canvas = new Canvas().each((_, x, y) => (y < 130 ? 190 - y / 4 : 95 + ((x * 7 + y * 13) % 9)));
  canvas.rectangle(40, 60, 180, 130, 140).rectangle(70, 90, 36, 40, 60).rectangle(150, 90, 36, 40, 60);
  for (let x = 240; x < WIDTH; x += 14) canvas.rectangle(x, 135, 5, 40, 150);
  canvas.rectangle(240, 145, WIDTH - 240, 4, 145);
  for (let i = 0; i < 900; i++)
    canvas.rectangle(random() * WIDTH, 190 + random() * 170, 3, 2, 70 + random() * 60);
  return canvas.rectangle(260, 200, 120, 160, 125);
}

interface Walk {
  start: number;
  end: number;
  height: number;
  ground: number;
}

/** Somebody who walks from the left edge out at the right one. */
function walk(canvas: Canvas, second: number, { start, end, height: h, ground }: Walk): Canvas {
  if (second < start || second >= end) return canvas;
  const x = -h * 0.2 + ((second - start) / (end - start)) * (WIDTH + h * 0.4);
  const stride = Math.sin(second * 5) * h * 0.1;
  canvas.rectangle(x - h * 0.06 + stride, ground - h * 0.45, h * 0.1, h * 0.45, 35);
  canvas.rectangle(x - h * 0.06 - stride, ground - h * 0.45, h * 0.1, h * 0.45, 45);
  canvas.rectangle(x - h * 0.13, ground - h * 0.85, h * 0.26, h * 0.45, 55);
  return canvas.ellipse(x, ground - h * 0.92, h * 0.07, h * 0.08, 170);
}

/** Two by six pixels of the luma plane, at walking speed for that size. */
function distant(canvas: Canvas, second: number, start: number, end: number): Canvas {
  if (second < start || second >= end) return canvas;
  return canvas.rectangle(250 + (second - start) * 12, 176, 8, 24, 55);
}

/** Bright streaks, others in each picture. */
function rain(canvas: Canvas, index: number, drops: number): Canvas {
  const random = seeded(1000 + index);
  for (let drop = 0; drop < drops; drop++) {
    const near = random();
    const x = random() * WIDTH;
    const y = random() * HEIGHT;
    const level = 150 + random() * 90;
    canvas.rectangle(x, y, near > 0.9 ? 3 : 1, 8 + near * 30, level);
  }
  return canvas;
}

function snow(canvas: Canvas, index: number): Canvas {
  const random = seeded(3000 + index);
  for (let flake = 0; flake < 120; flake++) {
    const size = 1 + random() * 3;
    canvas.ellipse(random() * WIDTH, random() * HEIGHT, size, size, 235);
  }
  return canvas;
}

/** A crown of leaves that sways, in gusts. */
function tree(canvas: Canvas, second: number): Canvas {
  const random = seeded(21);
  const gust = 0.5 + 0.5 * Math.sin(second / 23);
  canvas.rectangle(505, 100, 14, 160, 50);
  for (let leaf = 0; leaf < 130; leaf++) {
    const [x, y, phase] = [440 + random() * 140, 20 + random() * 120, random() * 6];
    const sway =
      (4 + 10 * gust) * Math.sin(second * 2 + phase / 3) * (1 - y / 200) + 2 * Math.sin(second * 7 + phase);
    canvas.ellipse(x + sway, y + sway / 4, 9, 7, 50 + random() * 60);
  }
  return canvas;
}

function flag(canvas: Canvas, second: number): Canvas {
  canvas.rectangle(560, 40, 4, 200, 60);
  for (let x = 0; x < 60; x++) {
    const y = 44 + 6 * Math.sin(x / 9 - second * 6) * (x / 60);
    canvas.rectangle(564 + x, y, 1, 36, x % 30 < 15 ? 210 : 40);
  }
  return canvas;
}

function lamp(canvas: Canvas, second: number): Canvas {
  if (second % 80 < 40) return canvas;
  return canvas.each((old, x, y) =>
    Math.hypot(x - 200, y - 200) < 240 ? old + 60 * (1 - Math.hypot(x - 200, y - 200) / 240) : old,
  );
}

function cloudShadow(canvas: Canvas, second: number): Canvas {
  const edge = ((second % 60) / 12) * WIDTH - 200;
  return canvas.each((old, x, y) => (y > 130 && x > edge - 260 && x < edge ? old * 0.7 : old));
}

/** What automatic exposure does: jumps of gain, and a curve that is not a straight line. */
function exposure(second: number): (level: number) => number {
  const step = Math.floor(second / 20) % 4;
  const gain = [1, 1.3, 0.75, 1.1][step] ?? 1;
  const gamma = [1, 0.85, 1.15, 1.3][step] ?? 1;
  return (level) => 255 * gain * (level / 255) ** gamma;
}
