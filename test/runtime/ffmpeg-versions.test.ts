import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, before, describe, test } from 'node:test';
import type { SessionSettings } from '../../src/capture/session';
import { type EncodedVideo, encodeVideo, SimulatedCamera } from '../../src/simulator';
import { sceneSource } from '../../src/simulator/scene';
import { realParts, rtsp, Watch } from '../fixtures/camera-watch';
import { needs } from '../fixtures/needs';
import { processesWith } from '../fixtures/processes';
import { assertSteps } from '../fixtures/steps';
import { waitFor } from '../fixtures/wait';

const ROOT = join(__dirname, '../..');
const VERSIONS = {
  '4': join(ROOT, 'node_modules/@ffmpeg-installer/linux-x64/ffmpeg'),
  "the system's": process.env.FFMPEG_PATH ?? 'ffmpeg',
  '7.1': join(ROOT, '.cache/ffmpeg-7/ffmpeg'),
};
const PASSWORD = 'p@ss:w/rd?#%';

for (const [version, path] of Object.entries(VERSIONS)) {
  const there = !path.includes('/') || existsSync(path);
  describe(`with ffmpeg ${version}`, {
    skip: process.platform !== 'linux' ? 'Linux only' : needs(`ffmpeg ${version}`, there),
  }, () => {
    let video: EncodedVideo;
    let camera: SimulatedCamera;
    let watched: Watch;

    before(async () => {
      // npm may not have run the package's own step that does this.
      if (version === '4') chmodSync(path, 0o755);
      const scene = sceneSource({ emptyS: 1, walkS: 1, stayS: 1, loopS: 6 });
      video = await encodeVideo({
        ffmpeg: VERSIONS["the system's"],
        source: scene,
        width: 320,
        height: 180,
        fps: 10,
        gop: 5,
      });
    });
    afterEach(async () => {
      await watched?.stop();
      await camera?.stop();
    });

    const open = async (decode: Partial<SessionSettings['decode']> = {}) => {
      camera = new SimulatedCamera({ video, user: 'viewer', password: PASSWORD, auth: 'digest' });
      const source = rtsp(await camera.start(), { user: 'viewer', password: PASSWORD });
      watched = new Watch('gate', realParts(undefined, path.includes('/') ? path : ''));
      watched.open(source, {
        decode: { mode: 'keyframes', fps: 2, maxWidthPx: 1280, masks: [], ...decode },
        silenceMs: 1000,
      });
    };

    const dropped = () => watched.health()?.dropped ?? 0;

    const close = async () => {
      const own = processesWith(`video-to-llm-${process.pid}`);
      assert.ok(own.length > 0, 'ffmpeg runs');
      await watched.stop();
      await waitFor(
        'ffmpeg to be gone',
        15_000,
        () => processesWith(`video-to-llm-${process.pid}`).length === 0,
      );
      // What it said last may still wait in the socket.
      await waitFor('the camera to have read its end', 15_000, () => camera.counters.sessionsOpen === 0);
      await camera.stop();
    };

    test('keyframes come with grey plane and capture times, one session is opened and closed orderly', async () => {
      await open();
      await waitFor('eight keyframes', 20_000, () => watched.frames.length >= 8);
      const times = watched.frames.map(({ info }) => info.time);
      // A keyframe every half second. The first ones of a session come at once.
      assertSteps(times.slice(-4), 500, 60, dropped());
      for (const { jpeg, info } of watched.frames) {
        assert.equal(jpeg.readUInt16BE(0), 0xffd8);
        assert.equal(jpeg.readUInt16BE(jpeg.length - 2), 0xffd9);
        assert.deepEqual([info.width, info.height, info.luma?.data.length], [320, 180, 160 * 90]);
        assert.equal(info.keyframe, true);
      }
      await close();
      assert.deepEqual(
        [camera.counters.play, camera.counters.sessionsMost, camera.counters.teardown],
        [1, 1, 1],
      );
    });

    test('all frames at two a second come at that rate', async () => {
      await open({ mode: 'all', maxWidthPx: 160 });
      await waitFor('eight frames', 20_000, () => watched.frames.length >= 8);
      assertSteps(
        watched.frames.slice(-5).map(({ info }) => info.time),
        500,
        100,
        dropped(),
      );
      assert.equal(watched.frames[0]?.info.width, 160);
      await close();
    });

    test('a camera that stops sending is noticed, its ffmpeg ends, and frames come again', async () => {
      await open();
      await waitFor('a frame', 20_000, () => watched.frames.length > 0);
      camera.fault = { kind: 'stall-video', atMs: 0 };
      await waitFor('the stall', 15_000, () => watched.phases.some(({ phase }) => phase === 'stalled'));
      camera.fault = { kind: 'none' };
      const before = watched.frames.length;
      await waitFor('frames after it', 20_000, () => watched.frames.length > before + 1);
      assert.equal(camera.counters.sessionsMost, 1);
      await close();
    });

    test('a camera that hangs up is opened again', async () => {
      await open();
      await waitFor('a frame', 20_000, () => watched.frames.length > 0);
      camera.cut('fin');
      await waitFor('the loss', 15_000, () => watched.phases.some(({ phase }) => phase === 'waiting'));
      const before = watched.frames.length;
      await waitFor('frames after it', 20_000, () => watched.frames.length > before + 1);
      await close();
    });
  });
}
