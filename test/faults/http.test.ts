import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type HttpSource, httpSource } from '../../src/capture/source';
import { ScriptedServer } from '../unit/capture/http/scripted-server';
import { measured, pass, SCALE, scaled } from './scale';
import { Stage } from './stage';

const TIMEOUT = { timeout: 280_000 };
/** Length of a segment. */
const SEGMENT_S = 1;
const SEGMENTS = 8;

/** What is wrong with an HTTP camera. */
type Wrong = 'none' | 'freeze' | 'missing' | 'end' | 'expired' | 'no boundary' | 'wrong length' | 'silent';

describe('a camera over HTTP', { concurrency: scaled(12, 8) }, () => {
  const stage = new Stage();
  const folder = mkdtempSync(join(tmpdir(), 'faults-http-'));
  const servers: ScriptedServer[] = [];
  const read = (name: string) => readFileSync(join(folder, name));

  before(() => {
    const scene = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=5'];
    const run = (...args: string[]) =>
      execFileSync('ffmpeg', ['-v', 'error', '-y', ...scene, ...args], { cwd: folder });
    run('-frames:v', '5', '%d.jpg');
    const hls = `-t ${SEGMENTS * SEGMENT_S} -c:v libx264 -g 5 -pix_fmt yuv420p -f hls -hls_time ${SEGMENT_S} -hls_list_size 0`;
    run(...hls.split(' '), '-hls_segment_filename', '%d.ts', 'all.m3u8');
  });
  after(async () => {
    await stage.end();
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true });
  });

  async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    const server = await new ScriptedServer(answer).start();
    servers.push(server);
    return server;
  }

  /** A server of multipart JPEGs, five in a second; `is` can be changed while it runs. */
  async function mjpeg(login = '') {
    const camera = { is: 'none' as Wrong, url: '', server: null as ScriptedServer | null };
    const server = await serve((request, response) => {
      if (login && request.headers.authorization !== login) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end();
        return;
      }
      const type =
        camera.is === 'no boundary' ? 'multipart/x-mixed-replace' : 'multipart/x-mixed-replace; boundary=x';
      response.writeHead(200, { 'content-type': type }).flushHeaders();
      let n = 0;
      const timer = setInterval(() => {
        if (camera.is === 'silent') return;
        const jpeg = read(`${(n++ % 5) + 1}.jpg`);
        const length = camera.is === 'wrong length' ? 7 : jpeg.length;
        response.write(`--x\r\nContent-Type: image/jpeg\r\nContent-Length: ${length}\r\n\r\n`);
        response.write(jpeg);
      }, 200);
      response.on('close', () => clearInterval(timer));
    });
    camera.url = `http://127.0.0.1:${server.port}/video.mjpg`;
    camera.server = server;
    return camera;
  }

  /** A live HLS server, whose playlist rolls over the segments again and again. */
  async function hls(ending = 'ts') {
    const began = performance.now();
    const camera = { is: 'none' as Wrong, url: '', frozenAt: 0 };
    const server = await serve(({ url = '' }, response) => {
      const path = url.split('?')[0] ?? '';
      if (camera.is === 'expired') response.writeHead(403).end();
      else if (path === '/live.m3u8') response.end(playlist());
      else if (camera.is === 'missing') response.writeHead(404).end();
      else response.end(read(`${Number(/(\d+)\./.exec(path)?.[1] ?? 0) % SEGMENTS}.ts`));
    });
    const playlist = () => {
      if (camera.is === 'freeze') camera.frozenAt ||= performance.now();
      const newest = 3 + Math.floor(((camera.frozenAt || performance.now()) - began) / 1000 / SEGMENT_S);
      const lines = Array.from({ length: 4 }, (_, n) => newest - 3 + n).flatMap((sequence) => [
        // The clip begins anew, and so do its time stamps.
        ...(sequence % SEGMENTS === 0 ? ['#EXT-X-DISCONTINUITY'] : []),
        `#EXTINF:${SEGMENT_S},`,
        `${sequence}.${ending}`,
      ]);
      const end = camera.is === 'end' ? ['#EXT-X-ENDLIST'] : [];
      return [
        '#EXTM3U',
        '#EXT-X-VERSION:3',
        `#EXT-X-TARGETDURATION:${SEGMENT_S}`,
        `#EXT-X-MEDIA-SEQUENCE:${newest - 3}`,
        ...lines,
        ...end,
        '',
      ].join('\n');
    };
    camera.url = `http://127.0.0.1:${server.port}/live.m3u8`;
    return camera;
  }

  const source = (kind: HttpSource['kind'], url: string, login: { user?: string; password?: string } = {}) =>
    httpSource(kind, url, login, { everyMs: 1000 });

  for (const is of ['none', 'no boundary', 'wrong length'] as const) {
    it(`#16 MJPEG over HTTP: ${is === 'none' ? 'as it should be' : is}: frames soon`, TIMEOUT, async () => {
      const camera = await mjpeg();
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
    const camera = await mjpeg();
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
    const camera = await mjpeg(`Basic ${Buffer.from('viewer:right').toString('base64')}`);
    const watch = stage.watch(source('mjpeg', camera.url, { user: 'viewer', password: 'wrong' }));
    await watch.phase('held');
    await pass(scaled(2000, 30_000));
    const tries = camera.server?.requests.filter(({ authorization }) => authorization).length ?? 0;
    measured(16, 'refused log-ins', tries, '', 1);
  });

  it('#29 HLS live: rolling playlist and discontinuities play at the live edge', TIMEOUT, async () => {
    const camera = await hls();
    const watch = stage.watch(source('hls', camera.url));
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
      const camera = await hls();
      const watch = stage.watch(source('hls', camera.url), { silenceMs: 0 });
      await watch.live(3);
      camera.is = is;
      const from = performance.now();
      const lost = await watch.phase('waiting', from);
      const seen = watch.phases.find(({ phase, at }) => at >= from && phase !== 'live')?.at ?? lost.at;
      measured(29, `noticed, ${is}`, (seen - from) / 1000, 's', 10);
      assert.notEqual(lost.code, 'CAMERA_AUTH', 'a token that has expired is no wrong password');
      camera.is = 'none';
      camera.frozenAt = 0;
      await watch.more(2);
    });
  }

  it('#30 HLS with odd names of segments: plays', TIMEOUT, async () => {
    const camera = await hls('bin');
    const watch = stage.watch(source('hls', camera.url));
    await watch.live(3);
    assert.deepEqual(watch.errors, []);
  });
});
