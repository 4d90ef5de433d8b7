import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { spawnFfmpeg } from '../../../src/capture/children';
import { findFfmpeg } from '../../../src/capture/ffmpeg-binary';
import { type Lease, SessionPool } from '../../../src/capture/pool';
import type { CapturedFrame, SessionSettings } from '../../../src/capture/session';
import { SYSTEM_TRUST } from '../../../src/capture/source';
import { systemClock } from '../../../src/shared/clock';
import type { CameraError } from '../../../src/shared/errors';
import {
  type EncodedVideo,
  encodeVideo,
  SimulatedCamera,
  type SimulatedCameraOptions,
} from '../../../src/simulator';
import { sceneSource } from '../../../src/simulator/scene';
import { waitFor } from '../../fixtures/wait';

/** Long enough for a slow machine, and only ever waited for when a test fails. */
const DEADLINE_MS = 20_000;
/** Another ffmpeg than the system's, to run these tests with by hand. */
const FFMPEG = process.env.TEST_FFMPEG ?? '';

/** Four seconds. */
const SELDOM_GOP = 20;

/** A camera, a session that watches it, and what the session tells. */
class Watch {
  readonly frames: CapturedFrame[] = [];
  readonly errors: CameraError[] = [];
  #lease: Lease | null = null;

  constructor(
    readonly camera: SimulatedCamera,
    readonly pool: SessionPool,
  ) {}

  open(rest: Partial<SessionSettings> = {}, transport: 'tcp' | 'udp' = 'tcp'): this {
    this.#lease = this.pool.acquire(
      {
        camera: this.camera.url,
        ffmpegPath: FFMPEG,
        source: { kind: 'rtsp', url: this.camera.url, user: '', password: '', transport, tls: SYSTEM_TRUST },
        decode: { mode: 'keyframes', fps: 5, maxWidthPx: 640 },
        firstFrameMs: 15_000,
        silenceMs: 0,
        ...rest,
      },
      () => findFfmpeg({ configured: FFMPEG, env: process.env, bundled: null }),
      {
        onFrame: (frame) => this.frames.push(frame),
        onPhase: (_phase, error) => {
          if (error && error !== this.errors.at(-1)) this.errors.push(error);
        },
      },
    );
    return this;
  }

  release(atOnce: boolean): void {
    this.#lease?.release(atOnce);
  }

  live(frames = 1): Promise<unknown> {
    return waitFor(`${frames} frames`, DEADLINE_MS, () => this.frames.length >= frames);
  }

  error(code: string): Promise<CameraError> {
    return waitFor(code, DEADLINE_MS, () => this.errors.find((error) => error.code === code));
  }

  get pts(): number[] {
    return this.frames.map(({ info }) => info.pts);
  }
}

// They wait far more than they work, so they run beside each other.
describe('a session with a camera', { concurrency: 6 }, () => {
  const watches: Watch[] = [];
  let video: EncodedVideo;
  let seldom: EncodedVideo;

  before(async () => {
    video = await encodeVideo(videoWith(5));
    seldom = await encodeVideo(videoWith(SELDOM_GOP));
  });
  after(async () => {
    for (const watch of watches) watch.release(true);
    await Promise.all(watches.map(({ camera }) => camera.stop()));
  });

  /** @param gop pictures from one keyframe to the next, of which there are 5 in a second */
  function videoWith(gop: number) {
    const source = sceneSource({ emptyS: 1, walkS: 1, stayS: 1, loopS: 8 });
    return { ffmpeg: 'ffmpeg', width: 320, height: 180, fps: 5, gop, source };
  }

  async function watch(options: Partial<SimulatedCameraOptions> = {}): Promise<Watch> {
    const camera = new SimulatedCamera({ video, ...options });
    await camera.start();
    const made = new Watch(
      camera,
      new SessionPool({ clock: systemClock, spawn: spawnFfmpeg, random: () => 0.5 }),
    );
    watches.push(made);
    return made;
  }

  for (const transport of ['tcp', 'udp'] as const) {
    it(`gives its keyframes over ${transport.toUpperCase()}, and takes its leave at the end`, async () => {
      const it = (await watch({ transports: [transport] })).open({}, transport);
      await it.live(4);
      const { info } = it.frames[0] ?? {};
      assert.deepEqual([info?.width, info?.height, info?.keyframe], [320, 180, true]);
      const steps = it.pts.slice(1).map((pts, n) => pts - (it.pts[n] ?? 0));
      assert.ok(
        steps.every((ms) => Math.abs(ms - 1000) < 50),
        `${steps} ms from keyframe to keyframe`,
      );
      it.release(true);
      await waitFor('TEARDOWN', DEADLINE_MS, () => it.camera.counters.teardown === 1);
      assert.equal(it.camera.counters.sessionsMost, 1);
    });
  }

  it('gives as many frames as are asked for where all are decoded', async () => {
    const it = (await watch()).open({ decode: { mode: 'all', fps: 2.5, maxWidthPx: 640 } });
    await it.live(6);
    const steps = it.pts.slice(1).map((pts, n) => pts - (it.pts[n] ?? 0));
    assert.ok(
      steps.every((ms) => Math.abs(ms - 400) < 50),
      `${steps} ms from frame to frame`,
    );
  });

  it('gives each keyframe before the camera sends the next one, the first of all too', async () => {
    const it = (await watch({ video: seldom })).open();
    for (const n of [1, 2]) {
      await it.live(n);
      const { frames } = it.camera.counters;
      assert.ok(frames <= n * SELDOM_GOP, `keyframe ${n} came after ${frames} pictures`);
    }
  });

  it('tells an unknown path', async () => {
    const it = await watch();
    const url = it.camera.url.replace('/live', '/other');
    it.open({ source: { kind: 'rtsp', url, user: '', password: '', transport: 'tcp', tls: SYSTEM_TRUST } });
    await it.error('CAMERA_NOT_FOUND');
  });

  it('tells a camera without a free session', async () => {
    const it = (await watch({ fault: { kind: 'status', status: 453, on: 'SETUP' } })).open();
    await it.error('CAMERA_BUSY');
  });

  it('tells a camera that does not answer, and sees it when it does', async () => {
    const it = (await watch({ fault: { kind: 'noreply' } })).open({ firstFrameMs: 4000 });
    await it.error('CAMERA_STALLED');
    it.camera.fault = { kind: 'none' };
    await it.live();
  });

  it('opens a camera again that closed the connection; times go on', async () => {
    const it = (await watch()).open();
    await it.live();
    const count = it.frames.length;
    it.camera.cut();
    await it.error('CAMERA_LOST');
    await it.live(count + 2);
    const times = it.frames.map(({ info }) => info.time);
    assert.ok(times.every((time, n) => n === 0 || time > (times[n - 1] ?? 0)));
    assert.equal(it.camera.counters.sessionsMost, 1);
  });

  for (const kind of ['stall', 'stall-video'] as const) {
    it(`opens a camera again that ${kind === 'stall' ? 'goes silent' : 'sends all but video'}`, async () => {
      const it = (await watch()).open({ silenceMs: 2000 });
      await it.live();
      it.camera.fault = { kind };
      await it.error('CAMERA_STALLED');
      const count = it.frames.length;
      it.camera.fault = { kind: 'none' };
      await it.live(count + 1);
      assert.equal(it.camera.counters.sessionsMost, 1, 'never two sessions at once');
    });
  }

  it('opens a camera with other settings when the old session has ended', async () => {
    const it = (await watch()).open();
    await it.live();
    it.release(false);
    const count = it.frames.length;
    it.open({ decode: { mode: 'all', fps: 5, maxWidthPx: 640 } });
    await it.live(count + 1);
    assert.equal(it.camera.counters.sessionsMost, 1);
    assert.deepEqual(it.errors, []);
  });
});
