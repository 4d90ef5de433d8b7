import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { FakeClock } from '../../../fixtures/fake-clock';
import { waitFor } from '../../../fixtures/wait';
import { fetchWhole, relayFor } from './relay-bench';
import { ScriptedServer } from './scripted-server';

/** A live playlist of three segments, whose first number and other answers a test sets. */
class HlsCamera {
  sequence = 10;
  isComplete = false;
  targetDuration = 2;
  /** Status in place of the answer, by path. */
  readonly status = new Map<string, number>();
  readonly answer = (path: string, response: ServerResponse): void => {
    const [name = ''] = path.split('?');
    const status = this.status.get(name);
    if (status) response.writeHead(status).end();
    else if (name === '/live.m3u8') response.end(this.playlist);
    else if (name === '/master.m3u8') {
      response.end('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.42c01e"\nlive.m3u8\n');
    } else response.end(`video of ${name}`);
  };

  get playlist(): string {
    const numbers = [0, 1, 2].map((index) => this.sequence + index);
    return [
      ...[
        '#EXTM3U',
        `#EXT-X-TARGETDURATION:${this.targetDuration}`,
        `#EXT-X-MEDIA-SEQUENCE:${this.sequence}`,
      ],
      '#EXT-X-KEY:METHOD=AES-128,URI="key"',
      ...numbers.map((number) => `#EXTINF:2,\n${number}.bin`),
      ...(this.isComplete ? ['#EXT-X-ENDLIST'] : []),
    ].join('\n');
  }
}

async function open(t: TestContext, camera: HlsCamera, path = '/live.m3u8') {
  const server = await new ScriptedServer(({ url = '' }, response) => camera.answer(url, response)).start();
  t.after(() => server.stop());
  const clock = new FakeClock();
  const bench = relayFor(t, clock, { kind: 'hls', url: `http://127.0.0.1:${server.port}${path}` });
  const url = await bench.relay.open();
  /** What ffmpeg gets: the names of the segments in the playlist as it is now. */
  const names = async () => {
    const text = (await fetchWhole(url)).body.toString();
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  };
  const get = (name: string) => fetchWhole(new URL(name, url).href);
  return { ...bench, server, clock, url, names, get };
}

describe('HLS', () => {
  it('leads ffmpeg to the relay for every segment and key, and counts the video', async (t) => {
    const { relay, url, names, get, server, told } = await open(t, new HlsCamera(), '/master.m3u8');
    assert.deepEqual(relay.stream, { codec: 'h264' });
    const text = (await fetchWhole(url)).body.toString();
    assert.ok(!text.includes(String(server.port)) && !text.includes('.bin'));
    const [first = ''] = await names();
    assert.match(first, /^\w+\.ts$/);
    assert.equal((await get(first)).body.toString(), 'video of /10.bin');
    const key = /URI="(\w+\.key)"/.exec(text)?.[1] ?? '';
    assert.equal((await get(key)).body.toString(), 'video of /key');
    const { videoBytes, videoPackets, otherPackets, pictures, gopMs } = relay.traffic;
    assert.deepEqual([videoBytes, videoPackets, otherPackets], [16, 1, 1]);
    assert.deepEqual([pictures, gopMs], [null, null]);
    assert.equal(told.traffic, 1);
    assert.equal((await get('zz.ts')).status, 404);
  });

  it('asks for the playlist no more often than ffmpeg does', async (t) => {
    const { server, names } = await open(t, new HlsCamera());
    await names();
    assert.equal(server.count('/live.m3u8'), 1);
    await names();
    assert.equal(server.count('/live.m3u8'), 2);
  });

  it('keeps names from one playlist to the next, and forgets those of old ones', async (t) => {
    const camera = new HlsCamera();
    const { names, get } = await open(t, camera);
    const before = await names();
    camera.sequence = 11;
    const after = await names();
    assert.deepEqual(after.slice(0, 2), before.slice(1));
    assert.equal((await get(before[0] ?? '')).status, 200);
    await names();
    assert.equal((await get(before[0] ?? '')).status, 404);
  });

  it('that does not change for three target durations is CAMERA_STALLED', async (t) => {
    const camera = new HlsCamera();
    const { names, clock, ends } = await open(t, camera);
    await names();
    clock.advance(5000);
    await names();
    camera.sequence++;
    await names();
    clock.advance(6000);
    await names();
    assert.equal(ends.length, 0);
    clock.advance(1);
    await names();
    assert.equal(ends[0]?.code, 'CAMERA_STALLED');
    assert.equal(ends.length, 1);
  });

  it('survives a playlist that fails for a moment, and tells why when it lasts', async (t) => {
    const camera = new HlsCamera();
    const { names, clock, ends } = await open(t, camera);
    const before = await names();
    camera.status.set('/live.m3u8', 503);
    assert.deepEqual(await names(), before);
    camera.status.clear();
    camera.sequence++;
    await names();
    camera.status.set('/live.m3u8', 503);
    clock.advance(6001);
    await names();
    assert.deepEqual(
      ends.map(({ code }) => code),
      ['CAMERA_BUSY'],
    );
  });

  for (const status of [401, 403, 404, 410]) {
    it(`whose playlist is ${status} after it was there is CAMERA_LOST: its token has expired`, async (t) => {
      const camera = new HlsCamera();
      const { names, ends } = await open(t, camera);
      await names();
      camera.status.set('/live.m3u8', status);
      await names();
      assert.deepEqual(
        ends.map(({ code, cause }) => [code, cause.retryable]),
        [['CAMERA_LOST', true]],
      );
    });
  }

  it('skips segments that are not there and counts them; three in a row are too many', async (t) => {
    const camera = new HlsCamera();
    const { relay, names, get, ends } = await open(t, camera);
    const [first = '', second = '', third = ''] = await names();
    await get(first);
    for (const number of [11, 12]) camera.status.set(`/${number}.bin`, 404);
    assert.equal((await get(second)).status, 404);
    assert.equal((await get(third)).status, 404);
    assert.equal(relay.traffic.lostPackets, 2);
    await get(first);
    await get(second);
    await get(third);
    assert.equal(ends.length, 0);
    await get(third);
    assert.equal(ends[0]?.code, 'CAMERA_LOST');
  });

  it('whose segments are refused from the first on says so', async (t) => {
    const camera = new HlsCamera();
    for (const number of [10, 11, 12]) camera.status.set(`/${number}.bin`, 403);
    const { names, get, ends } = await open(t, camera);
    for (const name of await names()) await get(name);
    assert.equal(ends[0]?.code, 'CAMERA_AUTH');
  });

  it('that has come to its end is lost when ffmpeg has got the last segment', async (t) => {
    const camera = new HlsCamera();
    const { names, get, ends } = await open(t, camera);
    await names();
    camera.isComplete = true;
    const [first = '', , last = ''] = await names();
    await get(first);
    assert.equal(ends.length, 0);
    await get(last);
    const end = await waitFor('the end', 15_000, () => ends[0]);
    assert.equal(end.code, 'CAMERA_LOST');
    assert.equal(end.cause.retryable, true);
  });

  it('that is a recording is played as fast as it was taken', async (t) => {
    const camera = new HlsCamera();
    camera.isComplete = true;
    const { names, get, clock, server } = await open(t, camera);
    const [first = '', second = ''] = await names();
    await get(first);
    const waiting = get(second);
    await waitFor('the request to wait', 15_000, () => clock.pending === 1);
    clock.advance(1999);
    assert.equal(server.count('/11.bin'), 0);
    clock.advance(1);
    await waiting;
    assert.equal(server.count('/11.bin'), 1);
    assert.equal(clock.pending, 0);
  });

  it('with a segment that breaks off: ffmpeg sees that it is not whole', async (t) => {
    const camera = new HlsCamera();
    const { answer } = camera;
    Object.assign(camera, {
      answer: (path: string, response: ServerResponse) => {
        if (path !== '/10.bin') return answer(path, response);
        response.writeHead(200, { 'content-length': '1000' }).write('begun');
        setImmediate(() => response.destroy());
      },
    });
    const { relay, names, get } = await open(t, camera);
    const [first = ''] = await names();
    await assert.rejects(get(first));
    await waitFor('the loss', 15_000, () => relay.traffic.lostPackets === 1);
  });

  it('may not lead anywhere that the rules refuse', async (t) => {
    const camera = new HlsCamera();
    const metadata = 'http://169.254.169.254/latest/meta-data';
    Object.defineProperty(camera, 'playlist', {
      value: `#EXTM3U\n${[1, 2, 3].map((part) => `#EXTINF:2,\n${metadata}?${part}\n`).join('')}`,
    });
    const { names, get, ends } = await open(t, camera);
    for (const name of await names()) assert.equal((await get(name)).status, 404);
    assert.equal(ends[0]?.code, 'CAMERA_REFUSED');
  });

  it('has playlists of 1 MiB at the most', async (t) => {
    const camera = new HlsCamera();
    Object.defineProperty(camera, 'playlist', { value: `#EXTM3U\n${'#'.repeat(2 ** 20)}` });
    await assert.rejects(open(t, camera), { code: 'CAMERA_PROTOCOL', message: /more than 1 MiB/ });
  });
});
