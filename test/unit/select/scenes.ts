import type { DecideOptions } from '../../../src/select/select-state';
import { LUMA_HEIGHT, LUMA_PIXELS, LUMA_WIDTH } from '../../../src/shared/luma';
import type { SelectReason } from '../../../src/shared/messages';
import { seeded } from '../../fixtures/seeded';
import { type Chosen, type Shown, selectFrom } from '../../fixtures/select-run';

/** A drawn picture of 160 × 90 levels; what is outside of it is left off. */
export class Drawing {
  readonly plane = Buffer.alloc(LUMA_PIXELS);

  /** A wall that gets brighter to the right over a floor with boards: 40 to 170 levels, with texture. */
  static room(): Drawing {
    const drawing = new Drawing();
    drawing.plane.set(ROOM.plane);
    return drawing;
  }

  rectangle(left: number, top: number, width: number, height: number, level: number): this {
    const from = Math.max(0, left);
    const to = Math.min(LUMA_WIDTH, left + width);
    for (let y = top; y < top + height && from < to; y++)
      this.plane.fill(level, y * LUMA_WIDTH + from, y * LUMA_WIDTH + to);
    return this;
  }

  /** Light as a lamp or the camera's exposure changes it, everywhere. */
  light(gain: number, offset: number): this {
    return this.each((_x, _y, old) => old * gain + offset);
  }

  /** Noise of a camera at night: even, up to `levels` each way. The same for the same `seed`. */
  noise(levels: number, seed: number): this {
    const random = seeded(seed);
    return this.each((_x, _y, old) => old + (random() * 2 - 1) * levels);
  }

  each(level: (x: number, y: number, old: number) => number): this {
    for (let y = 0; y < LUMA_HEIGHT; y++) {
      for (let x = 0; x < LUMA_WIDTH; x++) {
        const at = y * LUMA_WIDTH + x;
        const value = level(x, y, this.plane[at] ?? 0);
        this.plane[at] = Math.max(0, Math.min(255, Math.round(value)));
      }
    }
    return this;
  }
}

const ROOM = new Drawing().each((x, y) => {
  const texture = (x * 7 + y * 13) % 5;
  return y < 50 ? 90 + x / 2 + texture : 60 + ((x >> 2) % 2) * 12 + texture;
});

/** A person in the room, `x` from the left edge. */
export const withPerson = (x: number): Drawing => Drawing.room().rectangle(x, 30, 12, 40, 20);

/** A frame for every moment of `seconds`, at `fps`. `draw` is told the second. */
export function film(seconds: number, fps: number, draw: (second: number) => Drawing, fromS = 0): Shown[] {
  return Array.from({ length: Math.round(seconds * fps) }, (_, i) => ({
    plane: draw(fromS + i / fps).plane,
    time: 1000 * (fromS + i / fps),
  }));
}

/** What the default settings select of a film. */
export function select(film: Shown[], settings: Partial<DecideOptions> = {}): Chosen[] {
  return selectFrom(film, settings).chosen;
}

export const seconds = (chosen: Chosen[], reason: SelectReason): number[] =>
  chosen.filter((frame) => frame.reason === reason).map((frame) => frame.second);

/** A crown of leaves that sways by up to four pixels. */
export const withTree = (second: number, drawing = Drawing.room()): Drawing => {
  for (let leaf = 0; leaf < 40; leaf++) {
    const x = 100 + ((leaf * 37) % 40);
    const y = 4 + ((leaf * 23) % 32);
    const sway = 3 * Math.sin(second * 2 + leaf / 9) + Math.sin(second * 7 + leaf);
    drawing.rectangle(Math.round(x + sway), y, 4, 3, 20 + ((leaf * 11) % 40));
  }
  return drawing;
};

/** Six digits of 5 × 8 pixels that count the seconds: each number has its own strokes. */
export const withClock = (second: number): Drawing => {
  const drawing = Drawing.room();
  const digits = String(Math.floor(second) + 95_800).padStart(6, '0');
  [...digits].forEach((digit, place) => {
    drawing.rectangle(6 + place * 7, 4, 6, 9, 0);
    for (let stroke = 0; stroke < 7; stroke++)
      if ((Number(digit) * 37 + 11) & (1 << stroke)) drawing.rectangle(6 + place * 7, 4 + stroke, 5, 1, 255);
  });
  return drawing;
};

/** Bright streaks, others in each picture. */
export const withDrops = (second: number, drops: number): Drawing => {
  const random = seeded(Math.round(second * 10));
  const drawing = Drawing.room();
  for (let drop = 0; drop < drops; drop++) {
    const [x, y, length] = [random() * LUMA_WIDTH, random() * LUMA_HEIGHT, 2 + random() * 8];
    const height = Math.min(LUMA_HEIGHT - Math.floor(y), Math.round(length));
    drawing.rectangle(Math.floor(x), Math.floor(y), 1, height, 160 + Math.round(random() * 60));
  }
  return drawing;
};
