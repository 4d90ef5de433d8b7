import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Doorkeeper } from '../../../src/capture/doorkeeper';
import type { FfmpegBinary } from '../../../src/capture/ffmpeg-binary';
import { SessionPool } from '../../../src/capture/pool';
import type { CapturedFrame, SessionSettings } from '../../../src/capture/session';
import { SYSTEM_TRUST } from '../../../src/capture/source';
import type { Phase } from '../../../src/capture/supervise';
import type { CameraError } from '../../../src/shared/errors';
import { FakeClock } from '../../fixtures/fake-clock';
import { fakeFeeds } from '../../fixtures/fake-feed';
import { fakeSpawn, settle } from '../../fixtures/fake-ffmpeg-child';

const BINARY: FfmpegBinary = { path: 'ffmpeg', version: '5.1', hasFpsMode: true, rtspOptions: new Set() };
const RTSP = {
  kind: 'rtsp',
  url: 'rtsp://cam/live',
  user: 'admin',
  password: 's3cret',
  transport: 'tcp',
  tls: SYSTEM_TRUST,
} as const;
const SETTINGS: SessionSettings = {
  camera: 'cam1',
  ffmpegPath: '',
  source: RTSP,
  decode: { mode: 'keyframes', fps: 2, maxWidthPx: 1280, masks: [] },
  firstFrameMs: 30_000,
  silenceMs: 0,
  health: { holdMs: 10_000, frozenMs: 0 },
};

function poolOf({ obeys = true } = {}) {
  const clock = new FakeClock();
  const fake = fakeSpawn({ obeys });
  const { openFeed, feeds } = fakeFeeds();
  const doorkeeper = new Doorkeeper(clock, 4);
  const pool = new SessionPool({ clock, spawn: fake.spawn, random: () => 0.5, openFeed, doorkeeper });
  const take = (settings: Partial<SessionSettings> = {}, findFfmpeg = async () => BINARY) => {
    const frames: CapturedFrame[] = [];
    const phases: Phase[] = [];
    const errors: string[] = [];
    const onPhase = (phase: Phase, error: CameraError | null) => {
      phases.push(phase);
      if (error) errors.push(error.code);
    };
    const listener = {
      onFrame: (frame: CapturedFrame) => frames.push(frame),
      onPhase,
      onHealth: () => {},
    };
    const lease = pool.acquire({ ...SETTINGS, ...settings }, findFfmpeg, listener);
    return { lease, frames, phases, errors };
  };
  return { clock, pool, take, feeds, ...fake };
}

test('two users with the same settings share one ffmpeg, and both get every frame', async () => {
  const { take, children, pool } = poolOf();
  const [first, second] = [take(), take()];
  await settle();
  assert.equal(children.length, 1);
  assert.equal(pool.size, 1);
  children[0]?.frame(0);
  await settle();
  assert.equal(first.frames.length, 1);
  assert.deepEqual(second.frames, first.frames);
  assert.deepEqual(second.lease.now(), { phase: 'live', error: null, told: null });
  first.lease.release(true);
  children[0]?.frame(40);
  await settle();
  assert.deepEqual([first.frames.length, second.frames.length], [1, 2]);
});

test('cameras with other settings have an ffmpeg of their own', async () => {
  const { take, children } = poolOf();
  take();
  take({ camera: 'cam2', source: { ...RTSP, url: 'rtsp://cam2/live' } });
  await settle();
  assert.equal(children.length, 2);
});

test('the stream goes on for 2 s after the last user has gone, then it is closed', async () => {
  const { clock, take, children, pool, running } = poolOf();
  const { lease, frames } = take();
  await settle();
  lease.release(false);
  clock.advance(1999);
  children[0]?.frame(0);
  await settle();
  assert.equal(running().length, 1);
  assert.equal(frames.length, 0, 'a user that has gone hears nothing');
  clock.advance(1);
  assert.equal(running().length, 0);
  assert.equal(pool.size, 0);
  await settle();
  assert.equal(clock.pending, 0);
});

test('a user that comes back within that time takes up the same stream', async () => {
  const { clock, take, children, running } = poolOf();
  const first = take();
  await settle();
  children[0]?.frame(0);
  await settle();
  first.lease.release(false);
  clock.advance(1500);
  const second = take();
  assert.deepEqual(second.lease.now(), { phase: 'live', error: null, told: null });
  clock.advance(5000);
  children[0]?.frame(40);
  await settle();
  assert.equal(second.frames[0]?.info.seq, 2, 'the count goes on');
  assert.equal(children.length, 1);
  assert.equal(running().length, 1);
});

test('where nobody comes back, it is closed at once', async () => {
  const { take, running } = poolOf();
  const { lease } = take();
  await settle();
  lease.release(true);
  assert.equal(running().length, 0);
});

test('to give back twice is to give back once', async () => {
  const { take, running } = poolOf();
  const [first, second] = [take(), take()];
  await settle();
  first.lease.release(true);
  first.lease.release(true);
  assert.equal(running().length, 1);
  second.lease.release(true);
  assert.equal(running().length, 0);
});

test('with other settings, a camera is opened when its old ffmpeg has gone: it may allow one session only', async () => {
  const { clock, take, children, running } = poolOf({ obeys: false });
  const first = take();
  await settle();
  first.lease.release(false);
  take({ decode: { ...SETTINGS.decode, maxWidthPx: 640 } });
  await settle();
  assert.deepEqual(children[0]?.signals, ['SIGTERM'], 'it is not left to linger');
  assert.equal(children.length, 1);
  clock.advance(2500);
  await settle();
  assert.equal(children.length, 2);
  assert.equal(running().length, 1);
});

test('stopped and started at once, a camera is opened when its old ffmpeg has gone', async () => {
  const { clock, take, children } = poolOf({ obeys: false });
  const first = take();
  await settle();
  first.lease.release(true);
  take();
  await settle();
  assert.equal(children.length, 1);
  clock.advance(2500);
  await settle();
  assert.equal(children.length, 2);
});

test('another ffmpeg in the settings is used at once', async () => {
  const { take, children } = poolOf();
  const first = take({ ffmpegPath: '' }, async () => ({ ...BINARY, path: '/old' }));
  await settle();
  first.lease.release(false);
  take({ ffmpegPath: '/new' }, async () => ({ ...BINARY, path: '/new' }));
  await settle();
  assert.deepEqual(
    children.map(({ path }) => path),
    ['/old', '/new'],
  );
});

test('a new deploy tries again where only that helps', async () => {
  const { clock, take, children } = poolOf();
  const first = take();
  await settle();
  children[0]?.exit("[error] Unrecognized option 'timeout'.");
  await settle();
  assert.deepEqual(first.errors, ['CAMERA_FFMPEG_OPTION']);
  clock.advance(3_600_000);
  assert.equal(children.length, 1);
  first.lease.release(false);
  const second = take();
  await settle();
  assert.equal(children.length, 2);
  assert.equal(second.lease.now().phase, 'connecting');
});

test('a new deploy does not try a wrong password again, but a user may', async () => {
  const { take, children } = poolOf();
  const first = take();
  await settle();
  children[0]?.exit('method DESCRIBE failed: 401 Unauthorized');
  await settle();
  first.lease.release(false);
  const second = take();
  await settle();
  assert.equal(children.length, 1);
  assert.equal(second.lease.now().phase, 'held');
  second.lease.start();
  await settle();
  assert.equal(children.length, 2);
});

test('a start by a user does nothing to a stream that runs', async () => {
  const { take, children } = poolOf();
  const { lease } = take();
  await settle();
  children[0]?.frame(0);
  await settle();
  lease.start();
  await settle();
  assert.equal(children.length, 1);
  assert.equal(lease.now().phase, 'live');
});

test('a start by a user who has given the camera back is not heard, and the camera opens for the next one', async () => {
  const { take, children } = poolOf();
  const { lease } = take();
  await settle();
  lease.release(true);
  lease.start();
  await settle();
  assert.equal(children.length, 1);
  const next = take();
  await settle();
  children.at(-1)?.frame(0);
  await settle();
  assert.equal(next.frames.length, 1);
});
