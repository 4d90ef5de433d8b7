import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Drawing, film, seconds, select, withPerson } from './scenes';

/** Stands in the room from 10 s on; comes in 5 s before and takes 5 s to leave. */
const visitor = (second: number, leavesAt: number): Drawing => {
  if (second < 5 || second >= leavesAt + 5) return Drawing.room();
  if (second < 10) return withPerson(Math.round((second - 5) * 14));
  if (second < leavesAt) return withPerson(70);
  return withPerson(Math.round(70 + (second - leavesAt) * 20));
};

describe('what is left alone', () => {
  for (const [what, draw] of [
    ['a dark room with the noise of its camera', (s: number) => Drawing.room().noise(8, s * 10)],
    [
      'a lamp that is switched every 20 seconds',
      (s: number) => Drawing.room().light(s % 40 < 20 ? 1 : 1.4, s % 40 < 20 ? 0 : 15),
    ],
    ['daylight that comes up', (s: number) => Drawing.room().light(1 + s / 1000, s / 20)],
  ] as const)
    test(`${what}: heartbeats only`, () => {
      const chosen = select(film(200, 2, draw));
      assert.deepEqual(
        chosen.map(({ second, reason }) => `${second} ${reason}`),
        ['0 heartbeat', '60 heartbeat', '120 heartbeat', '180 heartbeat'],
      );
    });

  test('a lamp that lights half of the room gives a start and an end, not hundreds of frames', () => {
    const lamp = (s: number) => Drawing.room().each((x, _y, old) => (s >= 20 && x < 60 ? old + 60 : old));
    const reasons = select(film(200, 2, lamp), { heartbeatS: 0 }).map(({ reason }) => reason);
    assert.deepEqual(reasons, ['start', 'end']);
  });

  test('a camera that was turned gives a start and an end', () => {
    const turned = new Drawing().each((x, y) => 60 + ((x * 3 + y * 5) % 120));
    const reasons = select(
      film(60, 5, (s) => (s < 20 ? Drawing.room() : turned)),
      { heartbeatS: 0 },
    );
    assert.deepEqual(
      reasons.map(({ reason }) => reason),
      ['start', 'end'],
    );
  });
});

describe('somebody who comes, stands still for a minute and leaves', () => {
  const chosen = select(
    film(120, 5, (s) => visitor(s, 70)),
    { heartbeatS: 0 },
  );

  test('is one event', () => {
    assert.deepEqual(seconds(chosen, 'start'), [5]);
    assert.equal(
      chosen.every(({ event }) => event === 1),
      true,
    );
  });

  test('is not over while he stands there, and is when he has gone', () => {
    const [end, ...more] = seconds(chosen, 'end');
    assert.ok(end !== undefined && end >= 75 && end <= 79, `end at ${end}`);
    assert.deepEqual(more, []);
  });

  test('costs nothing while he stands', () => {
    assert.deepEqual(
      chosen.filter(({ second }) => second > 14 && second < 70),
      [],
    );
  });
});

test('somebody who stands for five minutes leaves no ghost that goes on for ever', () => {
  const chosen = select(
    film(700, 2, (s) => visitor(s, 310)),
    { heartbeatS: 0 },
  );
  assert.deepEqual(
    chosen.filter(({ second }) => second > 320 && second < 430),
    [],
  );
  assert.equal(chosen.filter(({ second }) => second >= 310).length <= 6, true);
});

test('the next visitor after a ghost is seen', () => {
  const twice = (s: number) => visitor(s < 350 ? s : s - 350, 310);
  const chosen = select(film(380, 5, twice), { heartbeatS: 0 });
  assert.ok(chosen.some(({ second }) => second >= 355 && second <= 355.5));
});

test('somebody far away, 5 × 12 pixels, is seen within half a second', () => {
  const far = (s: number) => {
    const left = 20 + Math.round((s - 20) * 4);
    const hidden = s < 20;
    return Drawing.room().each((x, y, old) =>
      !hidden && x >= left && x < left + 5 && y >= 41 && y < 53 ? old - 40 : old,
    );
  };
  const [start] = seconds(select(film(40, 5, far)), 'start');
  assert.ok(start !== undefined && start >= 20 && start <= 20.5, `start at ${start}`);
});
