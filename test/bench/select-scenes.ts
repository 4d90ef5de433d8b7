import { heldOut } from './select-held-out';
import { Canvas, HEIGHT, WIDTH } from './select-picture';
import { type Footage, type Scene, scene } from './select-scene';
import { cloudShadow, distant, exposure, lamp, rain, softClouds, tree, walk, yard } from './select-scenery';

/** All drawn scenes; those made from footage only where there is some. */
export function scenes(footage: Footage | null): Scene[] {
  return [...outdoors(), ...(footage ? indoors(footage) : []), ...heldOut(footage)];
}

function outdoors(): Scene[] {
  const walker = { start: 60, end: 90, height: 80, ground: 250 };
  return [
    scene('nuisance', 'rain', 150, (_, i) => rain(yard(), i, 60).noise(2, i)),
    scene('nuisance', 'heavy rain that begins', 180, (s, i) => rain(yard(), i, s < 60 ? 0 : 400).noise(2, i)),
    scene('nuisance', 'swaying tree', 300, (s, i) => tree(yard(), s).noise(2, i)),
    scene('nuisance', 'burnt-in clock', 200, (s, i) => yard().clock(s, 20, 12, 36).noise(2, i)),
    scene('nuisance', 'shadows of clouds', 180, (s, i) => cloudShadow(yard(), s).noise(2, i)),
    scene('nuisance', 'soft shadows of clouds', 240, (s, i) => softClouds(yard(), s).noise(2, i)),
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
      'person under passing clouds',
      150,
      (s, i) => softClouds(walk(yard(), s, walker), s).noise(2, i),
      [walker],
    ),
    scene(
      'event',
      'person in a shadow that passes',
      150,
      (s, i) => cloudShadow(walk(yard(), s, { ...walker, start: 64, end: 94 }), s).noise(2, i),
      [{ start: 64, end: 94 }],
    ),
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
