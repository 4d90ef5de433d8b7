import { seeded } from '../fixtures/seeded';

/** Size in which scenes are drawn, before they go through a video codec; pixels. */
export const WIDTH = 640;
export const HEIGHT = 360;
export const PIXELS = WIDTH * HEIGHT;

/** A grey picture of 640 × 360 that scenes are drawn on: one byte a pixel. What lies outside is left off. */
export class Canvas {
  readonly pixels: Uint8Array;

  constructor(pixels?: Uint8Array) {
    this.pixels = pixels ? Uint8Array.from(pixels) : new Uint8Array(PIXELS);
  }

  rectangle(left: number, top: number, width: number, height: number, level: number): this {
    const from = Math.max(0, Math.round(left));
    const to = Math.min(WIDTH, Math.round(left + width));
    const last = Math.min(HEIGHT, Math.round(top + height));
    for (let y = Math.max(0, Math.round(top)); y < last && from < to; y++)
      this.pixels.fill(level, y * WIDTH + from, y * WIDTH + to);
    return this;
  }

  ellipse(x: number, y: number, rx: number, ry: number, level: number): this {
    for (let row = Math.ceil(y - ry); row <= y + ry; row++) {
      const half = rx * Math.sqrt(Math.max(0, 1 - ((row - y) / ry) ** 2));
      this.rectangle(x - half, row, 2 * half, 1, level);
    }
    return this;
  }

  /** Changes every pixel. */
  each(level: (old: number, x: number, y: number) => number): this {
    for (let y = 0, at = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++, at++)
        this.pixels[at] = Math.max(0, Math.min(255, level(this.pixels[at] ?? 0, x, y)));
    return this;
  }

  /** Light as a lamp or an exposure changes it; a table, because it meets every pixel. */
  tone(curve: (level: number) => number): this {
    const table = Uint8Array.from({ length: 256 }, (_, level) => Math.max(0, Math.min(255, curve(level))));
    for (let at = 0; at < PIXELS; at++) this.pixels[at] = table[this.pixels[at] ?? 0] ?? 0;
    return this;
  }

  /** Sensor noise, about normal, with this standard deviation in levels. */
  noise(levels: number, seed: number): this {
    const random = seeded(seed + 1);
    // One table of noise, read from another place in each picture: a fresh number for each pixel takes too long.
    const shift = Math.floor(random() * NOISE.length);
    for (let at = 0; at < PIXELS; at++) {
      const value = (this.pixels[at] ?? 0) + levels * (NOISE[(at + shift) % NOISE.length] ?? 0);
      this.pixels[at] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
    return this;
  }

  /** Lays a part of another picture over this one, smaller or larger. */
  paste(
    from: Canvas,
    source: Box,
    target: Box,
    opaque: (level: number, x: number, y: number) => boolean,
  ): this {
    for (let y = 0; y < target.height; y++) {
      for (let x = 0; x < target.width; x++) {
        const sx = Math.floor(source.x + (x * source.width) / target.width);
        const sy = Math.floor(source.y + (y * source.height) / target.height);
        const level = from.pixels[sy * WIDTH + sx] ?? 0;
        const tx = target.x + x;
        const ty = target.y + y;
        if (tx >= 0 && tx < WIDTH && ty >= 0 && ty < HEIGHT && opaque(level, sx, sy))
          this.pixels[ty * WIDTH + tx] = level;
      }
    }
    return this;
  }

  /** The picture as a camera sees it that was turned by so many pixels. */
  shifted(dx: number, dy: number): Canvas {
    const out = new Canvas();
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++) {
        const sx = Math.max(0, Math.min(WIDTH - 1, x + dx));
        const sy = Math.max(0, Math.min(HEIGHT - 1, y + dy));
        out.pixels[y * WIDTH + x] = this.pixels[sy * WIDTH + sx] ?? 0;
      }
    return out;
  }

  /** Digits as a camera burns them into its picture: seven bars, white on black. */
  clock(second: number, left: number, top: number, size: number): this {
    const t = Math.floor(second) + 9 * 3600 + 58 * 60;
    const two = (value: number) => String(value).padStart(2, '0');
    const text = `${two(Math.floor(t / 3600) % 24)}:${two(Math.floor(t / 60) % 60)}:${two(t % 60)}`;
    [...text].forEach((sign, place) => {
      const x = left + place * size * 0.75;
      this.rectangle(x, top, size * 0.75, size * 1.1, 0);
      if (sign === ':') {
        this.rectangle(x + size * 0.25, top + size * 0.25, size * 0.15, size * 0.15, 255);
        this.rectangle(x + size * 0.25, top + size * 0.7, size * 0.15, size * 0.15, 255);
        return;
      }
      const bars = SEVEN_BARS[Number(sign)] ?? '';
      for (const bar of bars) {
        const [bx = 0, by = 0, bw = 0, bh = 0] = BARS[bar] ?? [];
        this.rectangle(x + bx * size, top + by * size, bw * size, bh * size, 255);
      }
    });
    return this;
  }
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const BARS: Record<string, [number, number, number, number]> = {
  a: [0.1, 0.05, 0.5, 0.12],
  b: [0.5, 0.05, 0.12, 0.5],
  c: [0.5, 0.5, 0.12, 0.5],
  d: [0.1, 0.9, 0.5, 0.12],
  e: [0.1, 0.5, 0.12, 0.5],
  f: [0.1, 0.05, 0.12, 0.5],
  g: [0.1, 0.48, 0.5, 0.12],
};
const SEVEN_BARS = ['abcdef', 'bc', 'abged', 'abgcd', 'fgbc', 'afgcd', 'afgedc', 'abc', 'abcdefg', 'abcdfg'];

/** About normal with standard deviation 1: the sum of three even ones. A prime length, so that it does not repeat by rows. */
const NOISE = (() => {
  const random = seeded(5);
  return Float32Array.from({ length: 1_000_003 }, () => 2 * (random() + random() + random() - 1.5));
})();
