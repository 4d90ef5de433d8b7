import { seeded } from '../fixtures/seeded';
import { Canvas, HEIGHT, WIDTH } from './select-picture';

let yardDrawn: Canvas | null = null;

/** Sky, a house, a fence, a path: 640 × 360. */
export function yard(): Canvas {
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

export interface Walk {
  start: number;
  end: number;
  height: number;
  ground: number;
}

/** Somebody who walks from the left edge out at the right one. */
export function walk(canvas: Canvas, second: number, { start, end, height: h, ground }: Walk): Canvas {
  if (second < start || second >= end) return canvas;
  const x = -h * 0.2 + ((second - start) / (end - start)) * (WIDTH + h * 0.4);
  const stride = Math.sin(second * 5) * h * 0.1;
  canvas.rectangle(x - h * 0.06 + stride, ground - h * 0.45, h * 0.1, h * 0.45, 35);
  canvas.rectangle(x - h * 0.06 - stride, ground - h * 0.45, h * 0.1, h * 0.45, 45);
  canvas.rectangle(x - h * 0.13, ground - h * 0.85, h * 0.26, h * 0.45, 55);
  return canvas.ellipse(x, ground - h * 0.92, h * 0.07, h * 0.08, 170);
}

/** Two by six pixels of the luma plane, at walking speed for that size. */
export function distant(canvas: Canvas, second: number, start: number, end: number): Canvas {
  if (second < start || second >= end) return canvas;
  return canvas.rectangle(250 + (second - start) * 12, 176, 8, 24, 55);
}

/** Bright streaks, others in each picture. */
export function rain(canvas: Canvas, index: number, drops: number): Canvas {
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

export function snow(canvas: Canvas, index: number): Canvas {
  const random = seeded(3000 + index);
  for (let flake = 0; flake < 120; flake++) {
    const size = 1 + random() * 3;
    canvas.ellipse(random() * WIDTH, random() * HEIGHT, size, size, 235);
  }
  return canvas;
}

/** A crown of leaves that sways, in gusts. */
export function tree(canvas: Canvas, second: number): Canvas {
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

export function flag(canvas: Canvas, second: number): Canvas {
  canvas.rectangle(560, 40, 4, 200, 60);
  for (let x = 0; x < 60; x++) {
    const y = 44 + 6 * Math.sin(x / 9 - second * 6) * (x / 60);
    canvas.rectangle(564 + x, y, 1, 36, x % 30 < 15 ? 210 : 40);
  }
  return canvas;
}

export function lamp(canvas: Canvas, second: number): Canvas {
  if (second % 80 < 40) return canvas;
  return canvas.each((old, x, y) =>
    Math.hypot(x - 200, y - 200) < 240 ? old + 60 * (1 - Math.hypot(x - 200, y - 200) / 240) : old,
  );
}

export function cloudShadow(canvas: Canvas, second: number): Canvas {
  const edge = ((second % 60) / 12) * WIDTH - 200;
  return canvas.each((old, x, y) => (y > 130 && x > edge - 260 && x < edge ? old * 0.7 : old));
}

/** Clouds that pass over the ground and the house: shadows without a sharp edge, and of any shape. */
export function softClouds(canvas: Canvas, second: number): Canvas {
  return canvas.each((old, x, y) => {
    const isSky = y < 130 && (x < 40 || x >= 220 || y < 60);
    if (isSky) return old;
    const u = (x - second * 22) / 150;
    const wave = Math.sin(u) + Math.sin(u * 0.53 + y / 90) + 0.5 * Math.sin(u * 1.7 + y / 60 + 2);
    return old * (1 - 0.4 * between(0.2, 1, wave));
  });
}

/** From night to day within `seconds`; the shadow of a house becomes shorter. */
export function sunrise(canvas: Canvas, second: number, seconds: number): Canvas {
  const done = second / seconds;
  const day = 0.4 + 0.65 * done;
  const edge = WIDTH * (1 - 0.8 * done);
  return canvas.each((old, x, y) => {
    const shade = y < 130 ? 0 : 1 - between(edge - 30, edge + 30, x + (y - 130) / 2);
    return old * day * (1 - 0.35 * done * shade);
  });
}

/** A car that turns, every half minute: its light runs over ground and fence. */
export function headlights(canvas: Canvas, second: number): Canvas {
  const x0 = ((second % 30) / 5) * 1000 - 200;
  if (x0 > WIDTH + 300) return canvas;
  return canvas.each((old, x, y) => {
    if (y < 110) return old;
    const off = ((x - x0) / 110) ** 2 + ((y - 220) / 90) ** 2;
    return off > 9 ? old : old * (1 + 4 * Math.exp(-off));
  });
}

/** From 20 s on one more every nine seconds: a disc in which the picture is blurred. Every third runs down. */
export function dropsOnLens(canvas: Canvas, second: number): Canvas {
  const random = seeded(71);
  const behind = new Canvas(canvas.pixels);
  for (let drop = 0; drop < 18; drop++) {
    const [x0, y0, r] = [random() * WIDTH, random() * HEIGHT * 0.8, 10 + random() * 18];
    const age = second - 20 - drop * 9;
    if (age < 0) continue;
    const run = drop % 3 === 0 ? Math.max(0, age - 6) * 14 : 0;
    const y1 = y0 + run;
    for (let y = Math.max(0, Math.ceil(y1 - r)); y < Math.min(HEIGHT, y1 + r); y++)
      for (let x = Math.max(0, Math.ceil(x0 - r)); x < Math.min(WIDTH, x0 + r); x++) {
        const off = Math.hypot(x - x0, y - y1) / r;
        if (off >= 1) continue;
        // A drop is a lens: upside down, and small.
        const sx = Math.max(0, Math.min(WIDTH - 1, Math.round(x0 - (x - x0) * 3)));
        const sy = Math.max(0, Math.min(HEIGHT - 1, Math.round(y1 - (y - y1) * 3)));
        const through = behind.pixels[sy * WIDTH + sx] ?? 0;
        const at = y * WIDTH + x;
        const share = 0.75 * (1 - off * off);
        canvas.pixels[at] = (canvas.pixels[at] ?? 0) * (1 - share) + through * share;
      }
  }
  return canvas;
}

/** Every seven seconds one that is near to the lens: bright, without a sharp edge, gone within a second. */
export function insect(canvas: Canvas, second: number): Canvas {
  const turn = Math.floor(second / 7);
  const random = seeded(900 + turn);
  const age = second - turn * 7;
  const [x0, y0, vx, vy, r] = [
    random() * WIDTH,
    random() * HEIGHT,
    (random() - 0.5) * 900,
    (random() - 0.5) * 500,
    6 + random() * 16,
  ];
  if (age > 0.9) return canvas;
  const [x, y] = [x0 + vx * age + 30 * Math.sin(age * 20), y0 + vy * age];
  for (let ring = r; ring > 0; ring -= 2)
    canvas.ellipse(x + vx * 0.02, y, ring * 1.6, ring, 60 + 190 * (1 - ring / r) * 0.9);
  return canvas;
}

/** Four sheets on a line. */
export function laundry(canvas: Canvas, second: number): Canvas {
  canvas.rectangle(260, 118, 330, 2, 50);
  const gust = 0.4 + 0.6 * Math.sin(second / 11) ** 2;
  for (let sheet = 0; sheet < 4; sheet++) {
    const left = 270 + sheet * 80;
    for (let row = 0; row < 90; row++) {
      const hang = (row / 90) ** 1.5;
      const sway =
        gust * hang * (14 * Math.sin(second * 1.9 + sheet) + 6 * Math.sin(second * 4.7 + row / 14));
      const level = [215, 70, 180, 120][sheet] ?? 128;
      canvas.rectangle(left + sway, 120 + row, 62 + sway / 4, 1, level - (Math.floor(row / 12) % 2) * 25);
    }
  }
  return canvas;
}

/** 0 below `from`, 1 above `to`, and a soft way between. */
function between(from: number, to: number, value: number): number {
  const share = Math.max(0, Math.min(1, (value - from) / (to - from)));
  return share * share * (3 - 2 * share);
}

/** What automatic exposure does: jumps of gain, and a curve that is not a straight line. */
export function exposure(second: number): (level: number) => number {
  const step = Math.floor(second / 20) % 4;
  const gain = [1, 1.3, 0.75, 1.1][step] ?? 1;
  const gamma = [1, 0.85, 1.15, 1.3][step] ?? 1;
  return (level) => 255 * gain * (level / 255) ** gamma;
}
