import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { spawnFfmpeg } from '../../src/capture/children';
import { findFfmpeg } from '../../src/capture/ffmpeg-binary';
import { type CapturedFrame, Session, type SessionSettings } from '../../src/capture/session';
import { SYSTEM_TRUST } from '../../src/capture/source';
import type { Phase } from '../../src/capture/supervise';
import { systemClock } from '../../src/shared/clock';
import { type EncodedVideo, encodeVideo, SimulatedCamera } from '../../src/simulator';
import { sceneSource } from '../../src/simulator/scene';
import { needs } from '../fixtures/needs';
import { processesWith } from '../fixtures/processes';
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
    let frames: CapturedFrame[];
    let phases: Phase[];
    let session: Session | null = null;

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
    after(() => session?.stop());

    const open = async (settings: Partial<SessionSettings>) => {
      frames = [];
      phases = [];
      camera = new SimulatedCamera({ video, user: 'viewer', password: PASSWORD, auth: 'digest' });
      const url = await camera.start();
      session = new Session(
        {
          camera: 'gate',
          ffmpegPath: '',
          source: {
            kind: 'rtsp',
            url,
            user: 'viewer',
            password: PASSWORD,
            transport: 'tcp',
            tls: SYSTEM_TRUST,
          },
          decode: { mode: 'keyframes', fps: 2, maxWidthPx: 1280 },
          firstFrameMs: 15_000,
          silenceMs: 1000,
          ...settings,
        },
        {
          clock: systemClock,
          spawn: spawnFfmpeg,
          findFfmpeg: () =>
            findFfmpeg({ configured: path.includes('/') ? path : '', env: process.env, bundled: null }),
          random: () => 0,
        },
        { onFrame: (frame) => frames.push(frame), onPhase: (phase) => phases.push(phase) },
      );
      session.start();
      return url;
    };

    const close = async (url: string) => {
      session?.stop();
      await waitFor('ffmpeg to be gone', 4000, () => processesWith(new URL(url).port).length === 0);
      // What it said last may still wait in the socket.
      await waitFor('the camera to have read its end', 4000, () => camera.counters.sessionsOpen === 0);
      await camera.stop();
    };

    test('keyframes come with grey plane and capture times, one session is opened and closed orderly', async () => {
      const url = await open({});
      await waitFor('eight keyframes', 20_000, () => frames.length >= 8);
      const times = frames.map(({ info }) => info.time);
      // A keyframe every half second. The first ones of a session come at once.
      const last = times.slice(-4);
      for (let index = 1; index < last.length; index++) {
        assert.ok(Math.abs((last[index] as number) - (last[index - 1] as number) - 500) < 60, `${times}`);
      }
      for (const { jpeg, info } of frames) {
        assert.equal(jpeg.readUInt16BE(0), 0xffd8);
        assert.equal(jpeg.readUInt16BE(jpeg.length - 2), 0xffd9);
        assert.deepEqual([info.width, info.height, info.luma?.data.length], [320, 180, 160 * 90]);
        assert.equal(info.keyframe, true);
      }
      await close(url);
      assert.deepEqual(
        [camera.counters.play, camera.counters.sessionsMost, camera.counters.teardown],
        [1, 1, 1],
      );
    });

    test('all frames at two a second come at that rate', async () => {
      const url = await open({ decode: { mode: 'all', fps: 2, maxWidthPx: 160 } });
      await waitFor('eight frames', 20_000, () => frames.length >= 8);
      const [first, last] = [frames.at(-5)?.info.time ?? 0, frames.at(-1)?.info.time ?? 0];
      assert.ok(Math.abs(last - first - 2000) < 150, `${last - first} ms for four frames`);
      assert.equal(frames[0]?.info.width, 160);
      await close(url);
    });

    test('a camera that stops sending is noticed, its ffmpeg ends, and frames come again', async () => {
      const url = await open({});
      await waitFor('a frame', 20_000, () => frames.length > 0);
      camera.fault = { kind: 'stall-video', atMs: 0 };
      await waitFor('the stall', 10_000, () => phases.includes('stalled'));
      camera.fault = { kind: 'none' };
      const before = frames.length;
      await waitFor('frames after it', 20_000, () => frames.length > before + 1);
      assert.equal(camera.counters.sessionsMost, 1);
      await close(url);
    });

    test('a camera that hangs up is opened again', async () => {
      const url = await open({});
      await waitFor('a frame', 20_000, () => frames.length > 0);
      camera.cut('fin');
      await waitFor('the loss', 10_000, () => phases.includes('waiting'));
      const before = frames.length;
      await waitFor('frames after it', 20_000, () => frames.length > before + 1);
      await close(url);
    });
  });
}
