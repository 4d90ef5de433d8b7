import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FrameSelect, type FrameSelectOptions, type SelectOutcome } from '../../../src/select/frame-select';
import type { Plane } from '../../../src/select/grid';
import type { FrameInfo } from '../../../src/shared/messages';
import { FakeClock } from '../../fixtures/fake-clock';
import { DEFAULTS, Drawing, withPerson } from './scenes';

const JPEG = Buffer.from('ffd8ffe0', 'hex');
const T0 = Date.UTC(2026, 10, 22, 8);

/** A stage, and what it said: `about` of each frame with the reason, or what else became of it. */
function stage(options: Partial<FrameSelectOptions<string>> = {}) {
  const told: string[] = [];
  const outcomes: SelectOutcome<string>[] = [];
  const clock = new FakeClock(T0);
  const select = new FrameSelect<string>({
    decide: DEFAULTS,
    clock,
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
  return { select, told, outcomes, clock, frame };
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
    const { told, frame } = stage();
    frame('gate', 0);
    frame('yard', 0, withPerson(70));
    frame('gate', 1, withPerson(70));
    frame('yard', 1, withPerson(70));
    assert.deepEqual(told, ['gate@0 heartbeat', 'yard@0 heartbeat', 'gate@1 start', 'yard@1 skipped']);
  });

  test('keep their frame object as it is, and get the whole selection', () => {
    const { outcomes, frame } = stage();
    frame('gate', 0);
    frame('gate', 1);
    frame('gate', 2, withPerson(70));
    const [, , start] = outcomes;
    assert.ok(start?.type === 'decided');
    const { score, ...rest } = start.selection;
    assert.ok(score > 50 && score < 255);
    assert.deepEqual(rest, { reason: 'start', event: 1, zones: [], skipped: 1 });
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
    assert.deepEqual(told, ['b dropped', 'a heartbeat', 'c start']);
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
    const { select, told, frame } = stage();
    for (const camera of ['gate', 'yard']) frame(camera, 0);
    select.reset('gate');
    for (const camera of ['gate', 'yard']) frame(camera, 1, withPerson(70));
    assert.deepEqual(told.slice(2), ['gate@1 heartbeat', 'yard@1 start']);
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
  select.stop();
  await luma.finish();
  assert.deepEqual(told, ['a dropped', 'b dropped']);
  assert.equal(clock.pending, 0);
  assert.equal(select.size, 0);
});
