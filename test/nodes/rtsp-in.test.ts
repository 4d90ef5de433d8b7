import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import {
  type EncodedVideo,
  encodeVideo,
  SimulatedCamera,
  type SimulatedCameraOptions,
} from '../../src/simulator';
import { sceneSource } from '../../src/simulator/scene';
import { DEADLINE_MS, endFlow, Flow } from '../fixtures/camera-flow';
import { freePort } from '../fixtures/free-port';
import { processesWith } from '../fixtures/processes';
import { helper, useServer } from '../fixtures/test-helper';
import { waitFor } from '../fixtures/wait';

const PATTERN = { kind: 'pattern', fps: 5, width: 328 };

/** Something in the arguments of the ffmpegs of this file, so that those of other tests do not count. */
const OURS = 'min(328,iw)';

const endAll = () => endFlow(OURS);

describe('rtsp-in', () => {
  useServer();
  afterEach(async () => {
    await endAll();
  });

  it('gives frames of the test pattern as the contract says, and tells that the camera is online', async () => {
    const flow = await Flow.load({ ...PATTERN, description: 'a door', timeZone: 'Europe/Berlin' });
    await flow.live(3);
    const [first, second] = flow.frames;
    assert.equal(first?.topic, 'Gate');
    assert.ok(Buffer.isBuffer(first?.payload));
    assert.equal(first.payload.readUInt16BE(0), 0xffd8);
    const { luma, time, id, age, ...rest } = first.frame ?? {};
    assert.deepEqual(rest, {
      camera: 'camera',
      seq: 1,
      pts: 0,
      width: 328,
      height: 184,
      type: 'image/jpeg',
      keyframe: null,
      profile: { name: 'Gate', description: 'a door', timeZone: 'Europe/Berlin' },
    });
    assert.ok(Math.abs(Date.now() - (time ?? 0)) < DEADLINE_MS);
    assert.ok((age ?? -1) >= 0);
    assert.deepEqual([luma?.width, luma?.height, luma?.data.length], [160, 90, 14_400]);
    assert.notEqual(second?.frame?.id, id);
    await waitFor('health', DEADLINE_MS, () => flow.health.length > 0);
    const { payload, camera } = flow.health[0] ?? {};
    assert.deepEqual(payload, camera);
    assert.deepEqual(
      [camera?.id, camera?.name, camera?.state, camera?.code],
      ['camera', 'Gate', 'online', ''],
    );
    assert.deepEqual(flow.errors, []);
    await waitFor('the status', DEADLINE_MS, () => flow.statuses.some(({ fill }) => fill === 'green'));
  });

  it('stops and starts by command, and says so on output 2', async () => {
    const flow = await Flow.load(PATTERN);
    await flow.live();
    flow.send({ command: 'stop' });
    await waitFor('the end of ffmpeg', 15_000, () => processesWith(OURS).length === 0);
    const count = flow.frames.length;
    const [, stopped] = flow.health;
    assert.deepEqual([stopped?.camera?.state, stopped?.camera?.code], ['offline', '']);
    await waitFor('the status', DEADLINE_MS, () => flow.statuses.at(-1)?.text === 'rtsp-in.status.stopped');
    flow.send({ command: 'start' });
    await flow.live(count + 1);
    await waitFor('health', DEADLINE_MS, () => flow.health[2]?.camera?.state === 'online');
    assert.deepEqual(flow.errors, []);
  });

  it('takes no other message: each is an error, and the stream goes on', async () => {
    const flow = await Flow.load(PATTERN);
    await flow.live();
    flow.send({ command: 'dance' });
    flow.send({ payload: 'hello' });
    await waitFor('two errors', DEADLINE_MS, () => flow.errors.length === 2);
    assert.ok(flow.errors.every(({ error }) => error.code === 'INPUT_COMMAND'));
    assert.match(flow.errors[0]?.error.cause.advice ?? '', /start, stop/);
    await flow.live(flow.frames.length + 1);
  });

  it('two nodes share one ffmpeg, and the one that stops does not stop the other', async () => {
    const flow = await Flow.load(PATTERN, {
      more: [{ id: 'second', z: 'tab', type: 'rtsp-in', camera: 'camera', wires: [['frames'], [], []] }],
    });
    await flow.live(4);
    assert.equal(new Set(flow.frames.map(({ frame }) => frame?.id)).size, flow.frames.length / 2);
    const [one, other] = flow.frames.filter(({ frame }) => frame?.id === flow.frames[0]?.frame?.id);
    assert.notEqual(
      one?.frame?.luma,
      other?.frame?.luma,
      'what one flow changes is not changed for the other',
    );
    assert.equal(processesWith(OURS).length, 1);
    flow.send({ command: 'stop' });
    await flow.live(flow.frames.length + 3);
    assert.equal(flow.health.length, 1, 'the camera itself is as it was');
  });

  it('a deploy with unchanged settings keeps the ffmpeg that runs', async () => {
    const before_ = await Flow.load(PATTERN);
    await before_.live();
    const pids = processesWith(OURS);
    await helper.unload();
    const after_ = await Flow.load(PATTERN);
    await after_.live();
    assert.deepEqual(processesWith(OURS), pids);
    assert.ok((after_.frames[0]?.frame?.seq ?? 0) > 1, 'the count goes on');
    await waitFor('health', DEADLINE_MS, () => after_.health[0]?.camera?.state === 'online');
  });

  it('leaves no ffmpeg behind when the flows are stopped', async () => {
    const flow = await Flow.load(PATTERN);
    await flow.live();
    await helper.unload();
    await waitFor('the end of ffmpeg', 15_000, () => processesWith(OURS).length === 0);
  });

  it('twenty nodes do not look like a leak to Node.js', async () => {
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.message);
    process.on('warning', note);
    const more = Array.from({ length: 20 }, (_, n) => ({
      id: `n${n}`,
      z: 'tab',
      type: 'rtsp-in',
      wires: [[], [], []],
    }));
    const flow = await Flow.load(PATTERN, { more });
    await flow.live();
    process.off('warning', note);
    assert.deepEqual(warnings, []);
  });

  /** What is wrong · camera · code · what the message says. */
  const WRONG: [string, object, string, RegExp][] = [
    ['no address', { kind: 'rtsp', url: '' }, 'CAMERA_URL', /no address/],
    ['an address that is not RTSP', { kind: 'rtsp', url: 'http://cam/video' }, 'CAMERA_URL', /rtsp:\/\//],
    [
      'a variable that is not set',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as Node-RED writes a variable.
      { kind: 'rtsp', url: '${NOT_SET_ANYWHERE}' },
      'CONFIG_INVALID',
      /NOT_SET_ANYWHERE/,
    ],
    ['no path', { kind: 'file', path: '' }, 'CAMERA_FILE', /no file or folder/],
    ['a path that is not there', { kind: 'file', path: 'nowhere/a.mp4' }, 'CAMERA_FILE', /nowhere\/a\.mp4/],
    [
      'a path outside of the allowed folders',
      { kind: 'file', path: '/etc/passwd' },
      'CAMERA_REFUSED',
      /\/etc\/passwd/,
    ],
    ['numbers out of range', { ...PATTERN, fps: 100, width: 'wide' }, 'CONFIG_INVALID', /fps.*width/],
    ['an unknown time zone', { ...PATTERN, timeZone: 'Mars/Base' }, 'CONFIG_INVALID', /Mars\/Base/],
    [
      'no ffmpeg',
      { ...PATTERN, ffmpegPath: '/nowhere/ffmpeg' },
      'CAMERA_FFMPEG_MISSING',
      /\/nowhere\/ffmpeg/,
    ],
  ];

  for (const [what, camera, code, message] of WRONG) {
    for (const wired of [true, false]) {
      it(`${what} is one clear error ${wired ? 'on the error output' : 'for Catch nodes'}, and the node lives on`, async () => {
        const flow = await Flow.load(camera, { wired });
        const told = await flow.error(code, wired ? flow.errors : flow.caught);
        assert.match(told.error.message, message);
        assert.equal(told.topic, 'Gate');
        if (wired) assert.ok(told.error.cause.advice.length > 10);
        await waitFor('the red status', DEADLINE_MS, () => flow.statuses.some(({ fill }) => fill === 'red'));
        flow.send({ command: 'dance' });
        await flow.error('INPUT_COMMAND', wired ? flow.errors : flow.caught);
        const all = [...flow.errors, ...flow.caught].map(({ error }) => error.code);
        assert.deepEqual(all, [code, 'INPUT_COMMAND']);
      });
    }
  }

  it('no camera is one clear error, and another for each start', async () => {
    const flow = await Flow.load(PATTERN, { node: { camera: '' } });
    await flow.error('CONFIG_MISSING_NODE');
    flow.send({ command: 'start' });
    await waitFor('the second', DEADLINE_MS, () => flow.errors.length === 2);
    assert.equal(flow.errors[1]?.error.code, 'CONFIG_MISSING_NODE');
  });

  it('a closed port is told once while it is tried again and again', async () => {
    const port = await freePort();
    const flow = await Flow.load({ kind: 'rtsp', url: `rtsp://127.0.0.1:${port}/live`, width: 328 });
    const { error } = await flow.error('CAMERA_NETWORK');
    assert.equal(error.cause.retryable, true);
    await waitFor('health', DEADLINE_MS, () => flow.health.length > 0);
    assert.deepEqual(
      [flow.health[0]?.camera?.state, flow.health[0]?.camera?.code],
      ['offline', 'CAMERA_NETWORK'],
    );
    // Its pauses begin with 1 s.
    await waitFor(
      'a second try',
      DEADLINE_MS,
      () => flow.statuses.length > 0 && processesWith(String(port)).length === 0,
    );
    assert.equal(flow.errors.length, 1);
  });
});

describe('rtsp-in with a camera', () => {
  const cameras: SimulatedCamera[] = [];
  let video: EncodedVideo;

  before(async () => {
    video = await encodeVideo({
      ffmpeg: 'ffmpeg',
      width: 640,
      height: 360,
      fps: 5,
      source: sceneSource({ emptyS: 1, walkS: 1, stayS: 1, loopS: 5 }),
    });
    await new Promise<void>((resolve) => helper.startServer(resolve));
  });
  after(() => new Promise<void>((resolve) => helper.stopServer(resolve)));
  afterEach(async () => {
    await endAll();
    await Promise.all(cameras.splice(0).map((camera) => camera.stop()));
  });

  async function cameraWith(options: Partial<SimulatedCameraOptions> = {}): Promise<SimulatedCamera> {
    const camera = new SimulatedCamera({ video, ...options });
    cameras.push(camera);
    await camera.start();
    return camera;
  }

  const rtsp = (camera: SimulatedCamera, rest: object = {}) => ({
    kind: 'rtsp',
    url: camera.url,
    width: 328,
    ...rest,
  });

  for (const [auth, password] of [
    ['basic', 'pässwörd %41'],
    ['digest', 'p@ss:w/o?r#d'],
  ] as const) {
    it(`logs in with ${auth} and the password ${password}, which nobody gets to see`, async () => {
      const camera = await cameraWith({ auth, user: 'admin', password });
      const flow = await Flow.load(rtsp(camera), { credentials: { user: 'admin', password } });
      await flow.live();
      camera.fault = { kind: 'refuse' };
      await flow.error('CAMERA_NETWORK');
      for (const form of [password, encodeURIComponent(password)])
        assert.ok(!flow.everythingTold().includes(form));
    });
  }

  it('a blip is told to nobody, and shown in the status', async () => {
    const camera = await cameraWith();
    const flow = await Flow.load(rtsp(camera, { holdS: 60 }));
    await flow.live(2);
    await waitFor('health', DEADLINE_MS, () => flow.health.length === 1);
    camera.fault = { kind: 'refuse' };
    await waitFor('the status', DEADLINE_MS, () =>
      flow.statuses.some(({ text, fill }) => text === 'rtsp-in.status.reconnecting' && fill === 'yellow'),
    );
    camera.fault = { kind: 'none' };
    const count = flow.frames.length;
    await flow.live(count + 2);
    await waitFor('the status', DEADLINE_MS, () => flow.statuses.at(-1)?.fill === 'green');
    assert.deepEqual([flow.health.length, flow.errors.length], [1, 0]);
  });

  it('a loss that lasts is told once on outputs 2 and 3, ready for mqtt out, and so is its end', async () => {
    const camera = await cameraWith();
    const flow = await Flow.load(rtsp(camera, { name: 'Gate #2/north', holdS: 1 }), {
      node: { topicPrefix: 'site/cams/' },
    });
    await flow.live();
    camera.fault = { kind: 'refuse' };
    await flow.error('CAMERA_NETWORK');
    const [online, offline] = flow.health;
    assert.deepEqual(
      [online, offline].map((msg) => [msg?.topic, msg?.retain, msg?.camera?.state]),
      [
        ['site/cams/Gate -2-north/state', true, 'online'],
        ['site/cams/Gate -2-north/state', true, 'offline'],
      ],
    );
    assert.equal(flow.errors[0]?.topic, 'Gate #2/north');
    camera.fault = { kind: 'none' };
    await waitFor('its return', DEADLINE_MS, () => flow.health.at(-1)?.camera?.state === 'online');
    const codes = flow.errors.map(({ error }) => error.code);
    assert.equal(new Set(codes).size, codes.length, 'each reason once');
  });

  it('a snapshot is a picture of the main stream at full size, with what was on its message', async () => {
    const main = await cameraWith({ user: 'admin', password: 'geheim', auth: 'digest' });
    const sub = await cameraWith({ user: 'admin', password: 'geheim', auth: 'digest' });
    const masks = [
      {
        points: [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
        style: 'black',
      },
    ];
    const flow = await Flow.load(rtsp(sub, { mainUrl: main.url, masks: JSON.stringify(masks) }), {
      credentials: { user: 'admin', password: 'geheim' },
    });
    await flow.live();
    flow.send({ command: 'snapshot', question: 'one' });
    flow.send({ command: 'snapshot', question: 'two' });
    const stills = await waitFor('two stills', DEADLINE_MS, () => {
      const found = flow.frames.filter(({ frame }) => frame?.still);
      return found.length === 2 ? found : null;
    });
    const [still] = stills;
    assert.deepEqual(
      [still?.topic, still?.command, still?.frame?.camera, still?.frame?.width, still?.frame?.masked],
      ['Gate', undefined, 'camera', 640, true],
    );
    assert.deepEqual(stills.map(({ question }) => question).sort(), ['one', 'two']);
    assert.equal(flow.frames[0]?.frame?.width, 328);
    assert.equal(flow.frames[0]?.frame?.masked, true);
    assert.ok(Math.abs(Date.now() - (still?.frame?.time ?? 0)) < DEADLINE_MS);
    assert.equal(main.counters.setup, 1, 'one session for both');
    await main.stop();
    flow.send({ command: 'snapshot', question: 'three' });
    const error = await flow.error('CAMERA_NETWORK');
    assert.equal(error.question, 'three');
    assert.ok(!flow.everythingTold().includes('geheim'));
  });

  it('a deploy with unchanged settings asks nothing of the camera', async () => {
    const camera = await cameraWith({ user: 'admin', password: 'geheim', auth: 'basic' });
    const login = { credentials: { user: 'admin', password: 'geheim' } };
    const before_ = await Flow.load(rtsp(camera), login);
    await before_.live();
    await helper.unload();
    const after_ = await Flow.load(rtsp(camera), login);
    await after_.live(2);
    const { describe: asked, setup, teardown, sessionsMost } = camera.counters;
    // The first DESCRIBE is the one that is answered with 401.
    assert.deepEqual([asked, setup, teardown, sessionsMost], [2, 1, 0, 1]);
  });

  it('a wrong password is told after one attempt, is not tried again, and is not shown', async () => {
    const camera = await cameraWith({ auth: 'digest', user: 'admin', password: 'right-pw' });
    const flow = await Flow.load(rtsp(camera), { credentials: { user: 'admin', password: 'wrong-pw' } });
    const { error } = await flow.error('CAMERA_AUTH');
    assert.match(error.cause.advice, /does not lock its user out/);
    await waitFor('the end of ffmpeg', DEADLINE_MS, () => processesWith(OURS).length === 0);
    assert.equal(camera.counters.authorizationsRefused, 1);
    assert.ok(!flow.everythingTold().includes('wrong-pw'));
    flow.send({ command: 'start' });
    await waitFor(
      'an attempt that the user asked for',
      DEADLINE_MS,
      () => camera.counters.authorizationsRefused === 2,
    );
    await waitFor('the second error', DEADLINE_MS, () => flow.errors.length === 2);
  });
});
