import { type FrameEvent, type SelectMode, selectDecider } from '../../../src/select/decide';
import { difference, keepSent, learn, newScene, type Scene } from '../../../src/select/motion';
import { LUMA_HEIGHT, LUMA_PIXELS, LUMA_WIDTH } from '../../../src/shared/luma';
import type { SelectReason } from '../../../src/shared/messages';
import { seeded } from '../../fixtures/seeded';

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

export interface Shown {
  plane: Uint8Array;
  /** Event time, milliseconds. */
  time: number;
}

/** A frame for every moment of `seconds`, at `fps`. `draw` is told the second. */
export function film(seconds: number, fps: number, draw: (second: number) => Drawing, fromS = 0): Shown[] {
  return Array.from({ length: Math.round(seconds * fps) }, (_, i) => ({
    plane: draw(fromS + i / fps).plane,
    time: 1000 * (fromS + i / fps),
  }));
}

export const DEFAULTS = {
  mode: 'motion' as SelectMode,
  intervalS: 10,
  threshold: 10,
  spacingS: 2,
  endAfterS: 3,
  heartbeatS: 60,
};

export interface Chosen {
  second: number;
  reason: SelectReason;
  score: number;
  event: number;
}

/** What the defaults select of a film: measured, decided and learnt as the stage does. */
export function select(film: Shown[], settings: Partial<typeof DEFAULTS> = {}): Chosen[] {
  const options = { ...DEFAULTS, ...settings };
  const step = selectDecider(options);
  const chosen: Chosen[] = [];
  let state: ReturnType<typeof step>['state'] | undefined;
  let scene: Scene | undefined;
  for (const { plane, time } of film) {
    scene ??= newScene(plane, time);
    const found = difference(scene, plane);
    const { score, toBackground, toSent } = found;
    const frame: FrameEvent = { type: 'frame', time, score, toBackground, toSent };
    const decided = step(state, frame, time);
    state = decided.state;
    learn(scene, plane, found, options.threshold, time);
    const [output] = decided.outputs;
    if (!output || !('select' in output)) continue;
    keepSent(scene, plane);
    chosen.push({ second: time / 1000, reason: output.select, score, event: output.event });
  }
  return chosen;
}

export const seconds = (chosen: Chosen[], reason: SelectReason): number[] =>
  chosen.filter((frame) => frame.reason === reason).map((frame) => frame.second);
