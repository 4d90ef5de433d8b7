import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  gradeOf,
  type HealthEvent,
  type HealthOutput,
  type HealthState,
  health,
  inLastHour,
  troublesOf,
} from '../../../src/capture/health';
import type { Phase } from '../../../src/capture/supervise';
import type { Wake } from '../../../src/shared/decider';
import { type CameraCode, CameraError } from '../../../src/shared/errors';
import { DeciderDrive } from '../../fixtures/decider-drive';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** With words for what happens to a camera. */
class Drive extends DeciderDrive<HealthState, HealthEvent, HealthOutput> {
  #told: string[] = [];

  constructor(holdMs = 10 * SECOND, frozenMs = 5 * MINUTE) {
    super(health, 1_000_000);
    this.event({ type: 'start', settings: { holdMs, frozenMs } });
  }

  override event(event: HealthEvent | Wake): this {
    super.event(event);
    for (const { type } of this.outputs.splice(0)) {
      assert.equal(type, 'tell');
      const { state, error } = this.state?.told ?? {};
      this.#told.push(`${state} ${error?.code ?? ''}`.trim());
    }
    return this;
  }

  phase(phase: Phase, code?: CameraCode): this {
    return this.event({ type: 'phase', phase, error: code ? new CameraError(code, code) : null });
  }

  live(): this {
    return this.phase('live');
  }

  lost(code: CameraCode = 'CAMERA_LOST'): this {
    return this.phase('waiting', code);
  }

  /** Frames every second. */
  frames(count: number, same: boolean): this {
    for (let n = 0; n < count; n++) this.pass(SECOND).event({ type: 'frame', same });
    return this;
  }

  taken(): string[] {
    return this.#told.splice(0);
  }
}

test('nothing is told while a camera is opened for the first time', () => {
  assert.deepEqual(new Drive().phase('connecting').pass(MINUTE).taken(), []);
});

test('the first picture is told at once, and so is a first failure', () => {
  assert.deepEqual(new Drive().phase('connecting').live().taken(), ['online']);
  assert.deepEqual(new Drive().phase('connecting').lost('CAMERA_NETWORK').taken(), [
    'offline CAMERA_NETWORK',
  ]);
});

test('a blip is not told: a loss only when it has lasted', () => {
  const it = new Drive().live();
  it.taken();
  it.lost()
    .pass(9 * SECOND)
    .live()
    .pass(MINUTE);
  assert.deepEqual(it.taken(), []);
  it.lost().pass(9 * SECOND);
  assert.deepEqual(it.taken(), []);
  it.pass(SECOND);
  assert.deepEqual(it.taken(), ['offline CAMERA_LOST']);
  it.live();
  assert.deepEqual(it.taken(), ['online']);
});

test('the time of a loss is when the picture went, also when it is told later and under another reason', () => {
  const it = new Drive().live();
  const lostAt = it.now;
  it.lost()
    .pass(3 * SECOND)
    .phase('connecting', 'CAMERA_LOST')
    .pass(SECOND)
    .lost('CAMERA_NETWORK')
    .pass(MINUTE);
  assert.deepEqual(it.taken(), ['online', 'offline CAMERA_NETWORK']);
  assert.equal(it.state?.told?.since, lostAt);
});

test('what no waiting mends is told at once', () => {
  for (const code of ['CAMERA_AUTH', 'CAMERA_NOT_FOUND', 'CAMERA_TLS', 'CAMERA_FFMPEG_MISSING'] as const) {
    const it = new Drive().live();
    it.taken();
    assert.deepEqual(it.lost(code).taken(), [`offline ${code}`]);
  }
});

test('a picture that does not change is frozen after its time, and well again when it has changed', () => {
  const it = new Drive().live();
  it.taken();
  it.frames(299, true);
  assert.deepEqual(it.taken(), []);
  it.frames(2, true);
  assert.deepEqual(it.taken(), ['degraded CAMERA_FROZEN']);
  it.frames(11, false);
  assert.deepEqual(it.taken(), ['online']);
});

test('a picture that changes now and then is not frozen; with 0 nothing is', () => {
  const it = new Drive().live();
  it.taken();
  for (let round = 0; round < 5; round++) it.frames(250, true).frames(1, false);
  assert.deepEqual(it.taken(), []);
  const off = new Drive(10 * SECOND, 0).live();
  off.taken();
  assert.deepEqual(off.frames(3600, true).taken(), []);
});

test('a stream that stands still is told as a loss, not as frozen', () => {
  const it = new Drive()
    .live()
    .frames(200, true)
    .phase('stalled', 'CAMERA_STALLED')
    .pass(10 * MINUTE);
  assert.deepEqual(it.taken(), ['online', 'offline CAMERA_STALLED']);
});

test('many broken pictures are told when they last, and no more when a minute has gone well', () => {
  const it = new Drive().live();
  it.taken();
  for (let n = 0; n < 20; n++) it.pass(SECOND).event({ type: 'trouble', count: 3 });
  assert.deepEqual(it.taken(), ['degraded CAMERA_POOR']);
  it.pass(2 * MINUTE);
  assert.deepEqual(it.taken(), ['online']);
});

test('a few broken pictures are only counted', () => {
  const it = new Drive().live();
  it.taken();
  it.event({ type: 'trouble', count: 4 }).pass(500).event({ type: 'trouble', count: 5 });
  assert.equal(troublesOf(it.state as HealthState, it.now), 9);
  it.pass(MINUTE + SECOND);
  assert.equal(troublesOf(it.state as HealthState, it.now), 0);
  assert.deepEqual(it.taken(), []);
});

test('grades: excellent, fair, poor and unusable, by the last hour', () => {
  const it = new Drive().live();
  const grade = () => gradeOf(it.state as HealthState, it.now);
  assert.equal(grade(), 'excellent');
  it.lost().live();
  assert.equal(grade(), 'fair');
  it.lost().live().lost().live();
  assert.equal(grade(), 'poor');
  for (let n = 0; n < 8; n++) it.lost().live();
  assert.equal(grade(), 'unusable');
  it.pass(61 * MINUTE);
  assert.equal(grade(), 'excellent');
});

test('a camera that is opened again all the time is degraded although it is live', () => {
  const it = new Drive().live();
  for (let n = 0; n < 12; n++)
    it.lost()
      .pass(SECOND)
      .live()
      .pass(20 * SECOND);
  assert.deepEqual(it.taken(), ['online', 'degraded CAMERA_POOR']);
});

test('nothing grows over a year of losses, stalls and broken pictures', () => {
  const it = new Drive().live();
  for (let n = 0; n < 5000; n++) {
    it.lost().live().event({ type: 'stall' }).event({ type: 'trouble', count: 1 }).pass(50);
  }
  const { reconnects, stalls, troubles } = it.state as HealthState;
  assert.ok(reconnects.length <= 200 && stalls.length <= 200 && troubles.length <= 61);
  assert.equal(inLastHour(reconnects, it.now), reconnects.length);
});
