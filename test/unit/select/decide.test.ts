import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type DecideOptions,
  type FrameEvent,
  type SelectEvent,
  type SelectState,
  selectDecider,
} from '../../../src/select/decide';
import { DEFAULTS } from './scenes';

const T0 = Date.UTC(2026, 10, 22, 8);

/** Something that moves, that stands still, that is not there. */
const MOVES = { score: 80, toBackground: 90, toSent: 80 };
const STILL = { score: 1, toBackground: 90, toSent: 1 };
const LEFT = { score: 1, toBackground: 1, toSent: 80 };
const EMPTY = { score: 1, toBackground: 1, toSent: 1 };

type Told = 'probe' | 'reset' | [second: number, sight?: typeof MOVES];

/** Reasons by second, as `6:start`, in order. Passed-over frames are left out. */
function reasons(settings: Partial<DecideOptions>, events: Told[]): string[] {
  return outputs(settings, events).flatMap(({ second, output }) =>
    'select' in output ? [`${second}:${output.select}`] : [],
  );
}

function outputs(settings: Partial<DecideOptions>, events: Told[]) {
  const step = selectDecider({ ...DEFAULTS, ...settings });
  let state: SelectState | undefined;
  return events.flatMap((told) => {
    const event: SelectEvent =
      typeof told === 'string'
        ? { type: told }
        : ({ type: 'frame', time: T0 + told[0] * 1000, ...(told[1] ?? EMPTY) } satisfies FrameEvent);
    const result = step(state && deepFreeze(structuredClone(state)), event, T0);
    state = result.state;
    assert.equal(result.wakeAt, null);
    return result.outputs.map((output) => ({ second: Array.isArray(told) ? told[0] : -1, output }));
  });
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (inner && typeof inner === 'object') deepFreeze(inner);
  return Object.freeze(value);
}

/** A frame each `stepS` seconds, the last one included. */
function every(stepS: number, fromS: number, toS: number, sight = EMPTY): Told[] {
  const frames: Told[] = [];
  for (let i = 0; fromS + i * stepS <= toS + 1e-9; i++)
    frames.push([Math.round((fromS + i * stepS) * 1000) / 1000, sight]);
  return frames;
}

describe('events', () => {
  test('the frame that moves is selected at once, then one every spacing while it lasts', () => {
    const told = reasons({}, [[0], [4.9], ...every(0.2, 5, 10, MOVES)]);
    assert.deepEqual(told, ['0:heartbeat', '5:start', '7:motion', '9:motion']);
  });

  test('one frame is sent when all has been quiet for a while', () => {
    const told = reasons({}, [[0], [5, MOVES], ...every(0.2, 5.2, 20, LEFT)]);
    assert.deepEqual(told, ['0:heartbeat', '5:start', '8:end']);
  });

  test('somebody who stands still gives no more frames, and no end until he has gone', () => {
    const told = reasons({}, [[0], [5, MOVES], ...every(0.2, 5.2, 40, STILL), [40.2, LEFT], [40.4, LEFT]]);
    assert.deepEqual(told, ['0:heartbeat', '5:start', '40.2:end']);
  });

  test('where something came to rest is sent once, if the last frame sent does not show it', () => {
    const elsewhere = { score: 3, toBackground: 90, toSent: 40 };
    const told = reasons({}, [
      [0],
      [5, MOVES],
      ...every(0.2, 5.2, 8, elsewhere),
      ...every(0.2, 8.2, 20, STILL),
    ]);
    assert.deepEqual(told, ['0:heartbeat', '5:start', '8:motion']);
  });

  test('whoever comes when the room was empty is a new event, though the last was not over', () => {
    const told = outputs({}, [[0], [5, MOVES], [6], [6.5], [7.6, MOVES]]).map(({ output }) => output.event);
    assert.deepEqual(told, [0, 1, 1, 1, 2]);
  });

  test('a camera with a frame every two seconds gives all of them, jitter or not', () => {
    const told = reasons({}, [[0], [2.01, MOVES], [3.98, MOVES], [6.02, MOVES], [7.99, MOVES]]);
    assert.deepEqual(told, ['0:heartbeat', '2.01:start', '3.98:motion', '6.02:motion', '7.99:motion']);
  });

  test('belong to the frames: number in the event, 0 outside, the end included', () => {
    const told = outputs({}, [[0], [5, MOVES], [6, LEFT], [8, LEFT], [9]]).map(({ output }) => output.event);
    assert.deepEqual(told, [0, 1, 1, 1, 0]);
  });

  test('are not looked for in the interval mode', () => {
    assert.deepEqual(
      reasons({ mode: 'interval' }, [
        [0, MOVES],
        [5, MOVES],
        [10, MOVES],
      ]),
      ['0:interval', '10:interval'],
    );
  });
});

describe('heartbeat', () => {
  test('the first frame is one, so that the scene is known', () => {
    assert.deepEqual(reasons({}, every(1, 0, 5)), ['0:heartbeat']);
  });

  test('counts from the last frame selected, for whatever reason', () => {
    const told = reasons({}, [[0], 'probe', ...every(1, 30, 100)]);
    assert.deepEqual(told, ['0:heartbeat', '30:probe', '90:heartbeat']);
  });

  test('of 0 is off: nothing is selected until something moves', () => {
    assert.deepEqual(reasons({ heartbeatS: 0 }, [...every(10, 0, 600), [601, MOVES]]), ['601:start']);
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
    const told = reasons({ mode: 'both' }, [[0], [9], [10, MOVES], [11, LEFT], [13, LEFT], [19], [20]]);
    assert.deepEqual(told, ['0:interval', '10:start', '13:end', '20:interval']);
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
    assert.deepEqual(reasons({}, [[0], 'probe', [1, MOVES], [1.2, MOVES]]), ['0:heartbeat', '1:start']);
  });

  test('outranks the end of an event, which is over all the same', () => {
    const told = outputs({}, [[0], [5, MOVES], 'probe', [5.2, LEFT], [6, LEFT], 'probe', [8.1, LEFT], [9]]);
    assert.deepEqual(
      told.map(({ output }) => ('select' in output ? output.select : output.skip)),
      ['heartbeat', 'start', 'probe', 'quiet', 'probe', 'quiet'],
    );
    assert.equal(told.at(-1)?.output.event, 0);
  });
});

describe('what is passed over', () => {
  test('is counted, and the count travels with the next frame that is selected', () => {
    const told = outputs({}, [[0], [1], [2], [3, MOVES], [4, MOVES]]).map(({ output }) => output.skipped);
    assert.deepEqual(told, [0, 1, 2, 2, 1]);
  });

  test('says why', () => {
    const why = (mode: DecideOptions['mode']) =>
      outputs({ mode }, [[0], [1], [2, MOVES], [3, MOVES]]).map(({ output }) =>
        'skip' in output ? output.skip : output.select,
      );
    assert.deepEqual(why('motion'), ['heartbeat', 'quiet', 'start', 'spacing']);
    assert.deepEqual(why('interval'), ['interval', 'waiting', 'waiting', 'waiting']);
  });
});

test('after a reset the next frame is the first one', () => {
  assert.deepEqual(reasons({}, [[0], [5, MOVES], 'reset', [6, LEFT], [9, LEFT]]), [
    '0:heartbeat',
    '5:start',
    '6:heartbeat',
  ]);
});

test('a clock that is set back does not silence the camera', () => {
  const told = reasons({}, [[7200], [7201, MOVES], ...every(1, 0, 70, LEFT)]);
  assert.deepEqual(told, ['7200:heartbeat', '7201:start', '3:end', '63:heartbeat']);
});

test('a wake-up, which it never asks for, changes nothing', () => {
  const step = selectDecider(DEFAULTS);
  const { state } = step(undefined, { type: 'frame', time: T0, ...EMPTY }, T0);
  assert.deepEqual(step(state, { type: 'wake' }, T0 + 1), { state, outputs: [], wakeAt: null });
});
