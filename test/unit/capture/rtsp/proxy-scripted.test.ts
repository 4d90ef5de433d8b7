import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import type { CameraError } from '../../../../src/shared/errors';
import { waitFor } from '../../../fixtures/wait';
import { RawClient } from '../../simulator/raw-client';
import { type Script, ScriptedCamera, SDP, WELL } from './scripted-camera';
import { Watch, type WatchOptions } from './watch';

const DEADLINE_MS = 15_000;
const IDR = Buffer.from([0x80, 0xe0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 0x65, 0x88]);

function framed(channel: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x24, channel, payload.length >> 8, payload.length & 255]), payload]);
}

function digest(fields: Map<string, string>, method: string, hash: string): string {
  const h = (text: string) => createHash(hash).update(text).digest('hex');
  const secret = h(`u:${fields.get('realm')}:pässwörd`);
  const [nonce, nc, cnonce] = ['nonce', 'nc', 'cnonce'].map((name) => fields.get(name));
  return h(`${secret}:${nonce}:${nc}:${cnonce}:auth:${h(`${method}:${fields.get('uri')}`)}`);
}

describe('the proxy before a scripted camera', { concurrency: 8 }, () => {
  const cameras: ScriptedCamera[] = [];
  const watches: Watch[] = [];
  const clients: RawClient[] = [];
  after(async () => {
    for (const client of clients) client.close();
    await Promise.all(watches.map((watch) => watch.stop()));
    await Promise.all(cameras.map((camera) => camera.stop()));
  });

  /** A camera, the proxy before it, and a client in place of ffmpeg. */
  async function opened(script: Script = WELL, options: WatchOptions & { path?: string } = {}) {
    const { path = '/live', ...rest } = options;
    const camera = await ScriptedCamera.start(script);
    cameras.push(camera);
    const watch = new Watch(`rtsp://127.0.0.1:${camera.port}${path}`, rest);
    watches.push(watch);
    watch.loopbackUrl = await watch.proxy.open();
    const client = new RawClient(watch.loopbackUrl);
    clients.push(client);
    const setup = (suffix = '/video') =>
      client.ask('SETUP', { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' }, suffix);
    const play = async () => {
      await client.ask('DESCRIBE');
      await setup();
      return client.ask('PLAY', { Session: 'abc' });
    };
    return { camera, watch, client, setup, play };
  }

  test('ffmpeg gets its own numbers and addresses, and nothing of the camera beside the video', async () => {
    const sdp = `${SDP}m=audio 0 RTP/AVP 0\r\na=control:track2\r\n`;
    const { camera, watch, client, setup } = await opened((request, socket) => {
      if (request.method !== 'DESCRIBE') return WELL(request, socket);
      const base = 'rtsp://127.0.0.1/secret-path/';
      return {
        status: 200,
        headers: { 'Content-Base': base, Server: 'secret', 'X-Key': 'secret' },
        body: sdp,
      };
    });
    const options = await client.ask('OPTIONS');
    assert.equal(options.status, 200);
    const { text } = await client.ask('DESCRIBE');
    assert.ok(text.includes(`Content-Base: ${watch.loopbackUrl}/\r\n`), text);
    assert.doesNotMatch(text, /secret|track|audio/);
    const body = text.slice(text.indexOf('\r\n\r\n') + 4);
    assert.equal(Number(/Content-Length: (\d+)/.exec(text)?.[1]), body.length);
    const answer = await setup();
    assert.match(answer.text, /Session: abc;timeout=30\r\n/);
    await client.ask('PLAY', { Session: 'abc' });
    assert.deepEqual(
      camera.requests.map(({ method, url }) => [method, url]),
      [
        ['OPTIONS', camera.url],
        ['DESCRIBE', camera.url],
        ['SETUP', 'rtsp://127.0.0.1/secret-path/track1'],
        ['PLAY', 'rtsp://127.0.0.1/secret-path/'],
      ],
    );
    assert.equal(camera.requests[3]?.headers.get('session'), 'abc');
    assert.deepEqual(watch.proxy.stream, { codec: 'h264' });
  });

  test('a query in the address stays (Dahua)', async () => {
    const path = '/cam/realmonitor?channel=1&subtype=0';
    const { camera, play } = await opened(WELL, { path });
    await play();
    const urls = camera.requests.map(({ url }) => url.replace(/^rtsp:\/\/[^/]*/, ''));
    assert.deepEqual(urls, [path, `${path}/track1`, path]);
  });

  test('packets of the camera come behind the answer to PLAY, also those that it sends before', async () => {
    const { client, watch, play } = await opened((request, socket) => {
      if (request.method === 'PLAY') socket.write(framed(0, IDR));
      return WELL(request, socket);
    });
    const { text } = await play();
    assert.ok(text.startsWith('RTSP/1.0 200'));
    await client.until(() => client.packets().length > 0);
    assert.deepEqual(client.packets(), [[0, IDR]]);
    const { videoPackets, keyframes } = watch.proxy.traffic;
    assert.deepEqual([videoPackets, keyframes], [1, 1]);
    assert.equal(watch.trafficTold, 1);
  });

  test('the channels that the camera chooses are the ones that count', async () => {
    const { camera, watch, client, setup } = await opened((request, socket) => {
      if (request.method !== 'SETUP') return WELL(request, socket);
      return { status: 200, headers: { Session: 'abc', Transport: 'RTP/AVP/TCP;interleaved=4-5' } };
    });
    await client.ask('DESCRIBE');
    const { text } = await setup();
    assert.match(text, /interleaved=4-5/);
    await client.ask('PLAY', { Session: 'abc' });
    camera.sockets[0]?.write(Buffer.concat([framed(4, IDR), framed(5, IDR), framed(0, IDR)]));
    await waitFor('all', DEADLINE_MS, () => watch.proxy.traffic.otherPackets === 2);
    assert.equal(watch.proxy.traffic.videoPackets, 1);
  });

  test("ffmpeg's reports reach the camera", async () => {
    const { camera, client, play } = await opened();
    await play();
    const [socket] = camera.sockets;
    assert.ok(socket);
    const got = new Promise<Buffer>((resolve) => socket.once('data', resolve));
    const report = framed(1, Buffer.from([0x81, 201, 0, 1, 0, 0, 0, 0]));
    client.socket.write(report);
    assert.deepEqual(await got, report);
  });

  test('who does not know the token is sent away, and ffmpeg is still let in, once', async () => {
    const camera = await ScriptedCamera.start();
    cameras.push(camera);
    const watch = new Watch(camera.url);
    watches.push(watch);
    const url = await watch.proxy.open();
    assert.match(url, /^rtsp:\/\/127\.0\.0\.1:\d+\/[\da-f]{32}$/);
    const stranger = new RawClient(url.replace(/[\da-f]{32}/, '0'.repeat(32)));
    const silent = connect(Number(new URL(url).port), '127.0.0.1');
    silent.on('error', () => {});
    const silentClosed = new Promise((resolve) => silent.once('close', resolve));
    stranger.send('DESCRIBE');
    await stranger.ended;
    assert.equal(stranger.received.length, 0);
    const client = new RawClient(url);
    clients.push(client);
    assert.equal((await client.ask('DESCRIBE')).status, 200);
    await silentClosed;
    assert.equal(await new RawClient(url).ended, 'ECONNREFUSED');
    assert.equal(camera.asked, 'DESCRIBE');
  });

  for (const [hash, algorithm] of [
    ['md5', 'MD5'],
    ['sha256', 'SHA-256'],
  ] as const)
    test(`logs in with Digest by ${algorithm} and qop, and counts the uses of the nonce`, async () => {
      const counts: string[] = [];
      const { camera, play } = await opened(
        (request, socket) => {
          const given = request.headers.get('authorization');
          const challenge = `Digest realm="r", nonce="n", qop="auth", algorithm=${algorithm}`;
          if (!given) return { status: 401, headers: { 'WWW-Authenticate': challenge } };
          const fields = new Map(
            [...given.matchAll(/(\w+)="?([^",]*)/g)].map(([, name = '', value = '']) => [name, value]),
          );
          counts.push(fields.get('nc') ?? '');
          const isRight = fields.get('response') === digest(fields, request.method, hash);
          return isRight
            ? WELL(request, socket)
            : { status: 401, headers: { 'WWW-Authenticate': challenge } };
        },
        { user: 'u', password: 'pässwörd' },
      );
      assert.equal((await play()).status, 200);
      assert.equal(camera.asked, 'DESCRIBE DESCRIBE* SETUP* PLAY*');
      assert.deepEqual(counts, ['00000001', '00000002', '00000003']);
    });

  test('a nonce that runs out is renewed, and that is no failure', async () => {
    let nonce = 0;
    const { watch, camera, play } = await opened(
      (request, socket) => {
        const isFresh = request.headers.get('authorization')?.includes(`nonce="${nonce}"`);
        if (isFresh && request.method !== 'SETUP') return WELL(request, socket);
        if (isFresh && nonce === 2) return WELL(request, socket);
        nonce += 1;
        return { status: 401, headers: { 'WWW-Authenticate': `Digest realm="r", nonce="${nonce}"` } };
      },
      { user: 'u', password: 'p' },
    );
    assert.equal((await play()).status, 200);
    assert.equal(camera.asked, 'DESCRIBE DESCRIBE* SETUP* SETUP* PLAY*');
    assert.deepEqual(watch.errors, []);
  });

  test('a wrong password is tried once, although the camera always has a new nonce', async () => {
    let nonce = 0;
    const { watch, camera, client } = await opened(
      () => {
        nonce += 1;
        return { status: 401, headers: { 'WWW-Authenticate': `Digest realm="r", nonce="${nonce}"` } };
      },
      { user: 'u', password: 'p' },
    );
    client.send('OPTIONS');
    assert.equal((await watch.ended()).code, 'CAMERA_AUTH');
    await client.ended;
    assert.equal(camera.asked, 'OPTIONS OPTIONS*');
    assert.doesNotMatch(client.received.toString(), /401|WWW/);
  });

  test('without user and password the camera that asks for them is told apart', async () => {
    const { watch, camera, client } = await opened(() => ({
      status: 401,
      headers: { 'WWW-Authenticate': 'Basic realm="r"' },
    }));
    client.send('DESCRIBE');
    const error = await watch.ended();
    assert.equal(error.code, 'CAMERA_AUTH');
    assert.match(error.message, /wants a user/);
    assert.equal(camera.asked, 'DESCRIBE');
  });

  for (const method of ['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER'])
    test(`a refused ${method} does not end a session, nor does one without an answer`, async () => {
      let refusals = 0;
      const { watch, camera, client, play } = await opened(
        (request, socket) => {
          if (request.method !== method) return WELL(request, socket);
          refusals += 1;
          const status = [401, 454, 501][refusals - 1];
          return status ? { status, headers: { 'WWW-Authenticate': 'Basic realm="r"' } } : undefined;
        },
        { answerMs: 300 },
      );
      await play();
      for (let count = 0; count < 4; count += 1)
        assert.equal((await client.ask(method, { Session: 'abc' })).status, 200);
      await waitFor('all', DEADLINE_MS, () => refusals === 4);
      // Longer than the camera may take: nothing comes of it.
      await new Promise((resolve) => setTimeout(resolve, 400));
      assert.deepEqual(watch.errors, []);
      camera.sockets[0]?.write(framed(0, IDR));
      await watch.flows();
    });

  test('an OPTIONS that the camera does not know is no matter', async () => {
    const { client } = await opened(({ method }) => ({
      status: method === 'OPTIONS' ? 501 : 200,
      body: SDP,
    }));
    assert.equal((await client.ask('OPTIONS')).status, 200);
    assert.equal((await client.ask('DESCRIBE')).status, 200);
  });

  test('answers find their requests although the camera numbers them as it likes', async () => {
    const { play } = await opened((request, socket) => {
      const answer = WELL(request, socket);
      if (answer === undefined || typeof answer === 'string' || Buffer.isBuffer(answer)) return answer;
      const { status, headers = {}, body = '' } = answer;
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      return `RTSP/1.0 ${status} OK\r\nCSeq: 999\r\n${lines.join('')}Content-Length: ${body.length}\r\n\r\n${body}`;
    });
    assert.equal((await play()).status, 200);
  });

  test('a camera that asks something itself gets an answer, and ffmpeg is not bothered', async () => {
    const { camera, client, play } = await opened();
    await play();
    const [socket] = camera.sockets;
    assert.ok(socket);
    const got = new Promise<string>((resolve) => socket.once('data', (bytes) => resolve(bytes.toString())));
    client.received = Buffer.alloc(0);
    socket.write(`OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 77\r\n\r\n`);
    socket.write(framed(0, IDR));
    assert.equal(await got, 'RTSP/1.0 200 OK\r\nCSeq: 77\r\n\r\n');
    await client.until(() => client.received.length > 0);
    assert.deepEqual(client.received, framed(0, IDR));
  });

  const ends: [string, Script, CameraError['code'], RegExp][] = [
    ['HTTP', () => 'HTTP/1.1 400 Bad Request\r\n\r\n', 'CAMERA_PROTOCOL', /does not speak/],
    ['no answer', () => undefined, 'CAMERA_NETWORK', /no answer in 0\.4 s/],
    ['a close', (_, socket) => void socket.end(), 'CAMERA_NETWORK', /closed the connection/],
    ['a reset', (_, socket) => void socket.resetAndDestroy(), 'CAMERA_NETWORK', /reset the connection/],
    ['400', () => ({ status: 400 }), 'CAMERA_PROTOCOL', /error 400/],
    ['551', () => ({ status: 551 }), 'CAMERA_PROTOCOL', /error 551/],
    ['403', () => ({ status: 403 }), 'CAMERA_AUTH', /refuses/],
    ['404', () => ({ status: 404 }), 'CAMERA_NOT_FOUND', /path/],
    ['429', () => ({ status: 429 }), 'CAMERA_BUSY', /session/],
    ['500', () => ({ status: 500 }), 'CAMERA_BUSY', /session/],
    [
      'an unknown login',
      () => ({ status: 401, headers: { 'WWW-Authenticate': 'X' } }),
      'CAMERA_AUTH',
      /kind of login/,
    ],
    ['an empty description', () => ({ status: 200 }), 'CAMERA_NO_VIDEO', /No video/],
    [
      'a redirect to nowhere',
      () => ({ status: 302, headers: { Location: 'x:' } }),
      'CAMERA_PROTOCOL',
      /speak/,
    ],
    [
      'a redirect to another host',
      () => ({ status: 302, headers: { Location: 'rtsp://127.0.0.9:1/live' } }),
      'CAMERA_REFUSED',
      /another host, 127\.0\.0\.9/,
    ],
  ];
  for (const [name, script, code, message] of ends)
    test(`${name} to DESCRIBE ends with ${code}`, async () => {
      const { watch, client } = await opened(script, { answerMs: 400, user: 'u', password: 'p' });
      client.send('DESCRIBE');
      const error = await watch.ended();
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.notEqual(error.cause.advice, '');
      await client.ended;
      assert.equal(watch.errors.length, 1);
    });

  test('a redirect on the same host is followed with the login, one without end is not', async () => {
    const target = await ScriptedCamera.start(({ headers }) =>
      headers.has('authorization')
        ? { status: 200, body: SDP }
        : { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="r"' } },
    );
    cameras.push(target);
    const login = { user: 'u', password: 'p' };
    const { watch, client } = await opened((_, socket) => {
      socket.end(
        `RTSP/1.0 302 Moved\r\nCSeq: 1\r\nLocation: rtsp://a:b@127.0.0.1:${target.port}/new\r\n\r\n`,
      );
      return undefined;
    }, login);
    assert.equal((await client.ask('DESCRIBE')).status, 200);
    assert.equal(target.asked, 'DESCRIBE DESCRIBE*');
    assert.equal(target.requests[0]?.url, `rtsp://127.0.0.1:${target.port}/new`);
    const [, second] = watch.connector.targets;
    assert.deepEqual([second?.origin, second?.fromLoopback], ['server', true]);

    const endless = await opened(({ url }) => ({ status: 301, headers: { Location: url } }), login);
    endless.client.send('DESCRIBE');
    const error = await endless.watch.ended();
    assert.equal(error.code, 'CAMERA_REFUSED');
    assert.equal(endless.camera.requests.length, 4);
  });

  test('a camera that is not read from is not read out', async () => {
    const { camera, client, play } = await opened();
    await play();
    client.socket.pause();
    const [socket] = camera.sockets;
    assert.ok(socket);
    const packet = framed(0, Buffer.concat([IDR, Buffer.alloc(60_000)]));
    // More than all buffers between here and there hold.
    const count = 1000;
    for (let sent = 0; sent < count; sent += 1) socket.write(packet);
    const waiting = await settled(() => socket.writableLength);
    assert.ok(waiting > 20_000_000, `${waiting} bytes wait at the camera`);
    client.received = Buffer.alloc(0);
    client.socket.removeAllListeners('data');
    let bytes = 0;
    client.socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    client.socket.resume();
    await waitFor('all bytes', DEADLINE_MS, () => bytes >= count * packet.length);
    assert.equal(bytes, count * packet.length);
  });

  test('over UDP only datagrams of the camera are taken', async () => {
    const udp = await Promise.all(['127.0.0.1', '127.0.0.2'].map(udpAt));
    const [own, stranger] = udp;
    assert.ok(own && stranger);
    let port = 0;
    const { watch, client, play } = await opened(
      (request, socket) => {
        if (request.method !== 'SETUP') return WELL(request, socket);
        const asked = request.headers.get('transport') ?? '';
        port = Number(/client_port=(\d+)-/.exec(asked)?.[1]);
        const ports = `server_port=${own.address().port}-${own.address().port}`;
        return { status: 200, headers: { Session: 'abc', Transport: `${asked};${ports}` } };
      },
      { transport: 'udp' },
    );
    const punched = new Promise<Buffer>((resolve) => own.once('message', resolve));
    await play();
    assert.equal((await punched)[0], 0x80);
    assert.equal(port % 2, 0);
    stranger.send(Buffer.concat([IDR, Buffer.from('stranger')]), port, '127.0.0.1');
    own.send(IDR, port, '127.0.0.1');
    await client.until(() => client.packets().length > 0);
    assert.deepEqual(client.packets(), [[0, IDR]]);
    assert.equal(watch.proxy.traffic.videoPackets, 1);
    const reported = new Promise<Buffer>((resolve) => {
      own.on('message', (bytes) => bytes[1] === 201 && bytes.length === 32 && resolve(bytes));
    });
    const report = Buffer.alloc(32, 1);
    report[1] = 201;
    client.socket.write(framed(1, report));
    assert.deepEqual(await reported, report);
    await watch.stop();
    for (const socket of udp) socket.close();
  });

  test('a camera without TCP is asked for UDP, by itself and once', async () => {
    const transports: string[] = [];
    const { watch, client, setup } = await opened((request, socket) => {
      if (request.method !== 'SETUP') return WELL(request, socket);
      transports.push(request.headers.get('transport') ?? '');
      return { status: 461 };
    });
    await client.ask('DESCRIBE');
    setup().catch(() => {});
    assert.equal((await watch.ended()).code, 'CAMERA_PROTOCOL');
    assert.deepEqual(
      transports.map((transport) => transport.split(';')[0]),
      ['RTP/AVP/TCP', 'RTP/AVP/UDP'],
    );
  });

  test('stop during open aborts it; open throws, and the camera is left', async () => {
    const { proxy, connector } = new Watch('rtsp://127.0.0.1:1/');
    let aborted = false;
    connector.connect = (_target, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          aborted = true;
          reject(signal.reason);
        });
      });
    const opening = assert.rejects(proxy.open(), { name: 'AbortError' });
    await proxy.stop();
    await opening;
    assert.ok(aborted);
    await assert.rejects(proxy.open());
  });

  test('a camera that is off makes open throw, and nothing listens', async () => {
    const watch = new Watch('rtsp://127.0.0.1:1/live');
    await assert.rejects(watch.proxy.open(), { code: 'CAMERA_NETWORK' });
    assert.deepEqual(watch.errors, []);
  });

  test('stop takes leave with login and session, once, and waits for a camera only so long', async () => {
    const { camera, watch, client, play } = await opened(
      (request, socket) => {
        if (request.method === 'TEARDOWN') return undefined;
        if (request.headers.has('authorization')) return WELL(request, socket);
        return { status: 401, headers: { 'WWW-Authenticate': 'Digest realm="r", nonce="n"' } };
      },
      { user: 'u', password: 'p' },
    );
    await play();
    await Promise.all([watch.proxy.stop(), watch.proxy.stop()]);
    await client.ended;
    const last = camera.requests.at(-1);
    assert.equal(camera.asked, 'DESCRIBE DESCRIBE* SETUP* PLAY* TEARDOWN*');
    assert.equal(last?.headers.get('session'), 'abc');
    assert.deepEqual(watch.errors, []);
    assert.ok(watch.connector.sockets.every((socket: Socket) => socket.destroyed));
  });
});

/** A number when it has stopped growing. */
async function settled(read: () => number): Promise<number> {
  let before = -1;
  return waitFor('a number that stays', DEADLINE_MS, () => {
    const now = read();
    const isSame = now === before;
    before = now;
    return isSame ? now : 0;
  });
}

function udpAt(address: string) {
  const socket = createSocket('udp4');
  return new Promise<typeof socket>((resolve) => socket.bind(0, address, () => resolve(socket)));
}
