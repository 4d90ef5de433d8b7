import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Plane } from '../../../src/select/blocks';
import { SELECT_DEFAULTS as DEFAULTS } from '../../../src/select/defaults';
import { FrameSelect, type FrameSelectOptions, type SelectOutcome } from '../../../src/select/frame-select';
import type { FrameInfo, SceneHealth } from '../../../src/shared/messages';
import { FakeClock } from '../../fixtures/fake-clock';
import { Drawing, withPerson } from './scenes';

const JPEG = Buffer.from('ffd8ffe0', 'hex');
const T0 = Date.UTC(2026, 10, 22, 8);

/** A stage, and what it said: `about` of each frame with the reason, or what else became of it. */
function stage(options: Partial<FrameSelectOptions<string>> = {}) {
  const told: string[] = [];
  const outcomes: SelectOutcome<string>[] = [];
  const health: SceneHealth[] = [];
  const clock = new FakeClock(T0);
  const select = new FrameSelect<string>({
    decide: DEFAULTS,
    zones: [],
    clock,
    onHealth: (told) => health.push(told),
    onOutcome(outcome) {
      outcomes.push(outcome);
      told.push(`${outcome.about} ${outcome.type === 'decided' ? outcome.selection.reason : outcome.type}`);
    },
    ...options,
  });
  /** A frame as rtsp-in sends it. */
  const frame = (camera: string, second: number, drawing = Drawing.room()) =>
    select.push(camera, {
      payload: JPEG,
      frame: framed(camera, second, drawing),
      about: `${camera}@${second}`,
    });
  /** The empty room for some frames, so that it is known. */
  const room = (...cameras: string[]) => {
    for (const camera of cameras) for (let second = -5; second < 0; second++) frame(camera, second);
    told.length = 0;
    outcomes.length = 0;
  };
  return { select, told, outcomes, health, clock, frame, room };
}

const framed = (camera: string, second: number, drawing: Drawing): Partial<FrameInfo> => ({
  camera,
  id: `${camera}-${second}`,
  seq: second,
  time: T0 + second * 1000,
  luma: { width: 160, height: 90, data: drawing.plane },
});

/** A maker of planes that ends when told. */
function slowLuma() {
  const waiting: ((plane: Plane) => void)[] = [];
  return {
    makeLuma: () => new Promise<Plane>((resolve) => waiting.push(resolve)),
    async finish(drawing = Drawing.room()) {
      waiting.shift()?.(drawing.plane);
      await new Promise((resolve) => setImmediate(resolve));
    },
    get running() {
      return waiting.length;
    },
  };
}

describe('frames of rtsp-in', () => {
  test('are decided at once, each camera by its own state', () => {
    const { told, frame, room } = stage();
    room('gate');
    frame('gate', 0);
    frame('yard', 0, withPerson(70));
    frame('gate', 1, withPerson(70));
    frame('yard', 1, withPerson(70));
    assert.deepEqual(told, ['gate@0 skipped', 'yard@0 heartbeat', 'gate@1 start', 'yard@1 skipped']);
  });

  test('keep their frame object as it is, and get the whole selection', () => {
    const { outcomes, frame, room } = stage();
    room('gate');
    frame('gate', 2, withPerson(70));
    const [start] = outcomes;
    assert.ok(start?.type === 'decided');
    const { score, ...rest } = start.selection;
    assert.ok(score > 50 && score <= 255);
    assert.deepEqual(rest, { reason: 'start', event: 1, zones: [], skipped: 4 });
    assert.equal(start.frame.id, 'gate-2');
  });

  test('that are passed over say why', () => {
    const { outcomes, frame } = stage();
    frame('gate', 0);
    frame('gate', 1);
    const passed = outcomes[1];
    assert.ok(passed?.type === 'decided');
    assert.deepEqual(passed.selection, {
      reason: 'skipped',
      skip: 'quiet',
      score: 0,
      event: 0,
      zones: [],
      skipped: 1,
    });
  });
});

describe('pictures from elsewhere', () => {
  test('get a frame object: camera, unique id, number, time of arrival and type', () => {
    const { select, outcomes, clock } = stage({ decide: { ...DEFAULTS, mode: 'interval' } });
    select.push('door', { payload: JPEG, about: '1' });
    clock.advance(10_000);
    select.push('door', { payload: JPEG, about: '2' });
    const frames = outcomes.map((outcome) => (outcome.type === 'decided' ? outcome.frame : {}));
    assert.deepEqual(
      frames.map(({ id, ...rest }) => rest),
      [
        { camera: 'door', seq: 1, time: T0, type: 'image/jpeg' },
        { camera: 'door', seq: 2, time: T0 + 10_000, type: 'image/jpeg' },
      ],
    );
    assert.equal(new Set(frames.map(({ id }) => id)).size, 2);
  });

  test('are measured one at a time; of those that wait only the newest is kept', async () => {
    const luma = slowLuma();
    const { select, told } = stage({ makeLuma: luma.makeLuma });
    for (const about of ['a', 'b', 'c']) select.push('door', { payload: JPEG, about });
    assert.deepEqual(told, ['b dropped']);
    assert.equal(luma.running, 1);
    await luma.finish();
    await luma.finish(withPerson(70));
    assert.deepEqual(told, ['b dropped', 'a heartbeat', 'c skipped']);
  });

  test('of one camera do not wait for those of another', async () => {
    const luma = slowLuma();
    const { select } = stage({ makeLuma: luma.makeLuma });
    select.push('door', { payload: JPEG, about: 'a' });
    select.push('gate', { payload: JPEG, about: 'b' });
    assert.equal(luma.running, 2);
  });

  test('keep their order with frames that bring their luma', async () => {
    const luma = slowLuma();
    const { select, told, frame } = stage({ makeLuma: luma.makeLuma });
    select.push('gate', { payload: JPEG, about: 'first' });
    frame('gate', 1, withPerson(70));
    assert.deepEqual(told, []);
    await luma.finish();
    assert.deepEqual(told, ['first heartbeat', 'gate@1 start']);
  });

  test('that cannot be read are told, and the next one is decided', async () => {
    let broken = true;
    const makeLuma = async () => {
      if (broken) throw new Error('cut off');
      return Drawing.room().plane;
    };
    const { select, told } = stage({ makeLuma });
    select.push('door', { payload: JPEG, about: 'a' });
    await new Promise((resolve) => setImmediate(resolve));
    broken = false;
    select.push('door', { payload: JPEG, about: 'b' });
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(told, ['a failed', 'b heartbeat']);
  });

  test('are not measured at all in the interval mode', () => {
    const luma = slowLuma();
    const { select, told } = stage({ makeLuma: luma.makeLuma, decide: { ...DEFAULTS, mode: 'interval' } });
    select.push('door', { payload: JPEG, about: 'a' });
    assert.deepEqual(told, ['a interval']);
    assert.equal(luma.running, 0);
  });

  test('that are none are refused', () => {
    const { select, told } = stage();
    const push = () => select.push('door', { payload: 'text', about: 'a' });
    assert.throws(push, { code: 'INPUT_NOT_IMAGE' });
    assert.deepEqual(told, []);
  });

  test('are measured a few at a time over all cameras, however many come', () => {
    const luma = slowLuma();
    const { select } = stage({ makeLuma: luma.makeLuma });
    for (let i = 0; i < 20; i++) select.push(`camera ${i}`, { payload: JPEG, about: `${i}` });
    assert.equal(luma.running, 4);
  });
});

describe('a frame that is held back', () => {
  test('has its outcome when another one is sharper, or when the second is over', () => {
    const { select, told, clock, room } = stage();
    room('gate');
    const walk = (ms: number, x: number) => {
      const frame = { ...framed('gate', ms / 1000, withPerson(x)), time: T0 + ms };
      select.push('gate', { payload: JPEG, frame, about: `${ms}` });
    };
    walk(0, 70);
    walk(200, 73);
    walk(400, 76);
    assert.deepEqual(told, ['0 start', '200 skipped']);
    clock.advance(2000);
    assert.deepEqual(told, ['0 start', '200 skipped', '400 motion']);
    assert.equal(clock.pending, 0);
  });

  test('is dropped when its camera is forgotten, or all is stopped', async () => {
    const { select, told, frame, clock } = stage({ decide: { ...DEFAULTS, preRollS: 2 }, maxCameras: 2 });
    for (const camera of ['a', 'b']) for (const second of [0, 1]) frame(camera, second);
    frame('c', 0);
    assert.deepEqual(told, ['a@0 heartbeat', 'b@0 heartbeat', 'a@1 dropped', 'c@0 heartbeat']);
    await select.stop(AbortSignal.abort());
    assert.deepEqual(told.slice(4), ['b@1 dropped']);
    assert.equal(clock.pending, 0);
  });
});

test('a camera that is covered is told, with what to do', () => {
  const { health, told, frame, room } = stage({ decide: { ...DEFAULTS, heartbeatS: 0 } });
  room('gate');
  for (let second = 0; second < 10; second++)
    frame(
      'gate',
      second,
      new Drawing().each(() => 60),
    );
  assert.deepEqual(
    health.map(({ camera, view }) => `${camera} ${view}`),
    ['gate covered'],
  );
  assert.match(health[0]?.advice ?? '', /lens/);
  assert.equal(
    told.every((line) => line.endsWith('skipped')),
    true,
  );
});

test('zones of a camera travel with its frames, and its selection names them', () => {
  const { select, outcomes, room } = stage();
  room('gate');
  const zones = [
    {
      name: 'right',
      points: [
        [0.4, 0],
        [1, 0],
        [1, 1],
        [0.4, 1],
      ] as [number, number][],
    },
  ];
  for (const [second, x] of [
    [0, 10],
    [1, 70],
  ] as const) {
    const frame = {
      ...framed('gate', second, withPerson(x)),
      profile: { name: 'Gate', description: '', timeZone: '', zones },
    };
    select.push('gate', { payload: JPEG, frame, about: `${second}` });
  }
  assert.deepEqual(
    outcomes.map(
      (outcome) => outcome.type === 'decided' && [outcome.selection.reason, outcome.selection.zones],
    ),
    [
      ['skipped', []],
      ['start', ['right']],
    ],
  );
});

test('another limit for a camera, or for all, those that are still to come included', () => {
  const { select, told, frame, room } = stage({ decide: { ...DEFAULTS, maxSpacingS: 2 } });
  const sent = (camera: string) => {
    told.length = 0;
    for (let second = 0; second < 40; second++) frame(camera, second, withPerson(10 + second * 3));
    return told.filter((line) => line.endsWith('motion')).length;
  };
  room('a', 'b');
  select.limit('a', 2);
  const limited = sent('a');
  const free = sent('b');
  assert.ok(limited < free / 2, `${limited} of ${free}`);
  select.limit(null, 2);
  room('c');
  assert.equal(sent('c'), limited);
});

test('a probe selects the next frame of its camera, and of no other', () => {
  const { select, told, frame } = stage();
  frame('gate', 0);
  frame('yard', 0);
  select.probe('gate');
  frame('yard', 1);
  frame('gate', 1);
  assert.deepEqual(told.slice(2), ['yard@1 skipped', 'gate@1 probe']);
});

describe('reset', () => {
  test('of one camera makes its next frame the first one', () => {
    const { select, told, frame, room } = stage();
    room('gate', 'yard');
    select.reset('gate');
    for (const camera of ['gate', 'yard']) frame(camera, 1, withPerson(70));
    assert.deepEqual(told, ['gate@1 heartbeat', 'yard@1 start']);
  });

  test('of all does so for each', () => {
    const { select, told, frame } = stage();
    for (const camera of ['gate', 'yard']) frame(camera, 0);
    select.reset(null);
    for (const camera of ['gate', 'yard']) frame(camera, 1);
    assert.deepEqual(told.slice(2), ['gate@1 heartbeat', 'yard@1 heartbeat']);
  });

  test('of a camera that is not known leaves no trace', () => {
    const { select } = stage();
    select.reset('nowhere');
    assert.equal(select.size, 0);
  });
});

test('of more cameras than are kept, the one silent longest is forgotten, with the frame it is busy with', async () => {
  const luma = slowLuma();
  const { select, told, frame } = stage({ maxCameras: 2, makeLuma: luma.makeLuma });
  select.push('a', { payload: JPEG, about: 'a' });
  frame('b', 0);
  frame('c', 0);
  await luma.finish();
  assert.equal(select.size, 2);
  assert.deepEqual(told, ['b@0 heartbeat', 'a dropped', 'c@0 heartbeat']);
});

test('stopped, it drops what is being measured and tells nothing afterwards', async () => {
  const luma = slowLuma();
  const { select, told, clock } = stage({ makeLuma: luma.makeLuma });
  for (const about of ['a', 'b']) select.push('door', { payload: JPEG, about });
  const stopped = select.stop(new AbortController().signal);
  await luma.finish();
  await stopped;
  assert.deepEqual(told, ['a dropped', 'b dropped']);
  assert.equal(clock.pending, 0);
  assert.equal(select.size, 0);
});
