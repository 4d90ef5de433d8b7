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

    test('somebody who stands still for a minute has not left, and is not learnt', () => {
      const stands = (s: number) => {
        if (s < 40 || s >= 120) return Drawing.room();
        return withPerson(s < 52 ? 20 + Math.round((s - 40) * 4) : 68);
      };
      const chosen = select(frames(180, stands));
      assert.deepEqual(seconds(chosen, 'start'), [40]);
      const [end, ...more] = seconds(chosen, 'end');
      assert.ok(end !== undefined && end >= 120 && end <= 128, `end at ${end}`);
      assert.deepEqual(more, []);
    });

    test('whoever passes while somebody else paces on is seen', () => {
      const passes = Array.from({ length: 9 }, (_, i) => 61 + i * 25);
      const pacing = (s: number) => {
        const room = s < 20 ? Drawing.room() : withPerson(20 + Math.round(15 * Math.sin(s * 0.7)));
        const since = s - (passes.findLast((from) => from <= s) ?? Number.NEGATIVE_INFINITY);
        return since < 10 ? room.rectangle(60 + Math.round(since * 9), 40, 12, 30, 200) : room;
      };
      const chosen = select(frames(300, pacing));
      const missed = passes.filter(
        (from) => !chosen.some(({ second }) => second > from && second < from + 10),
      );
      assert.deepEqual(missed, []);
      assert.ok(chosen.length < 60, `${chosen.length} sent`);
    });

    test('who is there in the first frame, and is seen when he moves, leaves no ghost that keeps the event open', () => {
      const visitors = (s: number) => {
        if (s < 24) return withPerson(70);
        if (s < 48) return withPerson(70 + Math.round((s - 24) * 2));
        const since = (s - 80) % 60;
        return s >= 80 && since < 20 ? withPerson(30 + Math.round(since * 4)) : Drawing.room();
      };
      const chosen = select(frames(440, visitors), { heartbeatS: 0 });
      const [first, ...others] = seconds(chosen, 'start');
      assert.ok(first !== undefined && first >= 24 && first <= 48, `start at ${first}`);
      assert.deepEqual(others, [80, 140, 200, 260, 320, 380]);
      const [end] = seconds(chosen, 'end');
      assert.ok(end !== undefined && end >= 48 && end <= 60, `end at ${end}`);
    });
  });
