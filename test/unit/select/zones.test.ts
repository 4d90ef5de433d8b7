import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { maskOf, readZones, sameZones, usableZones, zonesIn } from '../../../src/select/zones';
import type { CameraZone } from '../../../src/shared/messages';

const rectangle = (
  name: string,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  kind?: CameraZone['kind'],
): CameraZone => ({
  name,
  points: [
    [x1, y1],
    [x2, y1],
    [x2, y2],
    [x1, y2],
  ],
  ...(kind && { kind }),
});

const sum = (counts: Uint8Array) => counts.reduce((total, one) => total + one, 0);

describe('zones on the picture', () => {
  test('without any, all of it counts', () => assert.equal(sum(maskOf([]).counts), 32 * 18));

  test('to look at, only they count, and they are named', () => {
    const mask = maskOf([rectangle('left', 0, 0, 0.5, 1), rectangle('low', 0, 0.5, 1, 1)]);
    assert.equal(sum(mask.counts), 32 * 18 - 16 * 9);
    assert.deepEqual(zonesIn(mask, [0]), ['left']);
    assert.deepEqual(zonesIn(mask, [31]), []);
    assert.deepEqual(zonesIn(mask, [17 * 32, 17 * 32 + 31]), ['left', 'low']);
  });

  test('to leave out win over those to look at, and are not named', () => {
    const mask = maskOf([rectangle('all', 0, 0, 1, 1), rectangle('street', 0, 0, 1, 0.5, 'exclude')]);
    assert.equal(sum(mask.counts), 16 * 18);
    assert.deepEqual(zonesIn(mask, [0]), ['all']);
  });

  test('that are smaller than a block get the block that they are in', () => {
    assert.equal(sum(maskOf([rectangle('lock', 0.501, 0.501, 0.505, 0.505)]).counts), 1);
    assert.equal(sum(maskOf([rectangle('lock', 0.503, 0.51, 0.506, 0.52)]).counts), 1);
  });

  test('of any shape count by what they cover', () => {
    const triangle: CameraZone = {
      name: 'corner',
      points: [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
    };
    const covered = sum(maskOf([triangle]).counts) / (32 * 18);
    assert.ok(covered > 0.48 && covered < 0.56, `${covered}`);
  });

  test('are the same when nothing of them has changed', () => {
    const a = [rectangle('gate', 0, 0, 0.5, 1)];
    assert.equal(sameZones(a, structuredClone(a)), true);
    for (const other of [
      [],
      [rectangle('door', 0, 0, 0.5, 1)],
      [rectangle('gate', 0, 0, 0.6, 1)],
      [rectangle('gate', 0, 0, 0.5, 1, 'exclude')],
      [
        {
          ...rectangle('gate', 0, 0, 0.5, 1),
          points: [
            [0, 0],
            [0.5, 0],
            [0.5, 1],
          ] as [number, number][],
        },
      ],
    ])
      assert.equal(sameZones(a, other), false);
  });
});

describe('zones as they are written', () => {
  test('are read one a line; a minus leaves a zone out', () => {
    const { zones, problems } = readZones(
      'gate: 0,0.5 0.5,0.5 0.5,1\n\n- the street: 0,0 1,0 1,0.2 0,0.2\r\n',
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(zones, [
      {
        name: 'gate',
        kind: 'include',
        points: [
          [0, 0.5],
          [0.5, 0.5],
          [0.5, 1],
        ],
      },
      {
        name: 'the street',
        kind: 'exclude',
        points: [
          [0, 0],
          [1, 0],
          [1, 0.2],
          [0, 0.2],
        ],
      },
    ]);
  });

  for (const line of [
    'gate',
    'gate: 0,0 1,1',
    ': 0,0 1,0 1,1',
    'gate: 0,0 1,0 1,2',
    'gate: 0,0 1,0 1',
    'gate: 0, 0 1,0 1,1 0,1',
  ])
    test(`that cannot be used are told: ${line}`, () => {
      const { zones, problems } = readZones(line);
      assert.deepEqual(zones, []);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /name: x,y x,y x,y/);
    });

  test('are bounded', () => {
    const { zones, problems } = readZones(
      Array.from({ length: 60 }, (_, i) => `z${i}: 0,0 1,0 1,1`).join('\n'),
    );
    assert.equal(zones.length, 50);
    assert.equal(problems.length, 1);
  });
});

test('zones of a message that are none are passed over', () => {
  const good = rectangle('gate', 0, 0, 1, 1);
  const bad = [
    null,
    'zone',
    { name: 'a' },
    { name: 3, points: good.points },
    {
      name: 'b',
      points: [
        [0, 0],
        [1, 0],
        [2, 2],
      ],
    },
    {
      name: 'c',
      points: [
        [0, 0],
        ['1', 0],
        [1, 1],
      ],
    },
  ];
  assert.deepEqual(usableZones([...bad, good]), [good]);
  for (const none of [undefined, null, 'gate', {}]) assert.deepEqual(usableZones(none), []);
});
