import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type HttpSource, httpSource } from '../../src/capture/source';
import { HttpCameras, SEGMENTS } from '../fixtures/http-camera';
import { measured, pass, SCALE, scaled } from './scale';
import { Stage } from './stage';

const TIMEOUT = { timeout: 280_000 };

describe('a camera over HTTP', { concurrency: scaled(12, 8) }, () => {
  const stage = new Stage();
  let cameras: HttpCameras;

  before(() => {
    cameras = new HttpCameras();
  });
  after(async () => {
    await stage.end();
    await cameras.stop();
  });

  const source = (kind: HttpSource['kind'], url: string, login: { user?: string; password?: string } = {}) =>
    httpSource(kind, url, login, { everyMs: 1000 });

  for (const is of ['none', 'no boundary', 'wrong length'] as const) {
    it(`#16 MJPEG over HTTP: ${is === 'none' ? 'as it should be' : is}: frames soon`, TIMEOUT, async () => {
      const camera = await cameras.mjpeg();
      camera.is = is;
      const from = performance.now();
      const watch = stage.watch(source('mjpeg', camera.url));
      measured(
        16,
        `first frame, ${is === 'none' ? 'in order' : is}`,
        ((await watch.more()) - from) / 1000,
        's',
        1.5,
      );
      await watch.more(3);
      assert.deepEqual(watch.errors, []);
    });
  }

  it('#16 MJPEG over HTTP: a stall is noticed, and frames come again', TIMEOUT, async () => {
    const camera = await cameras.mjpeg();
    const watch = stage.watch(source('mjpeg', camera.url));
    await watch.live(5);
    camera.is = 'silent';
    const from = performance.now();
    const { at } = await watch.phase('stalled', from);
    measured(16, 'stall detected', (at - from) / 1000, 's', SCALE.stallMs / 1000);
    camera.is = 'none';
    await watch.more(2);
  });

  it('#16 MJPEG over HTTP: a wrong password is tried once', TIMEOUT, async () => {
    const camera = await cameras.mjpeg(`Basic ${Buffer.from('viewer:right').toString('base64')}`);
    const watch = stage.watch(source('mjpeg', camera.url, { user: 'viewer', password: 'wrong' }));
    await watch.phase('held');
    await pass(scaled(2000, 30_000));
    const tries = camera.server.requests.filter(({ authorization }) => authorization).length;
    measured(16, 'refused log-ins', tries, '', 1);
  });

  it('#29 HLS live: rolling playlist and discontinuities play at the live edge', TIMEOUT, async () => {
    const camera = await cameras.hls();
    const watch = stage.watch(source('hls', camera.url), { silenceMs: 0 });
    const from = performance.now();
    measured(29, 'first frame', ((await watch.more()) - from) / 1000, 's');
    await watch.more(scaled(SEGMENTS + 2, 3 * SEGMENTS));
    assert.deepEqual(watch.errors, []);
  });

  /** What happens, the codes that fit, and how soon. */
  const HLS = [
    ['freeze', 'the playlist does not change any more'],
    ['missing', 'segments are gone (404)'],
    ['end', 'it ends (ENDLIST), as a live camera never should'],
    ['expired', 'its token has expired (403)'],
  ] as const;
  for (const [is, what] of HLS) {
    it(`#29 HLS live: ${what}: noticed, and frames when it is well again`, TIMEOUT, async () => {
      const camera = await cameras.hls();
      const watch = stage.watch(source('hls', camera.url), { silenceMs: 0 });
      await watch.live(3);
      camera.is = is;
      const from = performance.now();
      const lost = await watch.phase('waiting', from);
      const seen = watch.phases.find(({ phase, at }) => at >= from && phase !== 'live')?.at ?? lost.at;
      measured(29, `noticed, ${is}`, (seen - from) / 1000, 's', 10);
      assert.notEqual(lost.code, 'CAMERA_AUTH', 'a token that has expired is no wrong password');
      camera.is = 'none';
      await watch.more(2);
    });
  }

  it('#30 HLS with odd names of segments: plays', TIMEOUT, async () => {
    const camera = await cameras.hls('bin');
    const watch = stage.watch(source('hls', camera.url), { silenceMs: 0 });
    await watch.live(3);
    assert.deepEqual(watch.errors, []);
  });
});
