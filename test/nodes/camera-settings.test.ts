import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Camera, type CameraContext, readCamera } from '../../nodes/lib/camera-settings';
import { Settings } from '../../nodes/lib/settings';
import { FileAccess } from '../../src/capture/file-access';
import { PASSWORDS } from '../fixtures/passwords';

const PIN = 'AB:'.repeat(31).concat('AB');
const URL_ = 'rtsp://192.168.1.20/live';

function read(settings: object, context: Partial<CameraContext> = {}): Camera {
  return readCamera(new Settings(settings), {
    id: 'cam1',
    fallbackName: 'cam1',
    files: new FileAccess(['/data'], '/data'),
    login: {},
    loginHosts: null,
    ...context,
  });
}

function told(settings: object, context: Partial<CameraContext> = {}): { code: string; message: string } {
  const { problem, session, still } = read(settings, context);
  assert.ok(problem);
  assert.deepEqual([session, still], [null, null], 'a camera with a problem cannot be opened');
  return problem;
}

describe('the settings of a camera', () => {
  it('of an old flow give what they gave, and what is new is at its default', () => {
    const { session, profile, still } = read({
      kind: 'rtsp',
      url: URL_,
      mode: 'all',
      fps: '5',
      silenceS: '0',
    });
    assert.deepEqual(profile, { name: 'cam1', description: '', timeZone: '' });
    assert.deepEqual(session, {
      camera: 'cam1',
      ffmpegPath: '',
      decode: { mode: 'all', fps: 5, maxWidthPx: 1280, masks: [] },
      firstFrameMs: 30_000,
      silenceMs: 0,
      health: { holdMs: 10_000, frozenMs: 300_000 },
      source: {
        kind: 'rtsp',
        url: URL_,
        user: '',
        password: '',
        transport: 'tcp',
        tls: { verify: 'system', fingerprint: '' },
      },
    });
    assert.deepEqual(still, session?.source);
  });

  it('for HTTP give what is asked for, how often, and with which trust', () => {
    const login = { user: 'admin', password: 'geheim' };
    const fields = {
      kind: 'snapshot',
      url: 'https://cam/now.jpg',
      everyS: '0.5',
      tlsVerify: 'pin',
      tlsFingerprint: PIN,
    };
    const { session } = read(fields, { login });
    assert.deepEqual(session?.source, {
      kind: 'snapshot',
      url: 'https://cam/now.jpg',
      ...login,
      everyMs: 500,
      tls: { verify: 'pin', fingerprint: 'ab'.repeat(32) },
    });
    assert.equal(session.decode.fps, 30, 'no polled picture is passed over');
  });

  it('let stills come from another address with the same login', () => {
    const login = { user: 'admin', password: 'geheim' };
    const main = read({ url: URL_, mainUrl: 'rtsps://192.168.1.20/main' }, { login }).still;
    assert.deepEqual(main && 'url' in main && [main.kind, main.url, main.password], [
      'rtsp',
      'rtsps://192.168.1.20/main',
      'geheim',
    ]);
    const picture = read({ url: URL_, mainUrl: 'http://192.168.1.20/now.jpg' }, { login }).still;
    assert.deepEqual(picture && 'url' in picture && [picture.kind, picture.password], ['snapshot', 'geheim']);
    assert.match(told({ url: URL_, mainUrl: 'webrtc://x' }).message, /does not begin with/);
  });

  it('take masks as JSON text or as a list, and one that is wrong keeps the camera closed', () => {
    const mask = {
      points: [
        [0, 0],
        [1, 0],
        [1, 1],
      ],
      style: 'blur',
    };
    for (const masks of [[mask], JSON.stringify([mask])]) {
      const { session, profile } = read({ url: URL_, masks });
      assert.deepEqual(session?.decode.masks, [mask]);
      assert.equal(profile.hasMasks, true, 'so that nobody sends a picture without them');
    }
    for (const masks of ['nonsense', '{}', 7, [{ points: [] }], '[{"points":[[0,0],[2,0],[1,1]]}]']) {
      assert.equal(told({ url: URL_, masks }).code, 'CONFIG_INVALID', JSON.stringify(masks));
    }
  });

  it('are told all together where several are wrong', () => {
    const { message } = told({
      url: '',
      fps: 'x',
      tlsVerify: 'pin',
      tlsFingerprint: 'AB:CD',
      holdS: -1,
      timeZone: 'Mars',
    });
    for (const part of ['fps', 'holdS', 'timeZone']) assert.match(message, new RegExp(part));
    assert.match(
      told({ url: URL_, tlsVerify: 'pin', tlsFingerprint: 'AB:CD' }).message,
      /tlsFingerprint.*64 digits/,
    );
  });

  it('let files be read from the allowed folders only', () => {
    assert.deepEqual(read({ kind: 'file', path: 'a.mp4' }).session?.source, {
      kind: 'file',
      path: '/data/a.mp4',
      pace: 'live',
      loop: true,
    });
    assert.equal(told({ kind: 'file', path: '../etc/passwd' }).code, 'CAMERA_REFUSED');
    assert.equal(told({ kind: 'file', path: '' }).code, 'CAMERA_FILE');
  });
});

describe('the login of a camera of a list', () => {
  const login = { user: 'admin', password: 'geheim' };
  const loginHosts = { own: '192.168.1.20', allowed: ['10.0.0.0/8'] };

  it('goes to its own host and to those that its owner named', () => {
    for (const host of ['192.168.1.20', '10.1.2.3']) {
      const { session } = read({ url: `rtsp://${host}/live` }, { login, loginHosts });
      assert.equal(session?.source.kind === 'rtsp' && session.source.password, 'geheim');
    }
  });

  it('goes nowhere else, also not for a still', () => {
    const evil = 'rtsp://evil.example/live';
    for (const fields of [
      { url: evil },
      { url: URL_, mainUrl: evil },
      { kind: 'mjpeg', url: 'http://evil.example/' },
    ]) {
      const problem = told(fields, { login, loginHosts });
      assert.equal(problem.code, 'CAMERA_REFUSED');
      assert.match(problem.message, /evil\.example/);
    }
  });

  it('is not needed for a camera without one', () => {
    assert.equal(read({ url: 'rtsp://elsewhere/live' }, { loginHosts }).problem, null);
  });

  for (const password of PASSWORDS) {
    it(`must not be in the address: ${JSON.stringify(password)} is refused and not repeated`, () => {
      const url = `rtsp://admin:${encodeURIComponent(password)}@192.168.1.20/live`;
      for (const given of [{}, login]) {
        const problem = told({ url }, { login: given, loginHosts });
        assert.match(problem.message, /holds a user or a password/);
        const all = JSON.stringify([problem, problem.message]);
        if (password.length > 3)
          assert.ok(!all.includes(password) && !all.includes(encodeURIComponent(password)));
      }
    });
  }
});
