import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { type CameraFault, type EncodedVideo, encodeVideo, SimulatedCamera } from '../../../../src/simulator';
import { QUIRKS, type Quirk } from '../../../../src/simulator/quirk';
import { sceneSource } from '../../../../src/simulator/scene';
import type { CameraBehaviour } from '../../../../src/simulator/simulated-camera';
import { GstCamera, gstMissing } from '../../../fixtures/gst-camera';
import { needs } from '../../../fixtures/needs';
import { PASSWORDS } from '../../../fixtures/passwords';
import { waitFor } from '../../../fixtures/wait';
import { FFMPEG, hasFfmpeg } from '../../simulator/player';
import { RawClient } from '../../simulator/raw-client';
import { shortVideo } from '../../simulator/short-video';
import { Watch, type WatchOptions } from './watch';

const DEADLINE_MS = 20_000;
const USER = 'user';
const PASSWORD = 'p@ss:w/rd?#%&+ä"';
const FRAMES = 12;
const IN_ORDER = Array.from({ length: FRAMES }, (_, index) => index).join();

describe('the proxy between a camera and ffmpeg', {
  skip: needs('ffmpeg', hasFfmpeg()),
  concurrency: 4,
}, () => {
  let video: EncodedVideo;
  const cameras: SimulatedCamera[] = [];
  const watches: Watch[] = [];

  before(async () => {
    video = await shortVideo();
  });
  after(async () => {
    await Promise.all(watches.map((watch) => watch.stop()));
    await Promise.all(cameras.map((camera) => camera.stop()));
  });

  async function camera(behaviour: CameraBehaviour = {}): Promise<SimulatedCamera> {
    const started = new SimulatedCamera({ video, ...behaviour });
    cameras.push(started);
    await started.start();
    return started;
  }

  async function watched(behaviour: CameraBehaviour = {}, options: WatchOptions = {}) {
    const started = await camera(behaviour);
    const watch = await Watch.start(started.url, options);
    watches.push(watch);
    return { camera: started, watch };
  }

  /** The fault shows in ffmpeg's opening; what the feed ended with. */
  async function refused(fault: CameraFault, options: WatchOptions = {}) {
    const both = await watched({ fault }, options);
    const error = await both.watch.ended();
    await both.watch.stop();
    assert.equal(both.watch.errors.length, 1);
    return { ...both, error };
  }

  for (const transport of ['tcp', 'udp'] as const)
    for (const auth of ['none', 'basic', 'digest'] as const)
      test(`video over ${transport} with login ${auth}: whole, in one session, and left in order`, async () => {
        const login = { user: USER, password: PASSWORD };
        const { camera, watch } = await watched(
          { auth, ...login, audio: true },
          { ...(auth === 'none' ? {} : login), transport, frames: FRAMES },
        );
        const { pts, stderr } = await watch.played;
        await watch.stop();
        assert.equal(stderr, '');
        assert.equal(pts.join(), IN_ORDER);
        const { describe, setup, play, teardown, sessionsMost, connections } = camera.counters;
        assert.deepEqual(
          [describe, setup, play, teardown, sessionsMost, connections],
          [auth === 'none' ? 1 : 2, 1, 1, 1, 1, 1],
        );
        assert.equal(camera.counters.authorizationsRefused, 0);
        assert.deepEqual(watch.errors, []);
        const { traffic, stream } = watch.proxy;
        assert.deepEqual(stream, { codec: 'h264' });
        assert.equal(traffic.gopMs, 500);
        assert.equal(traffic.lostPackets, 0);
        assert.ok((traffic.pictures ?? 0) >= FRAMES);
        assert.ok((traffic.keyframes ?? 0) >= 3);
        // With the first packet, and twice a second, which is every fifth picture, however long ffmpeg took to go.
        const most = 2 + camera.counters.frames / 5;
        assert.ok(watch.trafficTold >= 2 && watch.trafficTold <= most, `told ${watch.trafficTold} times`);
      });

  test('no secret is in what ffmpeg is started with, nor in what it says', async () => {
    const { watch } = await watched(
      { auth: 'digest', user: USER, password: PASSWORD, path: '/secret' },
      { user: USER, password: 'wrong-secret' },
    );
    assert.equal((await watch.ended()).code, 'CAMERA_AUTH');
    const { stderr } = await watch.played;
    const shown = `${watch.child?.spawnargs.join(' ')} ${stderr} ${watch.errors[0]} ${JSON.stringify(watch.errors[0]?.cause)}`;
    assert.doesNotMatch(shown, /secret/);
    assert.notEqual(stderr, '');
  });

  for (const auth of ['basic', 'digest'] as const)
    test(`a wrong password is tried once (${auth})`, async () => {
      const { camera, watch } = await watched(
        { auth, user: USER, password: PASSWORD },
        { user: USER, password: 'wrong' },
      );
      const error = await watch.ended();
      await watch.played;
      assert.equal(error.code, 'CAMERA_AUTH');
      assert.deepEqual([camera.counters.authorizations, camera.counters.authorizationsRefused], [1, 1]);
    });

  for (const auth of ['basic', 'digest'] as const)
    test(`all passwords log in (${auth})`, async () => {
      for (const password of PASSWORDS) {
        const one = await camera({ auth, user: USER, password });
        const watch = new Watch(one.url, { user: USER, password });
        watches.push(watch);
        const client = new RawClient(await watch.proxy.open());
        assert.equal((await client.ask('DESCRIBE')).status, 200, password);
        client.close();
        assert.equal(one.counters.authorizationsRefused, 0);
      }
    });

  for (const on of ['DESCRIBE', 'SETUP', 'PLAY'] as const)
    for (const [status, code] of [
      [403, 'CAMERA_AUTH'],
      [404, 'CAMERA_NOT_FOUND'],
      [453, 'CAMERA_BUSY'],
      [503, 'CAMERA_BUSY'],
      [406, 'CAMERA_PROTOCOL'],
    ] as const)
      test(`${status} to ${on} ends with ${code}`, async () => {
        const { camera, error } = await refused({ kind: 'status', status, on });
        assert.equal(error.code, code);
        assert.equal(error.cause.detail, `${on} was answered with ${status}.`);
        assert.equal(camera.counters.teardown, on === 'PLAY' ? 1 : 0);
      });

  test('a camera that never answers', async () => {
    const { error } = await refused({ kind: 'noreply' }, { answerMs: 300 });
    assert.equal(error.code, 'CAMERA_NETWORK');
    assert.match(error.message, /gave no answer in 0\.3 s/);
  });

  test('a camera that answers late is waited for', async () => {
    const fault: CameraFault = { kind: 'delay', ms: 700 };
    const { watch } = await watched({ fault }, { frames: 2, answerMs: 10_000 });
    assert.equal((await watch.played).pts.length, 2);
    const { error } = await refused(fault, { answerMs: 300 });
    assert.equal(error.code, 'CAMERA_NETWORK');
  });

  test('a camera that resets new connections', async () => {
    const one = await camera({ fault: { kind: 'reset' } });
    const watch = new Watch(one.url);
    watches.push(watch);
    const code = await watch.proxy.open().then(
      async () => (await watch.ended()).code,
      (error) => error.code,
    );
    assert.equal(code, 'CAMERA_NETWORK');
  });

  for (const transport of ['tcp', 'udp'] as const)
    test(`a camera with an IPv6 address, over ${transport}`, async () => {
      const { watch } = await watched({ host: '::1' }, { transport, frames: 2 });
      assert.equal((await watch.played).pts.length, 2);
      assert.equal(watch.connector.targets[0]?.host, '::1');
    });

  for (const how of ['fin', 'rst'] as const)
    test(`a camera that goes away while it plays (${how}) is lost`, async () => {
      const { camera, watch } = await watched();
      await watch.flows();
      camera.cut(how);
      const error = await watch.ended();
      assert.equal(error.code, 'CAMERA_LOST');
      await watch.played;
      await watch.stop();
      assert.equal(watch.errors.length, 1);
    });

  test('a redirect to another port is followed, with the login', async () => {
    const login = { auth: 'digest', user: USER, password: PASSWORD } as const;
    const target = await camera({ ...login });
    const port = Number(new URL(target.url).port);
    const { camera: first, watch } = await watched(
      { ...login, fault: { kind: 'redirect', to: port } },
      { user: USER, password: PASSWORD, frames: 2 },
    );
    assert.equal((await watch.played).pts.length, 2);
    assert.deepEqual([first.counters.play, target.counters.play], [0, 1]);
    assert.equal(target.counters.authorizationsRefused, 0);
  });

  for (const [has, asked] of [
    ['udp', 'tcp'],
    ['tcp', 'udp'],
  ] as const)
    test(`a camera that has only ${has} is asked for it after ${asked} was refused`, async () => {
      const { camera, watch } = await watched({ transports: [has] }, { transport: asked, frames: 4 });
      const { pts } = await watch.played;
      assert.equal(pts.length, 4);
      assert.deepEqual([camera.counters.setup, camera.counters.sessionsMost], [2, 1]);
    });

  test('UDP on which nothing arrives ends with CAMERA_UDP, and the session is left', async () => {
    const { camera, watch } = await watched({ fault: { kind: 'udp-blocked' } }, { transport: 'udp' });
    assert.equal((await watch.ended()).code, 'CAMERA_UDP');
    await watch.stop();
    assert.deepEqual([camera.counters.teardown, camera.counters.sessionsOpen], [1, 0]);
  });

  test('lost datagrams are counted', async () => {
    const { watch } = await watched({ fault: { kind: 'udp-loss', percent: 20 } }, { transport: 'udp' });
    await waitFor('losses', DEADLINE_MS, () => watch.proxy.traffic.lostPackets > 5);
  });

  for (const name of [...Object.keys(QUIRKS), 'junk'] as (Quirk | 'junk')[]) {
    if (name === 'audio-only') continue;
    test(`a camera with a quirk plays: ${name}`, async () => {
      const fault: CameraFault = name === 'junk' ? { kind: 'junk' } : { kind: 'quirk', name };
      const { camera, watch } = await watched({ fault }, { frames: FRAMES });
      const { pts, stderr } = await watch.played;
      await watch.stop();
      assert.equal(stderr, '');
      assert.equal(pts.join(), IN_ORDER);
      assert.ok((watch.proxy.traffic.keyframes ?? 0) >= 2);
      assert.equal(camera.counters.teardown, 1);
    });
  }

  test('a camera with sound alone has no video', async () => {
    const { error, camera } = await refused({ kind: 'quirk', name: 'audio-only' });
    assert.equal(error.code, 'CAMERA_NO_VIDEO');
    assert.equal(camera.counters.setup, 0);
  });

  test('a session that needs keep-alives gets them', async () => {
    const { camera, watch } = await watched({ sessionTimeoutS: 6, endsSilentSessions: true });
    await waitFor('keep-alives', DEADLINE_MS, () => camera.counters.keepalive > 3);
    assert.equal(camera.counters.sessionsExpired, 0);
    assert.deepEqual(watch.errors, []);
  });

  test('ffmpeg that is killed leaves no session at the camera, and that is no error', async () => {
    const { camera, watch } = await watched();
    await watch.flows();
    watch.child?.kill('SIGKILL');
    await waitFor('TEARDOWN', DEADLINE_MS, () => camera.counters.teardown === 1);
    await waitFor('the end', DEADLINE_MS, () => camera.counters.connectionsOpen === 0);
    assert.deepEqual(watch.errors, []);
  });

  test("GStreamer's server with Digest", { skip: gstMissing() }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rtsp-proxy-'));
    const file = join(folder, 'clip.mp4');
    const source = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=10', '-t', '3'];
    const output = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-bf', '0', '-g', '10', file];
    await promisify(execFile)(FFMPEG, ['-v', 'error', ...source, ...output]);
    const server = await GstCamera.start({ file, user: USER, password: PASSWORD, loop: true });
    try {
      for (const transport of ['tcp', 'udp'] as const) {
        const login = { user: USER, password: PASSWORD };
        const watch = await Watch.start(server.url, { ...login, transport, frames: FRAMES });
        watches.push(watch);
        const { pts } = await watch.played;
        await watch.stop();
        assert.equal(pts.length, FRAMES);
        assert.deepEqual(watch.errors, []);
        assert.ok((watch.proxy.traffic.keyframes ?? 0) >= 1);
      }
      const wrong = await Watch.start(server.url, { user: USER, password: 'wrong' });
      assert.equal((await wrong.ended()).code, 'CAMERA_AUTH');
      await wrong.stop();
    } finally {
      await server.stop();
      await rm(folder, { recursive: true });
    }
  });
});

describe('what is left of a proxy', { skip: needs('ffmpeg', hasFfmpeg()) }, () => {
  let video: EncodedVideo;
  before(async () => {
    const source = sceneSource({ emptyS: 0.5, walkS: 0.5, stayS: 0, loopS: 2 });
    video = await encodeVideo({ ffmpeg: FFMPEG, source, width: 256, height: 144, fps: 10, gop: 5 });
  });

  for (const transport of ['tcp', 'udp'] as const)
    for (const when of ['opened', 'playing', 'lost'] as const)
      test(`nothing, when it is stopped while ${when} over ${transport}`, async () => {
        const camera = new SimulatedCamera({ video });
        await camera.start();
        await waitFor('the camera alone', DEADLINE_MS, () => resources() === CAMERA_ALONE);
        const watch = new Watch(camera.url, { transport });
        const url = await watch.proxy.open();
        if (when !== 'opened') {
          watch.play(url);
          await watch.flows();
        }
        if (when === 'lost') {
          camera.cut();
          await watch.ended();
        }
        await watch.stop();
        assert.equal(camera.counters.teardown, when === 'playing' ? 1 : 0);
        await waitFor('the camera to notice', DEADLINE_MS, () => camera.counters.connectionsOpen === 0);
        assert.equal(watch.clock.pending, 0);
        await waitFor('all to be released', DEADLINE_MS, () => resources() === CAMERA_ALONE);
        await camera.stop();
      });
});

/** Its TCP port and its two UDP ports. */
const CAMERA_ALONE = 'TCPServerWrap,UDPWrap,UDPWrap';

/** Sockets and ports that are alive in this process. */
function resources(): string {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|UDP/.test(name))
    .sort()
    .join();
}
