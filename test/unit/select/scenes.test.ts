import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { selectFrom } from '../../fixtures/select-run';
import { Drawing, film, seconds, select, withClock, withDrops, withPerson, withTree } from './scenes';

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

  test('a lamp that lights half of the room gives one frame, and the next switch soon after none', () => {
    const lamp = (s: number) =>
      Drawing.room().each((x, _y, old) => (s >= 20 && s < 50 && x < 60 ? old + 60 : old));
    const chosen = select(film(100, 2, lamp), { heartbeatS: 0 });
    assert.deepEqual(
      chosen.map(({ second, reason }) => `${second} ${reason}`),
      ['20.5 scene'],
    );
  });

  for (const [what, draw] of [
    ['a tree that sways from the first frame on', (s: number) => withTree(s)],
    ['a clock in the picture', (s: number) => withClock(s)],
    ['drizzle', (s: number) => withDrops(s, 12)],
    ['heavy rain', (s: number) => withDrops(s, 150)],
  ] as const)
    test(`${what} gives no event`, () => {
      const chosen = select(film(200, 5, draw));
      assert.deepEqual(
        chosen.filter(({ reason }) => reason !== 'heartbeat'),
        [],
      );
    });
});

describe('a view that is lost', () => {
  const another = new Drawing().each((x, y) => 60 + ((x * 3 + y * 5) % 120));
  for (const [view, lost] of [
    ['moved', another],
    ['covered', new Drawing().each(() => 60)],
    ['dark', new Drawing().each(() => 4)],
    ['blinded', new Drawing().each(() => 250)],
  ] as const)
    test(`is told as ${view} after three seconds, without a frame`, () => {
      const run = selectFrom(
        film(40, 5, (s) => (s < 20 ? Drawing.room() : lost)),
        { heartbeatS: 0 },
      );
      assert.deepEqual(run.chosen, []);
      assert.deepEqual(run.views, [{ second: 23, view }]);
    });

  test('is told as clear when it has come back', () => {
    const run = selectFrom(film(60, 5, (s) => (s < 20 || s >= 40 ? Drawing.room() : new Drawing())));
    assert.deepEqual(
      run.views.map(({ view }) => view),
      ['dark', 'clear'],
    );
    assert.ok((run.views[1]?.second ?? 0) <= 42);
  });

  test('is none where somebody walks by close to the camera', () => {
    const near = (s: number) => Drawing.room().rectangle(Math.round((s - 20) * 60) - 110, 0, 110, 90, 30);
    const run = selectFrom(film(40, 5, near), { heartbeatS: 0 });
    assert.deepEqual(run.views, []);
    assert.equal(seconds(run.chosen, 'start').length > 0, true);
  });
});

describe('a view that is not lost', () => {
  /** Comes in from the left within three seconds, stands for twenty, and goes on. */
  const bus = (s: number): Drawing => {
    const left = s < 43 ? (s - 43) * 45 : s < 63 ? 0 : (s - 63) * 45;
    const drawing = Drawing.room();
    if (s < 40 || s >= 66) return drawing;
    drawing
      .rectangle(Math.round(left) + 15, 8, 110, 62, 215)
      .rectangle(Math.round(left) + 20, 14, 100, 16, 60);
    for (let bar = 0; bar < 6; bar++) drawing.rectangle(Math.round(left) + 20 + bar * 18, 14, 2, 16, 200);
    return drawing;
  };
  /** Night, and a cone of light. */
  const porch = (s: number): Drawing => {
    const on = Math.floor(s / 30) % 2 === 1;
    const light = (x: number, y: number) =>
      on ? 1.2 * Math.exp(-((x - 110) ** 2 + (y - 60) ** 2) / 2450) : 0;
    return Drawing.room()
      .each((x, y, old) => old * (0.22 + light(x, y)))
      .noise(1, s * 10);
  };
  const infrared = (s: number): Drawing => {
    if (s < 60) return Drawing.room();
    return Drawing.room().each((x, y, old) => {
      const falloff = Math.max(0.15, 1.1 - 0.6 * Math.hypot((x - 80) / 80, (y - 57) / 57));
      return (old / 255) ** 0.7 * 255 * falloff;
    });
  };

  for (const fps of [5, 0.5]) {
    test(`is none where a bus stops, which is seen at once: ${fps} frames a second`, () => {
      const run = selectFrom(film(100, fps, bus), { heartbeatS: 0 });
      assert.deepEqual(run.views, []);
      const [start] = seconds(run.chosen, 'start');
      assert.ok(start !== undefined && start >= 40 && start <= 42, `start at ${start}`);
      const [end] = seconds(run.chosen, 'end');
      assert.ok(end !== undefined && end >= 65, `end at ${end}`);
    });

    for (const [what, draw] of [
      ['a lamp goes on and off at night', porch],
      ['the infrared lamp takes the place of daylight', infrared],
    ] as const)
      test(`is none where ${what}, which is one frame at the most: ${fps} frames a second`, () => {
        const run = selectFrom(film(200, fps, draw), { heartbeatS: 0 });
        assert.deepEqual(run.views, []);
        assert.ok(run.chosen.length <= 1, `${run.chosen.map(({ second, reason }) => `${second} ${reason}`)}`);
      });
  }
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

  test('is sent at once, sharp within the first second, and then at times that grow apart', () => {
    assert.deepEqual(
      chosen.filter(({ second }) => second < 70).map(({ second, reason }) => `${second} ${reason}`),
      ['5 start', '6 motion', '8 motion', '12 motion', '20 motion', '36 motion', '68 motion'],
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

test('somebody who stands for five minutes without the least movement is still the same event', () => {
  const chosen = select(
    film(330, 5, (s) => visitor(s, 310)),
    { heartbeatS: 0 },
  );
  assert.deepEqual(seconds(chosen, 'start'), [5]);
  assert.ok(seconds(chosen, 'motion').some((second) => second > 240 && second < 310));
  const [end] = seconds(chosen, 'end');
  assert.ok(end !== undefined && end > 313 && end < 320, `end at ${end}`);
});

test('somebody far away, 2 × 6 pixels, is seen within three seconds', () => {
  const far = (s: number) => {
    const left = 60 + Math.round((s - 20) * 4);
    return s < 20 ? Drawing.room() : Drawing.room().rectangle(left, 41, 2, 6, 30);
  };
  const [start] = seconds(select(film(40, 5, far)), 'start');
  assert.ok(start !== undefined && start >= 20 && start <= 23, `start at ${start}`);
});

test('somebody in front of a swaying tree, or in heavy rain, is seen', () => {
  const walks = (drawing: Drawing, s: number) =>
    s < 60 ? drawing : drawing.rectangle(Math.round((s - 60) * 8) - 10, 40, 9, 34, 230);
  for (const draw of [(s: number) => walks(withTree(s), s), (s: number) => walks(withDrops(s, 150), s)]) {
    const starts = seconds(select(film(85, 5, draw)), 'start');
    assert.equal(
      starts.every((second) => second >= 60 && second <= 82) && starts.length > 0,
      true,
      `starts at ${starts}`,
    );
  }
});

describe('zones', () => {
  const zone = (kind: 'include' | 'exclude') => [
    {
      name: 'gate',
      kind,
      points: [
        [0.5, 0],
        [1, 0],
        [1, 1],
        [0.5, 1],
      ] as [number, number][],
    },
  ];
  const walk = film(40, 5, (s) => (s < 10 ? Drawing.room() : withPerson(Math.round((s - 10) * 8) - 12)));

  test('to look at: an event begins when somebody comes into one, and says so', () => {
    const { chosen } = selectFrom(walk, {}, zone('include'));
    const start = chosen.find(({ reason }) => reason === 'start');
    assert.ok(start && start.second >= 19 && start.second <= 22, `start at ${start?.second}`);
    assert.deepEqual(start?.zones, ['gate']);
  });

  test('to leave out: what is in one is not seen', () => {
    const { chosen } = selectFrom(walk, {}, zone('exclude'));
    const [start] = seconds(chosen, 'start');
    assert.ok(start !== undefined && start < 11, `start at ${start}`);
    const [end] = seconds(chosen, 'end');
    assert.ok(end !== undefined && end < 28, `end at ${end}`);
  });
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
