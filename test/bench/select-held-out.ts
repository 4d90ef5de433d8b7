import { Canvas } from './select-picture';
import { type Footage, type Scene, scene } from './select-scene';
import {
  distant,
  dropsOnLens,
  flag,
  headlights,
  insect,
  laundry,
  rain,
  snow,
  sunrise,
  walk,
  yard,
} from './select-scenery';

/** Made once, and then left alone: how they come out is told, whatever it is. */
export function heldOut(footage: Footage | null): Scene[] {
  const scenes = [
    scene('nuisance', 'snow and a flag', 180, (s, i) => flag(snow(yard(), i), s).noise(2, i)),
    scene('nuisance', 'camera on a mast in the wind', 180, (s, i) =>
      yard()
        .shifted(Math.round(3 * Math.sin(s * 2.1)), Math.round(2 * Math.sin(s * 3.3)))
        .noise(2, i),
    ),
    scene('nuisance', 'sun that comes up', 600, (s, i) => sunrise(yard(), s, 600).noise(2, i)),
    scene('stray', 'headlights at night', 180, (s, i) => headlights(night(), s).noise(6, i)),
    scene('nuisance', 'drops on the lens', 180, (s, i) => dropsOnLens(yard(), s).noise(2, i)),
    scene('stray', 'insects at an infrared lamp', 180, (s, i) => insect(night(), s).noise(6, i)),
    scene('nuisance', 'laundry in the wind', 180, (s, i) => laundry(yard(), s).noise(2, i)),
    scene(
      'event',
      'runner at dawn',
      150,
      (s, i) => walk(sunrise(yard(), s, 150), s, { start: 90, end: 97, height: 60, ground: 240 }).noise(3, i),
      [{ start: 90, end: 97 }],
    ),
    scene(
      'event',
      'somebody comes with headlights behind',
      150,
      (s, i) => walk(headlights(night(), s), s, { start: 62, end: 80, height: 90, ground: 270 }).noise(6, i),
      [{ start: 62, end: 80 }],
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

function night(): Canvas {
  return yard().tone((v) => v * 0.3);
}
