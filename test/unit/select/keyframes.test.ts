import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Drawing, film, seconds, select, withPerson } from './scenes';

/** Frames are so many seconds apart: decode mode keyframes. */
const STEPS_S = [1, 2, 4];

for (const stepS of STEPS_S)
  describe(`with a frame every ${stepS} s`, () => {
    const frames = (lengthS: number, draw: (second: number) => Drawing) => film(lengthS, 1 / stepS, draw);

    for (const frame of [2, 3])
      test(`whoever is in frame ${frame}, and was not in the first, has come`, () => {
        const comesAt = (frame - 1) * stepS;
        const walks = (s: number) =>
          s < comesAt || s >= comesAt + 3 * stepS
            ? Drawing.room()
            : withPerson(40 + Math.round((s - comesAt) * 7));
        assert.deepEqual(seconds(select(frames(40, walks)), 'start'), [comesAt]);
      });
  });
