import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { NodeAPI } from 'node-red';
import sharp from 'sharp';
import { tryFromDialog } from '../../nodes/lib/camera-trial';
import {
  type EncodedVideo,
  encodeVideo,
  SimulatedCamera,
  type SimulatedCameraOptions,
} from '../../src/simulator';
import { sceneSource } from '../../src/simulator/scene';
import { freePort } from '../fixtures/free-port';

const PASSWORD = 'p@ss:w/o?r#d';
const LOGIN = { user: 'admin', password: PASSWORD };

type Told = Error & { code: string; cause: { advice: string; detail: string } };

describe('Test camera', () => {
  let video: EncodedVideo;
  const cameras: SimulatedCamera[] = [];
  before(async () => {
    video = await encodeVideo({
      ffmpeg: 'ffmpeg',
      width: 640,
      height: 360,
      fps: 10,
      source: sceneSource({ emptyS: 1, walkS: 1, stayS: 1, loopS: 5 }),
    });
  });
  after(() => delete process.env.TRIAL_URL);
  afterEach(async () => {
    await Promise.all(cameras.splice(0).map((camera) => camera.stop()));
  });

  async function cameraWith(options: Partial<SimulatedCameraOptions> = {}): Promise<SimulatedCamera> {
    const camera = new SimulatedCamera({ video, ...options } as SimulatedCameraOptions);
    cameras.push(camera);
    await camera.start();
    return camera;
  }

  /** A Node-RED in which one camera is deployed with a login. */
  const redWith = (url: string) =>
    ({
      settings: {},
      util: { getSetting: (_node: unknown, name: string) => process.env[name] },
      nodes: {
        getNode: (id: string) =>
          id === 'deployed'
            ? { type: 'rtsp-camera', camera: { session: { source: { url } } }, credentials: LOGIN }
            : null,
      },
    }) as unknown as NodeAPI;

  const run = (body: Record<string, unknown>, deployed = '', signal = new AbortController().signal) =>
    tryFromDialog(redWith(deployed), body, signal);

  it('says what came, and shows it with the masks of the dialog', async () => {
    const { url, counters } = await cameraWith({ ...LOGIN, auth: 'digest' });
    const masks = JSON.stringify([
      {
        points: [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
        style: 'black',
      },
    ]);
    const found = await run({ fields: { kind: 'rtsp', url, masks }, ...LOGIN });
    assert.deepEqual([found.width, found.height, found.stream?.codec], [640, 360, 'h264']);
    assert.ok(found.firstPictureMs > 0);
    assert.ok((found.stream?.gopMs ?? 0) > 0, 'how often a keyframe comes');
    const data = Buffer.from(found.picture.replace('data:image/jpeg;base64,', ''), 'base64');
    const { channels } = await sharp(data).stats();
    assert.ok(
      channels.every(({ max }) => max < 30),
      'all is covered',
    );
    assert.ok(!JSON.stringify({ ...found, picture: '' }).includes(PASSWORD));
    assert.deepEqual([counters.sessionsMost, counters.teardown], [1, 1]);
  });

  it('makes the picture small enough for a dialog, and tells its true size', async () => {
    const big = await encodeVideo({
      ffmpeg: 'ffmpeg',
      width: 1920,
      height: 1080,
      fps: 5,
      source: (size, fps) => [
        '-f',
        'lavfi',
        '-t',
        '2',
        '-i',
        `testsrc2=s=${size.width}x${size.height}:r=${fps}`,
      ],
    });
    const { url } = await cameraWith({ video: big });
    const found = await run({ fields: { kind: 'rtsp', url, width: '320' } });
    assert.deepEqual([found.width, found.height], [1920, 1080]);
    const data = Buffer.from(found.picture.replace('data:image/jpeg;base64,', ''), 'base64');
    assert.equal((await sharp(data).metadata()).width, 1280);
  });

  it('uses the stored password for the server that it was stored for', async () => {
    const { url } = await cameraWith({ ...LOGIN, auth: 'digest' });
    const body = { id: 'deployed', user: 'admin' };
    for (const password of [{}, { password: '__PWRD__' }]) {
      const found = await run({ ...body, ...password, fields: { url } }, url.replace('/live', '/another'));
      assert.equal(found.width, 640);
    }
  });

  for (const [what, other] of [
    ['port', (url: string) => url.replace(/:(\d+)\//, (_all, port) => `:${Number(port) + 1}/`)],
    ['scheme', (url: string) => url.replace('rtsp:', 'rtsps:')],
    ['host', (url: string) => url.replace('127.0.0.1', '127.0.0.2')],
  ] as const) {
    it(`uses no stored password for another ${what}`, async () => {
      const camera = await cameraWith({ ...LOGIN, auth: 'basic' });
      const body = { id: 'deployed', user: 'admin', fields: { url: camera.url } };
      await assert.rejects(run(body, other(camera.url)), { code: 'CAMERA_AUTH' });
      const sent = camera.counters.authorizations - camera.counters.authorizationsRefused;
      assert.equal(sent, 0, 'the right password was not sent');
    });
  }

  it('tells what is wrong in words, with what to do, and without the password', async () => {
    const camera = await cameraWith({ ...LOGIN, auth: 'digest' });
    const port = await freePort();
    const wrong = 'wr0ng-p@ss';
    const cases: [Record<string, unknown>, string][] = [
      [{ fields: { url: '' } }, 'CAMERA_URL'],
      [{ fields: { url: `http://127.0.0.1:${port}/` } }, 'CAMERA_URL'],
      [{ fields: { url: `rtsp://127.0.0.1:${port}/` } }, 'CAMERA_NETWORK'],
      [{ fields: { url: 'rtsp://169.254.169.254/latest' } }, 'CAMERA_REFUSED'],
      [{ fields: { kind: 'file', path: '/etc/passwd' } }, 'CAMERA_REFUSED'],
      [{ fields: { url: camera.url, fps: 'x' } }, 'CONFIG_INVALID'],
      [{ fields: { url: camera.url }, user: 'admin', password: wrong }, 'CAMERA_AUTH'],
      [{ fields: 'none' }, 'CONFIG_INVALID'],
    ];
    for (const [body, code] of cases) {
      await assert.rejects(run(body), (error: Told) => {
        assert.equal(error.code, code, error.message);
        assert.ok(error.cause.advice.length > 10);
        assert.ok(!JSON.stringify([error, error.message]).includes(wrong));
        return true;
      });
    }
  });

  it('gives the fingerprint of a certificate that is not trusted, so that it can be', async () => {
    const { url } = await cameraWith({ tls: true });
    const error: Told = await run({ fields: { url } }).then(
      () => assert.fail('a self-signed certificate was taken'),
      (thrown) => thrown,
    );
    assert.equal(error.code, 'CAMERA_TLS');
    const tlsFingerprint = /\b[0-9a-f]{64}\b/.exec(error.cause.advice)?.[0] ?? '';
    const found = await run({ fields: { url, tlsVerify: 'pin', tlsFingerprint } });
    assert.equal(found.width, 640);
  });

  it('fills in variables as a deploy does', async () => {
    const { url } = await cameraWith();
    process.env.TRIAL_URL = url;
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: as Node-RED writes a variable.
    assert.equal((await run({ fields: { url: '${TRIAL_URL}' } })).width, 640);
    await assert.rejects(run({ fields: { url: '${NOT_SET_ANYWHERE}' } }), { message: /NOT_SET_ANYWHERE/ });
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as Node-RED writes a variable.
  });

  it('ends with the dialog', async () => {
    const camera = await cameraWith({ fault: { kind: 'noreply' } });
    const dialog = new AbortController();
    const trial = run({ fields: { url: camera.url } }, '', dialog.signal);
    setImmediate(() => dialog.abort(new Error('The dialog has gone.')));
    await assert.rejects(trial);
    assert.equal(camera.counters.sessionsOpen, 0);
  });
});
