import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SessionSettings } from '../../../src/capture/session';
import {
  type EncodedVideo,
  encodeVideo,
  SimulatedCamera,
  type SimulatedCameraOptions,
} from '../../../src/simulator';
import { sceneSource } from '../../../src/simulator/scene';
import { rtsp, Watch } from '../../fixtures/camera-watch';
import { assertSteps } from '../../fixtures/steps';
import { waitFor } from '../../fixtures/wait';

/** Long enough for a slow machine, and only ever waited for when a test fails. */
const DEADLINE_MS = 20_000;
/** Four seconds. */
const SELDOM_GOP = 20;
const DECODE = { mode: 'keyframes', fps: 5, maxWidthPx: 640, masks: [] } as const;

/** A watched camera, and the camera. */
class Watched extends Watch {
  constructor(readonly simulated: SimulatedCamera) {
    super(simulated.url);
  }

  watch(settings: Partial<SessionSettings> = {}, transport: 'tcp' | 'udp' = 'tcp'): this {
    return this.open(rtsp(this.simulated.url, { transport }), settings);
  }
}

// They wait far more than they work, so they run beside each other.
describe('a session with a camera', { concurrency: 6 }, () => {
  const watches: Watched[] = [];
  let video: EncodedVideo;
  let seldom: EncodedVideo;

  before(async () => {
    video = await encodeVideo(videoWith(5));
    seldom = await encodeVideo(videoWith(SELDOM_GOP));
  });
  after(async () => {
    await Promise.all(watches.map((watch) => watch.stop()));
    await Promise.all(watches.map(({ simulated }) => simulated.stop()));
  });

  /** @param gop pictures from one keyframe to the next, of which there are 5 in a second */
  function videoWith(gop: number) {
    const source = sceneSource({ emptyS: 1, walkS: 1, stayS: 1, loopS: 8 });
    return { ffmpeg: 'ffmpeg', width: 320, height: 180, fps: 5, gop, source };
  }

  async function watch(options: Partial<SimulatedCameraOptions> = {}): Promise<Watched> {
    const camera = new SimulatedCamera({ video, ...options });
    await camera.start();
    const made = new Watched(camera);
    watches.push(made);
    return made;
  }

  for (const transport of ['tcp', 'udp'] as const) {
    it(`gives its keyframes over ${transport.toUpperCase()}, and takes its leave at the end`, async () => {
      const it = (await watch({ transports: [transport] })).watch({}, transport);
      await it.live(4);
      const { info } = it.frames[0] ?? {};
      assert.deepEqual([info?.width, info?.height, info?.keyframe], [320, 180, true]);
      assertSteps(it.pts, 1000, 50, it.health()?.dropped ?? 0);
      it.release(true);
      await waitFor('TEARDOWN', DEADLINE_MS, () => it.simulated.counters.teardown === 1);
      assert.equal(it.simulated.counters.sessionsMost, 1);
    });
  }

  it('gives as many frames as are asked for where all are decoded', async () => {
    const it = (await watch()).watch({ decode: { ...DECODE, mode: 'all', fps: 2.5 } });
    await it.live(8);
    assertSteps(it.pts, 400, 40, it.health()?.dropped ?? 0);
  });

  it('gives each keyframe before the camera sends the next one, the first of all too', async () => {
    const it = (await watch({ video: seldom })).watch();
    for (const n of [1, 2]) {
      await it.live(n);
      const { frames } = it.simulated.counters;
      assert.ok(frames <= n * SELDOM_GOP, `keyframe ${n} came after ${frames} pictures`);
    }
  });

  it('tells an unknown path', async () => {
    const it = await watch();
    const url = it.simulated.url.replace('/live', '/other');
    it.open(rtsp(url));
    await it.error('CAMERA_NOT_FOUND');
  });

  it('tells a camera without a free session', async () => {
    const it = (await watch({ fault: { kind: 'status', status: 453, on: 'SETUP' } })).watch();
    await it.error('CAMERA_BUSY');
  });

  it('tells a camera that does not answer, and sees it when it does', async () => {
    const it = (await watch({ fault: { kind: 'noreply' } })).watch({ firstFrameMs: 8000 });
    await it.error('CAMERA_STALLED');
    it.simulated.fault = { kind: 'none' };
    await it.live();
  });

  it('opens a camera again that closed the connection; times go on', async () => {
    const it = (await watch()).watch();
    await it.live();
    const count = it.frames.length;
    it.simulated.cut();
    await it.error('CAMERA_LOST');
    await it.live(count + 2);
    const times = it.frames.map(({ info }) => info.time);
    assert.ok(times.every((time, n) => n === 0 || time > (times[n - 1] ?? 0)));
    assert.equal(it.simulated.counters.sessionsMost, 1);
  });

  for (const kind of ['stall', 'stall-video'] as const) {
    it(`opens a camera again that ${kind === 'stall' ? 'goes silent' : 'sends all but video'}`, async () => {
      const it = (await watch()).watch({ silenceMs: 2000 });
      await it.live();
      it.simulated.fault = { kind };
      await it.error('CAMERA_STALLED');
      const count = it.frames.length;
      it.simulated.fault = { kind: 'none' };
      await it.live(count + 1);
      assert.equal(it.simulated.counters.sessionsMost, 1, 'never two sessions at once');
    });
  }

  it('opens a camera with other settings when the old session has ended', async () => {
    const it = (await watch()).watch();
    await it.live();
    it.release(false);
    const count = it.frames.length;
    it.watch({ decode: { ...DECODE, mode: 'all', fps: 5 } });
    await it.live(count + 1);
    assert.equal(it.simulated.counters.sessionsMost, 1);
    assert.deepEqual(it.errors, []);
  });
});
