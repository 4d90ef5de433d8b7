import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { after, before, describe, test } from 'node:test';
import {
  type CameraFault,
  type EncodedVideo,
  encodeVideo,
  junkH265,
  QUIRKS,
  type Quirk,
  SimulatedCamera,
} from '../../../src/simulator';
import { sceneSource } from '../../../src/simulator/scene';
import type { CameraBehaviour } from '../../../src/simulator/simulated-camera';
import { needs } from '../../fixtures/needs';
import { waitFor } from '../../fixtures/wait';
import { FFMPEG, hasFfmpeg, play, startPlayer } from './player';
import { RawClient } from './raw-client';

const FRAMES = 12;
const SETUP_TCP = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' };

/** Quirks that ffmpeg 5.1 cannot cope with over TCP, and a stream without pictures, which it reads for ever. */
const TOO_ODD_FOR_FFMPEG = [
  'audio-only',
  'trailing-spaces',
  'content-base-without-scheme',
  'garbage-between-packets',
];

describe('the faults of the simulated camera', { skip: needs('ffmpeg', hasFfmpeg()), concurrency: 4 }, () => {
  const options = {
    ffmpeg: FFMPEG,
    source: sceneSource({ emptyS: 0.5, walkS: 0.5, stayS: 0, loopS: 2 }),
    width: 256,
    height: 144,
    fps: 10,
    gop: 5,
  };
  let video: EncodedVideo;
  const cameras: SimulatedCamera[] = [];

  before(async () => {
    video = await encodeVideo(options);
  });
  after(() => Promise.all(cameras.map((camera) => camera.stop())));

  async function started(
    behaviour: CameraBehaviour & { video?: EncodedVideo } = {},
  ): Promise<SimulatedCamera> {
    const camera = new SimulatedCamera({ video, ...behaviour });
    cameras.push(camera);
    await camera.start();
    return camera;
  }

  test('frozen: the same picture again and again, in tiny packets, without an error', async () => {
    const camera = await started({ fault: { kind: 'frozen' } });
    const { sums, stderr } = await play(camera.url, { frames: FRAMES });
    assert.equal(stderr, '');
    assert.equal(sums.length, FRAMES);
    assert.equal(new Set(sums).size, 1);
    const client = new RawClient(camera.url);
    await client.play();
    await waitFor('two GOPs', 15_000, () => markersOf(client).length >= 10);
    const sizes = markersOf(client).map((packet) => packet.length);
    assert.equal(sizes.filter((size) => size < 40).length, sizes.length - Math.ceil(sizes.length / 5));
    client.close();
  });

  test('corrupt: a player complains, and plays on', async () => {
    const camera = await started({ fault: { kind: 'corrupt', percent: 50 } });
    const { pts, stderr } = await play(camera.url, { frames: FRAMES });
    assert.equal(pts.length, FRAMES);
    assert.match(stderr, /error while decoding|corrupt|concealing/i);
  });

  test('switch: another size in the middle of the stream, and in the description of new sessions', async () => {
    const to = await encodeVideo({ ...options, width: 320, height: 180 });
    const camera = await started();
    const player = startPlayer(camera.url, { frames: 25 });
    await waitFor('some pictures', 15_000, () => camera.counters.frames >= 10);
    camera.fault = { kind: 'switch', to };
    const { pts, stderr } = await player.played;
    assert.equal(pts.length, 25);
    assert.doesNotMatch(stderr, /error/i);
    const sprop = to.sps.toString('base64');
    assert.ok((await describeOf(camera)).includes(sprop));
  });

  test('switch: H.265 after H.264, then closed; described as H.265', async () => {
    for (const to of [junkH265(video), await hevc()]) {
      if (!to) continue;
      const camera = await started();
      const client = new RawClient(camera.url);
      await client.play();
      await waitFor('pictures', 15_000, () => camera.counters.frames >= 3);
      camera.fault = { kind: 'switch', to, closeAfterMs: 500 };
      assert.equal(await client.ended, 'fin');
      assert.match(await describeOf(camera), /H265\/90000/);
    }
  });

  test('an H.265 camera plays', async (t) => {
    const to = await hevc();
    if (!to) return t.skip('this ffmpeg has no libx265');
    const camera = await started({ video: to });
    const { pts, stderr } = await play(camera.url, { frames: FRAMES });
    assert.equal(stderr, '');
    assert.equal(pts.length, FRAMES);
  });

  function hevc(): Promise<EncodedVideo | undefined> {
    return encodeVideo({ ...options, codec: 'h265' }).catch((error: Error) => {
      if (/libx265/.test(error.message)) return undefined;
      throw error;
    });
  }

  test('wrap: a player does not see it', async () => {
    const camera = await started({ fault: { kind: 'wrap', afterMs: 500 } });
    const { pts, stderr } = await play(camera.url, { frames: FRAMES });
    assert.equal(stderr, '');
    assert.deepEqual(
      pts,
      Array.from({ length: FRAMES }, (_, index) => index),
    );
  });

  test('late-keyframe: nothing can be decoded before it', async () => {
    const camera = await started({ fault: { kind: 'late-keyframe', ms: 1500 } });
    const { sums } = await play(camera.url, { frames: 3 });
    assert.equal(sums.length, 3);
    assert.ok(camera.counters.frames >= 10, `${camera.counters.frames} pictures were sent for three`);
  });

  test('stall-video with sound: the sound flows on, the video does not', async () => {
    const camera = await started({ audio: true });
    const client = await playing(camera, true);
    camera.fault = { kind: 'stall-video' };
    client.received = Buffer.alloc(0);
    await waitFor('sound', 15_000, () => client.packets().filter(([channel]) => channel === 2).length >= 5);
    const frames = camera.counters.frames;
    await waitFor(
      'more of it',
      15_000,
      () => client.packets().filter(([channel]) => channel === 2).length >= 8,
    );
    assert.equal(camera.counters.frames, frames);
    assert.equal(camera.counters.sessionsOpen, 1);
    client.close();
  });

  test('junk: a player does not mind', async () => {
    const camera = await started({ fault: { kind: 'junk' } });
    const { pts, stderr } = await play(camera.url, { frames: FRAMES });
    assert.equal(stderr, '');
    assert.equal(pts.length, FRAMES);
  });

  test('udp-blocked: UDP is agreed to, and nothing arrives; TCP works', async () => {
    const camera = await started({ fault: { kind: 'udp-blocked' } });
    assert.equal((await overUdp(camera, 5)).length, 0);
    const client = new RawClient(camera.url);
    await client.play();
    await waitFor('a picture', 15_000, () => markersOf(client).length > 0);
    client.close();
  });

  test('udp-loss: packets are missing', async () => {
    const camera = await started({ fault: { kind: 'udp-loss', percent: 30 } });
    const numbers = (await overUdp(camera, 20)).map((packet) => packet.readUInt16BE(2));
    const span = ((numbers.at(-1) ?? 0) - (numbers[0] ?? 0) + 1 + 2 ** 16) % 2 ** 16;
    assert.ok(numbers.length > 0.4 * span && numbers.length < 0.95 * span, `${numbers.length} of ${span}`);
  });

  /** RTP packets that arrive over UDP while a camera makes some pictures. */
  async function overUdp(camera: SimulatedCamera, pictures: number): Promise<Buffer[]> {
    const socket = createSocket('udp4');
    const packets: Buffer[] = [];
    socket.on('message', (packet) => packets.push(packet));
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    const client = new RawClient(camera.url);
    await client.play({ Transport: `RTP/AVP;unicast;client_port=${port}-${port}` });
    const from = camera.counters.frames;
    await waitFor('pictures', 15_000, () => camera.counters.frames >= from + pictures);
    client.close();
    socket.close();
    return packets.filter((packet) => ((packet[1] ?? 0) & 0x7f) === 96);
  }

  test('redirect: a player follows to another port, and in a loop without end', async () => {
    const other = await started();
    const to = Number(new URL(other.url).port);
    for (const status of [301, 302] as const) {
      const camera = await started({ fault: { kind: 'redirect', to, status } });
      const { pts } = await play(camera.url, { frames: 2 });
      assert.equal(pts.length, 2);
      assert.equal(camera.counters.setup, 0);
    }
    const loop = await started({ fault: { kind: 'redirect', to: 'loop' } });
    const player = startPlayer(loop.url, { frames: 1 });
    await waitFor('the loop', 15_000, () => loop.counters.describe > 3);
    player.child.kill('SIGKILL');
    assert.equal((await player.played).pts.length, 0);
  });

  for (const [name, what] of Object.entries(QUIRKS) as [Quirk, string][])
    test(`quirk ${name}: ${what}`, async () => {
      const fault: CameraFault = { kind: 'quirk', name };
      const camera = await started({ fault });
      const text = await describeOf(camera);
      const { headers, pictures } = await firstPictures(camera);
      assert.ok(HOLDS[name]({ text, headers, pictures }), `${text}\n${headers}`);
      if (TOO_ODD_FOR_FFMPEG.includes(name)) return;
      const { stderr } = await play(camera.url, { frames: 3 });
      assert.equal(stderr, '');
    });
});

async function describeOf(camera: SimulatedCamera): Promise<string> {
  const client = new RawClient(camera.url);
  const { text } = await client.ask('DESCRIBE');
  client.close();
  return text;
}

/** A session over TCP that plays, with sound on channel 2. */
async function playing(camera: SimulatedCamera, withSound = false): Promise<RawClient> {
  const client = new RawClient(camera.url);
  const { text } = await client.ask('SETUP', SETUP_TCP, '/trackID=0');
  const Session = /Session: (\w+)/.exec(text)?.[1] ?? '';
  const Transport = 'RTP/AVP/TCP;unicast;interleaved=2-3';
  if (withSound) await client.ask('SETUP', { Transport, Session }, '/trackID=1');
  await client.ask('PLAY', { Session });
  return client;
}

/** The answers to SETUP and PLAY, and the bytes that follow up to the end of the second picture. */
async function firstPictures(camera: SimulatedCamera): Promise<{ headers: string; pictures: Buffer }> {
  const client = new RawClient(camera.url);
  const agent = { 'User-Agent': 'test' };
  const setup = await client.ask('SETUP', { ...SETUP_TCP, ...agent }, '/trackID=0');
  const Session = /Session: (\w+)/.exec(setup.text)?.[1] ?? '';
  const played = await client.ask('PLAY', { Session, ...agent });
  const before = camera.counters.frames;
  await waitFor('two pictures', 15_000, () => camera.counters.frames >= before + 2);
  await waitFor('their bytes', 15_000, () => client.received.length > 2000);
  client.close();
  const headEnd = client.received.indexOf('\r\n\r\n') + 4;
  return { headers: setup.text + played.text, pictures: client.received.subarray(headEnd) };
}

/** What is seen of each quirk. */
const HOLDS: Record<Quirk, (seen: { text: string; headers: string; pictures: Buffer }) => boolean> = {
  'audio-only': ({ text }) => !text.includes('m=video') && text.includes('m=audio'),
  'no-sprop': ({ text }) => text.includes('packetization-mode=1') && !text.includes('sprop'),
  'two-s-lines': ({ text }) => text.match(/^s=/gm)?.length === 2,
  'bad-c-line': ({ text }) => text.includes('\r\nc=IN\r\n'),
  'no-c-line': ({ text }) => text.includes('\r\nv=0') && !text.includes('\r\nc='),
  'trailing-spaces': ({ text }) => text.includes('v=0 \r\n'),
  'absolute-control': ({ text }) => /a=control:rtsp:\/\/\S+\/live\/trackID=0/.test(text),
  'no-content-type': ({ text }) => text.includes('v=0') && !/content-type/i.test(text),
  'no-content-base': ({ text }) => text.includes('v=0') && !/content-base/i.test(text),
  'content-base-without-scheme': ({ text }) => /Content-Base: 127\.0\.0\.1:\d+\/live\//.test(text),
  'rtp-info-zero': ({ headers }) => headers.includes(';seq=0;rtptime=0'),
  'no-rtp-info': ({ headers }) => headers.includes('Range: ') && !headers.includes('RTP-Info'),
  'session-id-changes': ({ headers }) =>
    new Set([...headers.matchAll(/Session: (\w+)/g)].map(([, id]) => id)).size === 2,
  // The first packet is the SPS.
  'marker-on-each-nal': ({ pictures }) => ((pictures[nthPacket(pictures, 0) + 1] ?? 0) & 0x80) !== 0,
  // The type of all is that of the first NAL unit, the SPS.
  'annex-b': ({ pictures }) =>
    ((pictures[nthPacket(pictures, 0) + 13] ?? 0) & 0x1f) === 7 &&
    pictures.includes(Buffer.from([0, 0, 0, 1])),
  'big-packets': ({ pictures }) => pictures.readUInt16BE(nthPacket(pictures, 2) - 2) > 1400,
  'garbage-between-packets': ({ pictures }) => pictures.includes(Buffer.from([0, 0, 0, 0, 0, 0x24, 0])),
  'needs-user-agent': ({ text }) => text.startsWith('RTSP/1.0 400'),
};

/** Where the nth RTP packet begins in interleaved bytes. */
function nthPacket(bytes: Buffer, n: number): number {
  let at = 0;
  for (let found = -1; at + 4 <= bytes.length; at += 4 + bytes.readUInt16BE(at + 2)) {
    if (bytes[at + 1] === 0) found += 1;
    if (found === n) return at + 4;
  }
  return at;
}

/** The last packet of each video picture received since the last request. */
function markersOf(client: RawClient): Buffer[] {
  return client
    .packets()
    .filter(([channel, packet]) => channel === 0 && ((packet[1] ?? 0) & 0x80) !== 0)
    .map(([, packet]) => packet);
}
