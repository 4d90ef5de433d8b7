import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { rtspSource } from '../../src/capture/source';
import { QUIRKS, type Quirk } from '../../src/simulator';
import { selfSigned } from '../../src/simulator/certificate';
import { realParts, rtsp } from '../fixtures/camera-watch';
import { PASSWORDS } from '../fixtures/passwords';
import { waitFor } from '../fixtures/wait';
import { FULL, measured, PATIENCE_MS, pass, scaled } from './scale';
import { Stage } from './stage';

const TIMEOUT = { timeout: 290_000 };
const LOGIN = { auth: 'digest', user: 'viewer', password: 'right' } as const;

describe('a camera that refuses', { concurrency: scaled(8, 16) }, () => {
  const stage = new Stage();

  it(
    '#06 wrong password: one refused log-in for all channels of the machine, then it is held',
    TIMEOUT,
    async () => {
      const parts = realParts();
      const camera = await stage.camera(LOGIN);
      const wrong = { user: 'viewer', password: 'wrong' };
      const watches = [1, 2, 3].map(() => stage.watch(rtsp(camera.url, wrong), {}, parts));
      await Promise.all(watches.map((watch) => watch.phase('held')));
      await pass(scaled(4000, 120_000));
      measured(6, `refused log-ins in ${scaled(4, 120)} s`, camera.counters.authorizationsRefused, '', 1);
      for (const { told, errors } of watches) {
        assert.deepEqual(told, ['CAMERA_AUTH']);
        assert.match(errors[0]?.cause.advice ?? '', /next try comes in [4-6] minutes/);
      }
      // Somebody asks for it: once more, and no more.
      watches[0]?.start();
      await waitFor('one more try', PATIENCE_MS, () => camera.counters.authorizationsRefused === 2);
      await pass(1500);
      assert.equal(camera.counters.authorizationsRefused, 2);
      const corrected = stage.watch(rtsp(camera.url, { user: 'viewer', password: 'right' }), {}, parts);
      const from = performance.now();
      await corrected.more();
      measured(6, 'frames after the password was corrected', (performance.now() - from) / 1000, 's', 5);
    },
  );

  it('#07 401 that means "too many sessions": a password that worked is not held', TIMEOUT, async () => {
    const parts = realParts();
    const camera = await stage.camera({ ...LOGIN, maxSessions: 1, fullStatus: 401, fullOn: 'DESCRIBE' });
    const source = rtsp(camera.url, { user: 'viewer', password: 'right' });
    const first = stage.watch(source, {}, parts);
    await first.live();
    const second = stage.watch(source, {}, parts);
    await second.error('CAMERA_BUSY');
    await pass(scaled(3000, 30_000));
    assert.ok(second.phases.every(({ phase }) => phase !== 'held'));
    measured(7, `log-ins refused in ${scaled(3, 30)} s`, camera.counters.authorizationsRefused, '', 1);
    assert.equal(first.losses, 0, 'the stream that plays goes on');
  });

  it('#08 unknown path: told at once, and asked again after a minute at the earliest', TIMEOUT, async () => {
    const camera = await stage.camera();
    const watch = stage.watch(rtsp(camera.url.replace('/live', '/channel9')));
    const { message, cause } = await watch.error('CAMERA_NOT_FOUND');
    assert.match(`${message} ${cause.advice}`, /path/);
    await waitFor('the word', PATIENCE_MS, () => watch.told.includes('CAMERA_NOT_FOUND'));
    await pass(scaled(3000, 58_000));
    measured(8, `questions in ${scaled(3, 58)} s`, camera.counters.describe, '', 1);
    assert.equal(watch.ffmpegs.length, 1);
  });

  for (const [status, on] of [
    [453, 'SETUP'],
    [503, 'DESCRIBE'],
    [500, 'DESCRIBE'],
    [429, 'DESCRIBE'],
  ] as const) {
    it(`#09 session limit: ${status} to ${on} holds all of the machine`, TIMEOUT, async () => {
      const parts = realParts();
      const camera = await stage.camera({ fault: { kind: 'status', status, on } });
      const watches = [1, 2, 3].map(() => stage.watch(rtsp(camera.url), {}, parts));
      await watches[0]?.error('CAMERA_BUSY');
      await pass(scaled(3000, 60_000));
      // Two at a time may ask before the first is answered.
      measured(9, `questions after a ${status} in ${scaled(3, 60)} s`, camera.counters.describe, '', 2);
    });
  }

  it(
    '#09 session limit: twice as many cameras as sessions: all sessions used, no storm',
    TIMEOUT,
    async () => {
      const parts = realParts();
      const camera = await stage.camera({ maxSessions: 4 });
      const watches = Array.from({ length: 8 }, () => stage.watch(rtsp(camera.url), {}, parts));
      const live = () => watches.filter((watch) => watch.phases.at(-1)?.phase === 'live').length;
      await waitFor('four that play', PATIENCE_MS, () => live() === 4);
      await pass(scaled(4000, 60_000));
      assert.equal(live(), 4, 'those that play go on');
      measured(9, 'openings at once', camera.counters.openingsMost, '', 2);
      measured(9, `sessions refused in ${scaled(4, 60)} s`, camera.counters.sessionsRefused, '', 2);
      if (!FULL) return;
      // One leaves: another one comes in when the machine is asked again.
      const left = watches.find((watch) => watch.phases.at(-1)?.phase === 'live');
      const from = performance.now();
      await left?.stop();
      await waitFor('four that play again', 140_000, () => live() === 4);
      measured(9, 'a free session is used after', (performance.now() - from) / 1000, 's', 65 + 10);
    },
  );

  it('#23 IPv6: a camera at [::1] plays', TIMEOUT, async () => {
    const { watch } = await stage.scene({ host: '::1' });
    await watch.live(2);
    assert.deepEqual(watch.errors, []);
  });

  const passwords = FULL ? PASSWORDS : PASSWORDS.filter((password) => /[@/密%]/.test(password)).slice(0, 2);
  for (const auth of ['basic', 'digest'] as const) {
    it(
      `#24 special characters: ${FULL ? 'all' : 'some'} passwords log in with ${auth}`,
      TIMEOUT,
      async () => {
        for (const password of passwords) {
          const camera = await stage.camera({ auth, user: 'ad@min', password });
          const watch = stage.watch(rtspSource(camera.url, { user: 'ad@min', password }, 'tcp'));
          await watch.live();
          assert.deepEqual(watch.errors, [], password);
          assert.equal(camera.counters.authorizationsRefused, 0);
          await watch.stop();
        }
        measured(24, `passwords that log in with ${auth}`, passwords.length, '');
      },
    );
  }

  it('#26 redirect: 302 to another port of the camera is followed, with the log-in', TIMEOUT, async () => {
    const target = await stage.camera(LOGIN);
    const fault = { kind: 'redirect', to: target.url } as const;
    const camera = await stage.camera({ ...LOGIN, fault });
    const watch = stage.watch(rtsp(camera.url, { user: 'viewer', password: 'right' }));
    await watch.live();
    assert.equal(target.counters.play, 1);
  });

  it('#26 redirect: to another machine the log-in does not go', TIMEOUT, async () => {
    const target = await stage.camera({ ...LOGIN, host: '127.0.26.1' });
    const { camera, watch } = await stage.scene(
      { ...LOGIN, fault: { kind: 'redirect', to: target.url } },
      {},
      { user: 'viewer', password: 'right' },
    );
    const { code } = await watch.phase('waiting');
    assert.equal(code, 'CAMERA_REFUSED');
    assert.deepEqual([target.counters.connections, camera.counters.play], [0, 0]);
  });

  it('#26 redirect: in circles it is an error, soon', TIMEOUT, async () => {
    const { camera, watch } = await stage.scene({ fault: { kind: 'redirect', to: 'loop' } });
    const from = performance.now();
    const { at } = await watch.phase('waiting');
    measured(26, 'told after', (at - from) / 1000, 's', 5);
    assert.ok(camera.counters.describe <= 4);
  });

  it(
    '#27 RTSPS, self-signed: the right fingerprint plays, a wrong one and none are told as TLS',
    TIMEOUT,
    async () => {
      const tls = selfSigned();
      const camera = await stage.camera({ tls });
      const fingerprint = createHash('sha256').update(new X509Certificate(tls.cert).raw).digest('hex');
      const pin = (of: string) => rtsp(camera.url, { tls: { verify: 'pin', fingerprint: of } });
      const right = stage.watch(pin(fingerprint));
      const wrong = stage.watch(pin(fingerprint.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))));
      const none = stage.watch(rtsp(camera.url));
      const any = stage.watch(rtsp(camera.url, { tls: { verify: 'any', fingerprint: '' } }));
      await Promise.all([right.live(), any.live(), wrong.error('CAMERA_TLS'), none.error('CAMERA_TLS')]);
      assert.equal(camera.counters.play, 2);
    },
  );

  for (const scheme of ['webrtc', 'whep', 'srt', 'rtmp']) {
    it(`#31 WebRTC and others: ${scheme}:// is refused with the way to a bridge`, () => {
      assert.throws(
        () => rtspSource(`${scheme}://cam.example/live`, {}, 'tcp'),
        (error: { code?: string; cause?: { advice?: string } }) =>
          error.code === 'CAMERA_URL' && /go2rtc or MediaMTX/.test(error.cause?.advice ?? ''),
      );
    });
  }

  const quirks = (Object.keys(QUIRKS) as Quirk[]).filter((name) => name !== 'audio-only');
  const shown = FULL ? quirks : quirks.filter((_, n) => n % 4 === 0);
  for (const name of shown) {
    it(`#42 server quirks: ${name} (${QUIRKS[name]}) plays`, TIMEOUT, async () => {
      const { watch } = await stage.scene({ fault: { kind: 'quirk', name } });
      await watch.live(2);
    });
  }
});
