import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthOf } from '../../../src/capture/health';
import { type SuperviseState, supervise } from '../../../src/capture/supervise';
import { CameraError } from '../../../src/shared/errors';

const START = Date.UTC(2026, 0, 15, 12);
const SETTINGS = { firstFrameMs: 30_000, silenceMs: 0 };
const LOST = new CameraError('CAMERA_LOST', 'It went.', { advice: 'Look at it.' });

function live(): SuperviseState {
  const { state } = supervise(undefined, { type: 'start', settings: SETTINGS }, START);
  return supervise(state, { type: 'frame' }, START + 2000).state;
}

function health(state: SuperviseState, { arrivals = [] as number[], now = START + 20_000 } = {}) {
  return healthOf(state, { id: 'cam1', name: 'Gate', arrivals, frames: 7, now });
}

test('a live camera is online since its first picture, and nothing is wrong', () => {
  assert.deepEqual(health(live()), {
    id: 'cam1',
    name: 'Gate',
    state: 'online',
    since: START + 2000,
    code: '',
    reason: '',
    advice: '',
    fps: 0,
    frames: 7,
    reconnects: 0,
  });
});

test('a camera that was lost is offline since the loss, and stays so while it is tried again', () => {
  const exit = { type: 'exit', error: LOST, played: 'no', random: 0 } as const;
  const { state: waiting } = supervise(live(), exit, START + 9000);
  const { state: connecting } = supervise(waiting, { type: 'wake' }, START + 10_000);
  const { state: again } = supervise(connecting, exit, START + 11_000);
  for (const state of [waiting, connecting, again]) {
    const { since, code, reason, advice, ...rest } = health(state);
    assert.deepEqual(
      { since, code, reason, advice },
      {
        since: START + 9000,
        code: 'CAMERA_LOST',
        reason: 'It went.',
        advice: 'Look at it.',
      },
    );
    assert.equal(rest.state, 'offline');
  }
  assert.equal(health(again).reconnects, 2);
});

test('the rate is that of the last ten seconds', () => {
  const now = START + 100_000;
  const old = [now - 60_000, now - 50_000];
  const recent = Array.from({ length: 19 }, (_, n) => now - 9000 + n * 500);
  assert.equal(health(live(), { arrivals: [...old, ...recent], now }).fps, 2);
  assert.equal(health(live(), { arrivals: old, now }).fps, 0);
  assert.equal(health(live(), { arrivals: [now - 1000, now - 1000], now }).fps, 0);
});
