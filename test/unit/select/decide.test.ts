import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { selectDecider } from '../../../src/select/decide';
import { SELECT_DEFAULTS } from '../../../src/select/defaults';
import type { DecideOptions, SelectEvent, SelectState } from '../../../src/select/select-state';
import type { Sight } from '../../../src/select/watch';

const T0 = Date.UTC(2026, 10, 22, 8);

/** What a frame may show: nothing, somebody who comes, moves, stands still, has left, or other light. */
const EMPTY = sight({});
const COMES = sight({ arrival: true, moving: true, strength: 80, score: 80, detail: 10 });
const MOVES = sight({ moving: true, strength: 80, score: 80, detail: 10 });
const STILL = sight({ strength: 80, score: 80, detail: 10 });

type Shows = Omit<Sight, 'time'>;
type Told = 'probe' | 'reset' | { perMinute: number | null } | [second: number, shows?: Shows];

function sight(shown: Partial<Shows>): Shows {
  return {
    score: 0,
    arrival: false,
    moving: false,
    shifted: false,
    strength: 0,
    detail: 0,
    lively: false,
    light: false,
    view: null,
    zones: [],
    ...shown,
  };
}

/** Reasons by the second of the frame, as `6:start`, in the order in which they are sent. */
function reasons(settings: Partial<DecideOptions>, events: Told[]): string[] {
  return outputs(settings, events).flatMap(({ second, output }) =>
    output.type === 'select' ? [`${second}:${output.reason}`] : [],
  );
}

function outputs(settings: Partial<DecideOptions>, events: Told[]) {
  const step = selectDecider({ ...SELECT_DEFAULTS, ...settings });
  const seconds: number[] = [];
  let state: SelectState | undefined;
  return events.flatMap((told) => {
    const event = eventOf(told, seconds);
    const result = step(state && deepFreeze(structuredClone(state)), event, T0);
    state = result.state;
    return result.outputs.map((output) => ({
      second: output.type === 'view' ? Number.NaN : (seconds[output.id] ?? Number.NaN),
      output,
    }));
  });
}

function eventOf(told: Told, seconds: number[]): SelectEvent {
  if (typeof told === 'string') return { type: told };
  if (!Array.isArray(told)) return { type: 'rate', ...told };
  const [second, shows = EMPTY] = told;
  const time = T0 + second * 1000;
  return { type: 'frame', id: seconds.push(second) - 1, time, sight: { time, ...shows } };
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (inner && typeof inner === 'object') deepFreeze(inner);
  return Object.freeze(value);
}

/** A frame each `stepS` seconds, the last one included. */
function every(stepS: number, fromS: number, toS: number, shows = EMPTY): Told[] {
  const frames: Told[] = [];
  for (let i = 0; fromS + i * stepS <= toS + 1e-9; i++)
    frames.push([Math.round((fromS + i * stepS) * 1000) / 1000, shows]);
  return frames;
}

describe('an event', () => {
  test('begins at once, and is sent at times that grow apart up to a cap while it lasts', () => {
    const told = reasons({ maxSpacingS: 8 }, [[0], [5, COMES], ...every(0.2, 5.2, 40, MOVES)]);
    assert.deepEqual(told, [
      '0:heartbeat',
      '5:start',
      '5.4:motion',
      '7.4:motion',
      '11.4:motion',
      '19.4:motion',
      '27.4:motion',
      '35.4:motion',
    ]);
  });

  test('is sent again with the sharpest frame of its first second, when that is over', () => {
    const sharp = (detail: number) => sight({ moving: true, strength: 80, detail });
    const frames: Told[] = [
      [0],
      [5, COMES],
      [5.2, sharp(99)],
      [5.4, sharp(20)],
      [5.6, sharp(30)],
      [5.8, sharp(25)],
      [6.2, sharp(50)],
    ];
    const told = outputs({}, frames);
    const order = told.map(
      ({ second, output }) => `${second} ${output.type === 'select' ? output.reason : output.type}`,
    );
    assert.deepEqual(order, [
      '0 heartbeat',
      '5 start',
      '5.2 skip',
      '5.4 skip',
      '5.8 skip',
      '5.6 motion',
      '6.2 skip',
    ]);
  });

  test('does not keep its sharpest frame when no other one comes: a wake-up sends it', () => {
    const step = selectDecider(SELECT_DEFAULTS);
    let state: SelectState | undefined;
    for (const [i, [second, shows]] of (
      [
        [0, EMPTY],
        [5, COMES],
        [5.5, MOVES],
      ] as [number, Shows][]
    ).entries()) {
      const time = T0 + second * 1000;
      const result = step(state, { type: 'frame', id: i, time, sight: { time, ...shows } }, time);
      state = result.state;
      assert.equal(result.wakeAt, second === 5.5 ? T0 + 6500 : null);
    }
    const { outputs: sent, wakeAt } = step(state, { type: 'wake' }, T0 + 6500);
    assert.deepEqual(
      sent.map((output) => output.type === 'select' && `${output.id} ${output.reason}`),
      ['2 motion'],
    );
    assert.equal(wakeAt, null);
  });

  test('ends with one frame when all has been quiet and empty for a while', () => {
    const told = reasons({}, [[0], [5, COMES], ...every(0.2, 5.2, 20)]);
    assert.deepEqual(told, ['0:heartbeat', '5:start', '7:motion', '8:end']);
  });

  test('goes on while somebody stands still, and ends when he has gone', () => {
    const told = reasons({}, [[0], [5, COMES], ...every(1, 6, 40, STILL), [40.2], [40.4]]);
    assert.deepEqual(told, [
      '0:heartbeat',
      '5:start',
      '6:motion',
      '8:motion',
      '12:motion',
      '20:motion',
      '36:motion',
      '40.2:end',
    ]);
  });

  test('is looked at closely again when he who stood still moves', () => {
    const told = reasons({}, [[0], [5, COMES], ...every(1, 6, 30, STILL), ...every(1, 31, 36, MOVES)]);
    assert.deepEqual(told.slice(-3), ['20:motion', '31:motion', '33:motion']);
  });

  test('of its own is whoever else comes, but not within two seconds', () => {
    const events = outputs({}, [
      [0],
      [5, COMES],
      [5.2, COMES],
      ...every(0.2, 5.4, 9, MOVES),
      [9.2, COMES],
      [9.4, MOVES],
    ]).flatMap(({ second, output }) =>
      output.type === 'select' && output.reason === 'start' ? [`${second}: ${output.event}`] : [],
    );
    assert.deepEqual(events, ['5: 1', '9.2: 2']);
  });

  test('of a camera with a frame every two seconds is sent with all of them at first, jitter or not', () => {
    const told = reasons({}, [[0], [2.01, COMES], [3.98, MOVES], [6.02, MOVES], [7.99, MOVES]]);
    assert.deepEqual(told, ['0:heartbeat', '2.01:start', '3.98:motion', '6.02:motion']);
  });

  test('has a number that its frames carry, the end included; 0 is outside', () => {
    const told = outputs({}, [[0], [5, COMES], [6], [8], [9]]).map(({ output }) =>
      output.type === 'view' ? -1 : output.event,
    );
    assert.deepEqual(told, [0, 1, 1, 1, 0]);
  });

  test('is not looked for in the interval mode', () => {
    assert.deepEqual(
      reasons({ mode: 'interval' }, [
        [0, COMES],
        [5, COMES],
        [10, COMES],
      ]),
      ['0:interval', '10:interval'],
    );
  });
});

describe('frames from before an event', () => {
  test('are sent with it on request, a second apart, the oldest first', () => {
    const told = reasons({ preRollS: 2 }, [
      ...every(0.5, 0, 10),
      [10.5, COMES],
      ...every(0.5, 11, 11.5, MOVES),
    ]);
    assert.deepEqual(told, ['0:heartbeat', '8.5:before', '9.5:before', '10.5:start']);
  });

  test('of before a gap in the stream are not: an hour ago is not before the event', () => {
    const told = reasons({ preRollS: 3, heartbeatS: 0 }, [
      ...every(0.2, 0, 6),
      [3606, EMPTY],
      [3606.2, COMES],
    ]);
    assert.deepEqual(told, ['3606:before', '3606.2:start']);
    assert.deepEqual(reasons({ preRollS: 3, heartbeatS: 0 }, [...every(0.2, 0, 6), [3606, COMES]]), [
      '3606:start',
    ]);
  });

  test('are sent as well where frames are further apart than what was asked for', () => {
    const told = reasons({ preRollS: 1, heartbeatS: 0 }, [...every(4, 0, 20), [24, COMES]]);
    assert.deepEqual(told, ['20:before', '24:start']);
  });

  test('are passed over one by one while nothing begins: never more than asked for are held', () => {
    const told = outputs({ preRollS: 2 }, every(1, 0, 100));
    assert.equal(told.filter(({ output }) => output.type === 'skip').length, 100 - 1 - 2);
  });

  test('are passed over on a reset', () => {
    const told = outputs({ preRollS: 3, heartbeatS: 0 }, [...every(1, 0, 2), 'reset']);
    assert.deepEqual(
      told.map(({ second, output }) => `${second} ${output.type}`),
      ['0 skip', '1 skip', '2 skip'],
    );
  });
});

describe('the limit', () => {
  /** Somebody new every three seconds, for two minutes. */
  const crowd: Told[] = [[0]];
  for (let second = 1; second <= 120; second += 0.2) {
    const at = Math.round(second * 10) / 10;
    crowd.push([at, Number.isInteger((at - 1) / 3) ? COMES : MOVES]);
  }

  test('never holds back the start of an event', () => {
    const told = reasons({ maxPerMinute: 5 }, crowd);
    assert.equal(told.filter((line) => line.endsWith('start')).length, 40);
  });

  test('never holds back the sharpest frame of the first second: the start may show somebody half in the picture', () => {
    const cars: Told[] = [[0]];
    for (let second = 1; second <= 240; second += 4)
      cars.push(
        [second, COMES],
        ...every(0.2, second + 0.2, second + 1.6, MOVES),
        ...every(0.2, second + 1.8, second + 3.8),
      );
    const told = reasons({}, cars);
    for (let second = 1; second <= 240; second += 4) {
      const shown = told
        .map((line) => Number.parseFloat(line))
        .filter((at) => at >= second + 0.4 && at <= second + 1.6);
      assert.ok(shown.length > 0, `nothing of ${second} to ${second + 1.6}`);
    }
  });

  test('holds back ends and later frames first, while there is a quarter left for the next event', () => {
    const events: Told[] = [[0]];
    for (let second = 1; second <= 240; second += 6)
      events.push(
        [second, COMES],
        ...every(0.2, second + 0.2, second + 1.6, MOVES),
        ...every(0.2, second + 1.8, second + 5.8),
      );
    const told = outputs({}, events).filter(({ output }) => output.type === 'select');
    assert.ok(told.length <= 20 * 4 + 20, `${told.length} in four minutes`);
  });

  test('that held back the end of an event says so', () => {
    const told = outputs({ maxPerMinute: 2 }, [
      [0],
      [1, COMES],
      [1.5, MOVES],
      [3, EMPTY],
      [5, EMPTY],
      [6, EMPTY],
    ]);
    assert.deepEqual(
      told.map(({ output }) =>
        output.type === 'select' ? output.reason : output.type === 'skip' ? output.skip : '',
      ),
      ['heartbeat', 'start', 'motion', 'spacing', 'limit', 'quiet'],
    );
  });

  test('stretches the spacing before it holds frames back', () => {
    const walk: Told[] = [[0], [1, COMES], ...every(0.2, 1.2, 121, MOVES)];
    const free = reasons({ maxPerMinute: 0, maxSpacingS: 2 }, walk);
    const limited = reasons({ maxPerMinute: 10, maxSpacingS: 2 }, walk);
    assert.ok(free.length > 55, `${free.length} without a limit`);
    assert.ok(limited.length <= 10 + 2 * 10 + 2 && limited.length >= 15, `${limited.length} with one`);
    const gaps = limited.map((line) => Number.parseFloat(line)).map((at, i, all) => at - (all[i - 1] ?? at));
    assert.ok(Math.max(...gaps.slice(-3)) > 4, `${gaps}`);
  });

  test('can be set for the time being, and taken back', () => {
    const walk = (from: number) => [[from, COMES], ...every(0.2, from + 0.2, from + 30, MOVES)] as Told[];
    const count = (events: Told[]) => reasons({ maxSpacingS: 2, maxPerMinute: 60 }, events).length;
    const usual = count([[0], ...walk(1)]);
    assert.ok(count([[0], { perMinute: 2 }, ...walk(1)]) < usual / 2);
    assert.equal(count([[0], { perMinute: 2 }, { perMinute: null }, ...walk(1)]), usual);
  });

  test('is told as the reason why a frame was passed over', () => {
    const told = outputs({ maxPerMinute: 1, maxSpacingS: 2 }, [[0], [1, COMES], ...every(1, 2, 40, MOVES)]);
    assert.ok(told.some(({ output }) => output.type === 'skip' && output.skip === 'limit'));
  });
});

describe('other light', () => {
  const LIGHT = sight({ light: true });

  test('is one frame, and at most one in ten minutes', () => {
    const told = reasons({ heartbeatS: 0 }, [[0], [10, LIGHT], [30, LIGHT], [609, LIGHT], [611, LIGHT]]);
    assert.deepEqual(told, ['10:scene', '611:scene']);
  });
});

test('what has become of the view is told, and no frame goes with it', () => {
  const told = outputs({ heartbeatS: 0 }, [[0], [10, sight({ view: 'covered' })]]).map(({ output }) =>
    output.type === 'view' ? output : output.type,
  );
  assert.deepEqual(told, ['skip', { type: 'view', view: 'covered', time: T0 + 10_000 }, 'skip']);
});

test('where something moves from the very beginning, one more heartbeat shows it', () => {
  const lively = sight({ lively: true });
  assert.deepEqual(reasons({}, every(0.2, 0, 10, lively)), ['0:heartbeat', '0.8:heartbeat']);
  assert.deepEqual(reasons({ heartbeatS: 0 }, every(0.2, 0, 10, lively)), []);
});

describe('heartbeat', () => {
  test('the first frame is one, so that the scene is known', () => {
    assert.deepEqual(reasons({}, every(1, 0, 5)), ['0:heartbeat']);
  });

  test('counts from the last frame selected, for whatever reason', () => {
    const told = reasons({}, [[0], 'probe', ...every(1, 30, 100)]);
    assert.deepEqual(told, ['0:heartbeat', '30:probe', '90:heartbeat']);
  });

  test('of 0 is off: nothing is selected until something comes', () => {
    assert.deepEqual(reasons({ heartbeatS: 0 }, [...every(10, 0, 600), [601, COMES]]), ['601:start']);
  });

  test('is not early', () => {
    assert.deepEqual(reasons({}, [[0], [59], [60]]), ['0:heartbeat', '60:heartbeat']);
  });
});

describe('interval', () => {
  test('keeps to its grid, and does not drift with the frames', () => {
    const told = reasons({ mode: 'interval', heartbeatS: 0, intervalS: 10 }, every(0.7, 0, 45));
    assert.deepEqual(told, ['0:interval', '9.8:interval', '20.3:interval', '30.1:interval', '39.9:interval']);
  });

  test('goes on after a gap in the stream with one frame, not with those that were missed', () => {
    const told = reasons({ mode: 'interval', heartbeatS: 0 }, [[0], [5], [73], [74], [80]]);
    assert.deepEqual(told, ['0:interval', '73:interval', '80:interval']);
  });

  test('together with motion: a frame of the event stands for the interval', () => {
    const told = reasons({ mode: 'both' }, [[0], [9], [10, COMES], [11], [13], [19], [20]]);
    assert.deepEqual(told, ['0:interval', '10:start', '13:end', '20:interval']);
  });

  test('is not held back by the limit, which is for movement', () => {
    const told = reasons({ mode: 'interval', intervalS: 1, maxPerMinute: 1 }, every(0.5, 0, 30));
    assert.equal(told.length, 31);
  });
});

describe('probe', () => {
  test('selects the next frame, once', () => {
    assert.deepEqual(reasons({}, [[0], 'probe', 'probe', [1], [2]]), ['0:heartbeat', '1:probe']);
  });

  test('waits for a frame as long as it takes', () => {
    assert.deepEqual(reasons({ heartbeatS: 0 }, [[0], 'probe', [3600], [3601]]), ['3600:probe']);
  });

  test('is answered by the frame that starts an event', () => {
    assert.deepEqual(reasons({}, [[0], 'probe', [1, COMES], [1.2, MOVES]]), ['0:heartbeat', '1:start']);
  });

  test('is answered whatever the limit', () => {
    const told = reasons({ maxPerMinute: 1 }, [[0], [1, COMES], 'probe', [2, MOVES], 'probe', [3, MOVES]]);
    assert.deepEqual(told, ['0:heartbeat', '1:start', '2:probe', '3:probe']);
  });

  test('outranks the end of an event, which is over all the same', () => {
    const told = outputs({}, [[0], [5, COMES], 'probe', [5.2], 'probe', [8.1], [9]]).flatMap(({ output }) =>
      output.type === 'view'
        ? []
        : [`${output.type === 'select' ? output.reason : output.skip} ${output.event}`],
    );
    assert.deepEqual(told, ['heartbeat 0', 'start 1', 'probe 1', 'probe 1', 'quiet 0']);
  });
});

describe('what is passed over', () => {
  test('is counted, and the count travels with the next frame that is selected', () => {
    const told = outputs({}, [[0], [1], [2], [3, COMES], [4.2, MOVES]]).map(({ output }) =>
      output.type === 'view' ? -1 : output.skipped,
    );
    assert.deepEqual(told, [0, 1, 2, 2, 1]);
  });

  test('says why', () => {
    const why = (mode: DecideOptions['mode']) =>
      outputs({ mode }, [[0], [1], [2, COMES], [3.5, MOVES]]).map(({ output }) =>
        output.type === 'skip' ? output.skip : output.type === 'select' ? output.reason : '',
      );
    assert.deepEqual(why('motion'), ['heartbeat', 'quiet', 'start', 'spacing']);
    assert.deepEqual(why('interval'), ['interval', 'waiting', 'waiting', 'waiting']);
  });

  test('or sent: of any thousand frames each has exactly one outcome', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const events: Told[] = [];
    for (let i = 0, second = 0; i < 1000; i++) {
      second = Math.round((second + ([0.2, 0.2, 0.2, 1, 5][random(5)] ?? 0)) * 10) / 10;
      if (random(50) === 0) events.push('probe');
      events.push([second, [EMPTY, MOVES, MOVES, STILL, COMES][random(5)]]);
    }
    const told = outputs({ preRollS: 3 }, [...events, 'reset']);
    const ids = told.flatMap(({ output }) => (output.type === 'view' ? [] : [output.id]));
    assert.equal(ids.length, 1000);
    assert.equal(new Set(ids).size, 1000);
  });
});

test('after a reset the next frame is the first one', () => {
  assert.deepEqual(reasons({}, [[0], [5, COMES], 'reset', [6], [9]]), [
    '0:heartbeat',
    '5:start',
    '6:heartbeat',
  ]);
});

test('a clock that is set back does not silence the camera', () => {
  const told = reasons({}, [[7200], [7201, COMES], ...every(1, 0, 70)]);
  assert.deepEqual(told, ['7200:heartbeat', '7201:start', '2:motion', '3:end', '63:heartbeat']);
});

test('a wake-up, where nothing is held, changes nothing', () => {
  const step = selectDecider(SELECT_DEFAULTS);
  const { state } = step(undefined, { type: 'frame', id: 1, time: T0, sight: { time: T0, ...EMPTY } }, T0);
  assert.deepEqual(step(state, { type: 'wake' }, T0 + 1), { state, outputs: [], wakeAt: null });
});
