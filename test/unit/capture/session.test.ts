import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { spawnFfmpeg } from '../../../src/capture/children';
import { Doorkeeper } from '../../../src/capture/doorkeeper';
import { type FfmpegBinary, findFfmpeg } from '../../../src/capture/ffmpeg-binary';
import {
  type CapturedFrame,
  Session,
  type SessionParts,
  type SessionSettings,
} from '../../../src/capture/session';
import { type CameraSource, SYSTEM_TRUST } from '../../../src/capture/source';
import { systemClock } from '../../../src/shared/clock';
import { CameraError } from '../../../src/shared/errors';
import { FakeClock } from '../../fixtures/fake-clock';
import { fakeFeeds } from '../../fixtures/fake-feed';
import { fakeSpawn, settle } from '../../fixtures/fake-ffmpeg-child';

const BINARY: FfmpegBinary = { path: 'ffmpeg', version: '5.1', hasFpsMode: true, rtspOptions: new Set() };
const RTSP: CameraSource = {
  kind: 'rtsp',
  url: 'rtsp://cam/live',
  user: 'admin',
  password: 's3cret-pw',
  transport: 'tcp',
  tls: SYSTEM_TRUST,
};
const DECODE = { mode: 'keyframes', fps: 2, maxWidthPx: 1280, masks: [] } as const;
/** Another ffmpeg than the system's, to run these tests with by hand. */
const FFMPEG = process.env.TEST_FFMPEG ?? '';

const root = mkdtempSync(join(tmpdir(), 'session-'));
const clip = join(root, 'clip.mp4');
const folder = join(root, 'folder');
before(() => {
  // 4 s at 10 a second, a keyframe each second.
  const make = (path: string, extra: string[] = []) =>
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      'testsrc=s=320x180:r=10:d=4',
      '-g',
      '10',
      ...extra,
      path,
    ]);
  make(clip, ['-c:v', 'mpeg4', '-sc_threshold', '1000000000']);
  mkdirSync(folder);
  for (const name of ['10.mp4', '2.mp4'])
    make(join(folder, name), ['-c:v', 'mpeg4', '-sc_threshold', '1000000000']);
});
after(() => rmSync(root, { recursive: true }));

function start(settings: Partial<SessionSettings>, parts: Partial<SessionParts> = {}) {
  const frames: CapturedFrame[] = [];
  const phases: string[] = [];
  const errors: CameraError[] = [];
  const told: string[] = [];
  const waiting: { until: () => boolean; resolve: () => void }[] = [];
  const look = () => {
    for (const { until, resolve } of waiting) if (until()) resolve();
  };
  const session = new Session(
    {
      camera: 'cam1',
      ffmpegPath: '',
      source: RTSP,
      decode: DECODE,
      firstFrameMs: 30_000,
      silenceMs: 0,
      health: { holdMs: 10_000, frozenMs: 300_000 },
      ...settings,
    },
    {
      clock: systemClock,
      spawn: spawnFfmpeg,
      random: () => 0.5,
      doorkeeper: new Doorkeeper(parts.clock ?? systemClock, 4),
      openFeed: () => null,
      findFfmpeg: () => findFfmpeg({ configured: FFMPEG, env: process.env, bundled: null }),
      ...parts,
    },
    {
      onFrame: (frame) => {
        frames.push(frame);
        look();
      },
      onPhase: (phase, error) => {
        phases.push(error ? `${phase} ${error.code}` : phase);
        if (error) errors.push(error);
        look();
      },
      onHealth: (error) => told.push(error?.code ?? ''),
    },
  );
  const reached = (until: () => boolean) =>
    new Promise<void>((resolve) => {
      waiting.push({ until, resolve });
      look();
    });
  session.start();
  return { session, frames, phases, errors, told, reached };
}

/** A session whose feed and ffmpeg are fakes, on a fake clock. */
function startFake(settings: Partial<SessionSettings> = {}, parts: Partial<SessionParts> = {}) {
  const clock = new FakeClock();
  const fake = fakeSpawn();
  const { openFeed, feeds, refusals } = fakeFeeds();
  const started = start(settings, {
    clock,
    spawn: fake.spawn,
    openFeed,
    findFfmpeg: async () => BINARY,
    ...parts,
  });
  return { clock, feeds, refusals, ...fake, ...started };
}

/** The first ffmpeg ends; a second later the next one has a frame. */
async function loseOnce({ clock, children }: ReturnType<typeof startFake>): Promise<void> {
  children[0]?.exit();
  await settle();
  clock.advance(1000);
  await settle();
  children[1]?.frame(0);
  await settle();
}

test('a frame carries all that the contract names', async () => {
  const { clock, children, frames, session } = startFake();
  await settle();
  clock.advance(500);
  children[0]?.frame(1234);
  await settle();
  children[0]?.frame(1274);
  await settle();
  const [first, second] = frames.map(({ info }) => info);
  assert.deepEqual(
    { ...first, luma: undefined, id: undefined },
    {
      camera: 'cam1',
      id: undefined,
      seq: 1,
      time: clock.now(),
      pts: 0,
      age: 0,
      width: 640,
      height: 360,
      type: 'image/jpeg',
      keyframe: true,
      luma: undefined,
    },
  );
  assert.deepEqual([first?.luma?.width, first?.luma?.height, first?.luma?.data.length], [160, 90, 14_400]);
  assert.deepEqual([second?.seq, second?.pts], [2, 40]);
  assert.notEqual(first?.id, second?.id);
  assert.equal(session.health('Gate')?.frames, 2);
});

test('only a stream of keyframes says that its frames are keyframes', async () => {
  const { children, frames } = startFake({ decode: { ...DECODE, mode: 'all', fps: 2, maxWidthPx: 1280 } });
  await settle();
  children[0]?.frame(0);
  await settle();
  assert.equal(frames[0]?.info.keyframe, null);
});

test('a camera that is lost is opened again, and its ids, counts and times go on', async () => {
  const fake = startFake();
  const { clock, children, frames, phases } = fake;
  await settle();
  children[0]?.frame(5_000_000);
  await settle();
  clock.advance(100);
  await loseOnce(fake);
  assert.deepEqual(phases, ['connecting', 'live', 'waiting CAMERA_LOST', 'connecting CAMERA_LOST', 'live']);
  const [before_, after_] = frames.map(({ info }) => info);
  assert.equal(after_?.seq, 2);
  assert.equal(after_?.pts, 0, 'the stream began anew');
  assert.equal((after_?.time ?? 0) - (before_?.time ?? 0), 1100);
});

test('two frames never have the same id, over restarts of the process neither', async () => {
  const ids = new Set<string>();
  for (let run = 0; run < 3; run++) {
    const clock = new FakeClock(Date.UTC(2026, 0, 15, 12) + run);
    const { children, frames } = startFake({}, { clock });
    await settle();
    for (let n = 0; n < 3; n++) {
      children[0]?.frame(n * 40);
      await settle();
    }
    for (const { info } of frames) ids.add(info.id);
  }
  assert.equal(ids.size, 9);
});

test('a stop while ffmpeg is looked for starts none', async () => {
  let found = (_binary: FfmpegBinary) => {};
  const findLate = () =>
    new Promise<FfmpegBinary>((resolve) => {
      found = resolve;
    });
  const { session, children, phases, clock } = startFake({}, { findFfmpeg: findLate });
  session.stop();
  found(BINARY);
  await settle();
  assert.equal(children.length, 0);
  assert.equal(phases.at(-1), 'idle');
  assert.equal(clock.pending, 0);
});

test('an ffmpeg that was looked for too long is not started behind the back of the supervision', async () => {
  const waiting: ((binary: FfmpegBinary) => void)[] = [];
  const { session, children, phases, clock, running } = startFake(
    { firstFrameMs: 5000 },
    { findFfmpeg: () => new Promise((resolve) => waiting.push(resolve)) },
  );
  await settle();
  clock.advance(5000);
  assert.ok(phases.includes('stalled CAMERA_STALLED'));
  waiting[0]?.(BINARY);
  await settle();
  assert.equal(running().length, 0);
  assert.equal(phases.at(-1), 'waiting CAMERA_STALLED');
  clock.advance(1000);
  await settle();
  waiting[1]?.(BINARY);
  await settle();
  assert.equal(children.length, 1);
  session.stop();
});

test('an ffmpeg that is missing is told, and looked for again', async () => {
  let isThere = false;
  const { clock, children, phases } = startFake(
    {},
    {
      findFfmpeg: async () => {
        if (!isThere) throw new CameraError('CAMERA_FFMPEG_MISSING', 'None.');
        return BINARY;
      },
    },
  );
  await settle();
  assert.equal(phases.at(-1), 'waiting CAMERA_FFMPEG_MISSING');
  isThere = true;
  clock.advance(33_000);
  await settle();
  assert.equal(children.length, 1);
});

test('a stop is done when ffmpeg has gone', async () => {
  const { session, children } = startFake();
  await settle();
  let done = false;
  const stopped = session.stop().then(() => {
    done = true;
  });
  assert.equal(done, false);
  await stopped;
  assert.equal(children[0]?.isGone, true);
  await session.stop();
});

test('no password is in the arguments of ffmpeg, nor in anything that is told', async () => {
  const { children, session } = startFake();
  await settle();
  assert.ok(children[0]?.args.includes('rtsp://127.0.0.1:9/feed'));
  assert.ok(!children[0]?.args.join(' ').includes('s3cret'));
  children[0]?.exit('[error] rtsp://admin:s3cret-pw@cam/live: Server returned 404 Not Found');
  await settle();
  const health = session.health('Gate');
  assert.equal(health?.code, 'CAMERA_NOT_FOUND');
  assert.ok(!JSON.stringify(health).includes('s3cret'));
});

test('the test pattern gives frames at its rate, with a bright plane', async () => {
  const { session, frames, reached } = start({
    source: { kind: 'pattern' },
    decode: { ...DECODE, mode: 'all', fps: 10, maxWidthPx: 320 },
  });
  await reached(() => frames.length >= 8);
  const infos = frames.map(({ info }) => info);
  for (const { width, height, pts, luma, keyframe } of infos) {
    assert.deepEqual([width, height, keyframe], [320, 180, null]);
    assert.equal(pts % 100, 0);
    const bytes = luma?.data ?? Buffer.alloc(0);
    assert.ok(bytes.length === 14_400 && new Set(bytes).size > 5, 'the plane shows something');
  }
  // On a busy machine only the newest of those that wait counts, and the others are counted.
  const dropped = session.health('')?.dropped ?? 0;
  assert.ok((infos.at(-1)?.pts ?? 0) / 100 <= infos.length - 1 + dropped);
  assert.ok(infos.every(({ time }, n) => n === 0 || time > (infos[n - 1]?.time ?? 0)));
  await session.stop();
});

test('a recording at full speed gives each of its keyframes once, with the times between them, and ends', async () => {
  const { frames, phases, reached, session } = start({
    source: { kind: 'file', path: clip, pace: 'fast', loop: false },
  });
  await reached(() => phases.at(-1) === 'ended CAMERA_ENDED');
  assert.deepEqual(
    frames.map(({ info }) => info.pts),
    [0, 1000, 2000, 3000],
  );
  const times = frames.map(({ info }) => info.time - (frames[0]?.info.time ?? 0));
  assert.deepEqual(times, [0, 1000, 2000, 3000]);
  assert.deepEqual([frames[0]?.info.width, frames[0]?.info.height], [320, 180]);
  await session.stop();
});

test('all frames of a recording are thinned to the rate that is set', async () => {
  const { frames, phases, reached } = start({
    source: { kind: 'file', path: clip, pace: 'fast', loop: false },
    decode: { ...DECODE, mode: 'all', fps: 2, maxWidthPx: 1280 },
  });
  await reached(() => phases.at(-1) === 'ended CAMERA_ENDED');
  assert.deepEqual(
    frames.map(({ info }) => info.pts),
    [0, 500, 1000, 1500, 2000, 2500, 3000, 3500],
  );
});

test('a folder is played in the order of its names, and its time never goes back', async () => {
  const { frames, phases, reached } = start({
    source: { kind: 'file', path: folder, pace: 'fast', loop: false },
  });
  await reached(() => phases.at(-1) === 'ended CAMERA_ENDED');
  assert.deepEqual(
    frames.map(({ info }) => info.pts),
    [0, 1000, 2000, 3000, 0, 1000, 2000, 3000],
  );
  assert.ok(frames.every(({ info }, n) => n === 0 || info.time > (frames[n - 1]?.info.time ?? 0)));
  assert.ok(!phases.some((phase) => phase.startsWith('waiting ')), 'nothing is wrong between two recordings');
});

test('a recording in a loop begins again', async () => {
  const { session, frames, reached } = start({
    source: { kind: 'file', path: clip, pace: 'fast', loop: true },
  });
  await reached(() => frames.length >= 6);
  assert.equal(frames[4]?.info.pts, 0);
  await session.stop();
});

test('a recording with broken pictures comes to its end as any other', async () => {
  const { children, phases } = startFake({ source: { kind: 'file', path: clip, pace: 'fast', loop: false } });
  // The file is looked up for real.
  while (children.length === 0) await settle();
  children[0]?.frame(0);
  await settle();
  children[0]?.exit('[h264 @ 0x1] [error] error while decoding MB 7 0, bytestream 321\n');
  await settle();
  assert.equal(phases.at(-1), 'ended CAMERA_ENDED');
});

test('a file that is no video is told as such', async () => {
  const { phases, reached, session } = start({
    source: { kind: 'file', path: __filename, pace: 'fast', loop: true },
  });
  await reached(() => phases.some((phase) => phase.startsWith('waiting')));
  assert.match(phases.at(-1) ?? '', /CAMERA_PROTOCOL/);
  await session.stop();
});

test('an ffmpeg that cannot be started tells why, without a password', async () => {
  const spawn = (): never => {
    throw new Error('cannot use s3cret-pw');
  };
  const { phases, session, errors } = startFake({}, { spawn });
  await settle();
  assert.deepEqual(phases, ['connecting', 'waiting CAMERA_LOST']);
  assert.equal(errors.at(-1)?.cause.detail, 'cannot use ***');
  assert.notEqual(errors.at(-1)?.cause.advice, '');
  session.stop();
});

test('event time goes on at its own pace where the clock of the machine is set back', async () => {
  const { clock, children, frames } = startFake();
  await settle();
  for (let n = 0; n < 10; n++) {
    if (n === 3) clock.stepWall(-3_600_000);
    children[0]?.frame(n * 1000);
    await settle();
    clock.advance(1000);
  }
  const times = frames.map(({ info }) => info.time);
  assert.deepEqual(
    times.slice(1).map((time, n) => time - (times[n] ?? 0)),
    Array(9).fill(1000),
  );
});

test('event time follows where the clock of the machine is set forward, as after a start without network', async () => {
  const { clock, children, frames } = startFake();
  await settle();
  children[0]?.frame(0);
  await settle();
  clock.advance(1000);
  clock.stepWall(3_600_000);
  children[0]?.frame(1000);
  await settle();
  assert.equal(frames[1]?.info.time, clock.now());
});

const lost = new CameraError('CAMERA_LOST', 'The camera has closed the connection.');

test('a camera that cannot be reached costs no ffmpeg', async () => {
  const it = startFake();
  it.refusals.push(new CameraError('CAMERA_NETWORK', 'Nobody is there.'));
  await settle();
  assert.deepEqual(it.phases, ['connecting', 'waiting CAMERA_NETWORK']);
  assert.equal(it.children.length, 0);
  it.clock.advance(1000);
  await settle();
  assert.equal(it.children.length, 1);
  it.session.stop();
});

test('when its feed ends, ffmpeg may hand over its last frames, and the feed says why it ended', async () => {
  const { children, feeds, frames, phases, clock } = startFake();
  await settle();
  children[0]?.frame(0);
  await settle();
  feeds[0]?.listener.onEnd(lost);
  children[0]?.frame(1000);
  await settle();
  assert.equal(frames.length, 2);
  assert.equal(phases.at(-1), 'live');
  clock.advance(1000);
  await settle();
  assert.equal(children[0]?.isGone, true);
  assert.equal(phases.at(-1), 'waiting CAMERA_LOST');
  assert.equal(feeds[0]?.isStopped, true);
});

test('a stop ends the feed too, so that the camera hears of it, and it is over when both are closed', async () => {
  const { session, feeds, children, clock } = startFake();
  await settle();
  children[0]?.frame(0);
  await settle();
  await session.stop();
  assert.deepEqual([feeds[0]?.isStopped, children[0]?.isGone, clock.pending], [true, true, 0]);
});

test('packets that stop are a stall after 8 s, while a long GOP is none', async () => {
  const { clock, feeds, children, phases } = startFake();
  await settle();
  children[0]?.frame(0);
  await settle();
  for (let n = 0; n < 38; n++) {
    clock.advance(500);
    feeds[0]?.video({ lastVideoAt: clock.monotonic(), videoBytes: n * 1000 });
  }
  assert.equal(phases.at(-1), 'live');
  clock.advance(7999);
  assert.equal(phases.at(-1), 'live');
  clock.advance(1);
  assert.ok(phases.includes('stalled CAMERA_STALLED'));
});

test('nothing over UDP: the next opening asks for TCP, and soon', async () => {
  const { clock, feeds } = startFake({ source: { ...RTSP, transport: 'udp' } as CameraSource });
  await settle();
  feeds[0]?.listener.onEnd(new CameraError('CAMERA_UDP', 'Nothing came.'));
  clock.advance(1000);
  await settle();
  clock.advance(1000);
  await settle();
  const asked = feeds.map(({ source }) => (source.kind === 'rtsp' ? source.transport : ''));
  assert.deepEqual(asked, ['udp', 'tcp']);
});

test('auto: a GOP above 4 s is decoded as a whole from then on, and that is no loss', async () => {
  const { clock, feeds, children, phases, frames, session } = startFake({
    decode: { ...DECODE, mode: 'auto' },
  });
  await settle();
  assert.ok(children[0]?.args.includes('nokey'));
  children[0]?.frame(0);
  await settle();
  feeds[0]?.video({ lastVideoAt: clock.monotonic(), lastKeyframeAt: clock.monotonic(), gopMs: 10_000 });
  await settle();
  assert.equal(children[0]?.isGone, true);
  assert.equal(children.length, 2);
  assert.ok(!children[1]?.args.includes('nokey'));
  children[1]?.frame(0);
  await settle();
  assert.deepEqual(phases, ['connecting', 'live', 'connecting', 'live']);
  assert.deepEqual([frames[0]?.info.keyframe, frames[1]?.info.keyframe], [true, null]);
  assert.equal(session.health('')?.reconnects, 0);
  session.stop();
});

test('auto: a GOP of 2 s stays with keyframes, for good', async () => {
  const { clock, feeds, children } = startFake({ decode: { ...DECODE, mode: 'auto' } });
  await settle();
  children[0]?.frame(0);
  await settle();
  feeds[0]?.video({ lastVideoAt: clock.monotonic(), lastKeyframeAt: clock.monotonic(), gopMs: 2000 });
  feeds[0]?.video({ lastVideoAt: clock.monotonic(), lastKeyframeAt: clock.monotonic(), gopMs: 10_000 });
  await settle();
  assert.equal(children.length, 1);
});

test('auto: where packets do not tell, the first two keyframes decide', async () => {
  const file = { kind: 'file', path: clip, pace: 'live', loop: true } as const;
  const { children } = startFake({ source: file, decode: { ...DECODE, mode: 'auto' } });
  while (children.length === 0) await settle();
  children[0]?.frame(0);
  await settle();
  children[0]?.frame(12_000);
  while (children.length === 1) await settle();
  assert.ok(!children[1]?.args.includes('nokey'));
});

test('its health tells rates, age and trouble, and a blip is told to nobody', async () => {
  const fake = startFake();
  const { clock, feeds, children, session, told } = fake;
  await settle();
  for (let n = 0; n <= 10; n++) {
    children[0]?.frame(n * 1000);
    feeds[0]?.video({
      lastVideoAt: clock.monotonic(),
      videoBytes: n * 250_000,
      pictures: n * 15,
      gopMs: 1000,
      lostPackets: n,
    });
    await settle();
    clock.advance(1000);
  }
  await loseOnce(fake);
  assert.deepEqual(told, ['']);
  const health = session.health('Gate');
  assert.deepEqual(
    [
      health?.state,
      health?.grade,
      health?.reconnects,
      health?.reconnectsPerHour,
      health?.corruptionsPerMinute,
    ],
    ['online', 'fair', 1, 1, 10],
  );
  assert.equal(health?.frameAgeMs, 0);
});

test('the stream is described as the camera sends it', async () => {
  const { clock, feeds, children, session } = startFake();
  await settle();
  for (let n = 0; n <= 8; n++) {
    children[0]?.frame(n * 1000);
    feeds[0]?.video({
      lastVideoAt: clock.monotonic(),
      videoBytes: n * 250_000,
      pictures: n * 15,
      gopMs: 1000,
    });
    await settle();
    if (n < 8) clock.advance(1000);
  }
  assert.deepEqual(session.health('')?.stream, { codec: 'h264', gopMs: 1000, fps: 15, kbps: 2000 });
  assert.equal(session.health('')?.fps, 1);
});

test('the same picture for five minutes is told as frozen', async () => {
  const { clock, children, told } = startFake();
  await settle();
  for (let n = 0; n < 310; n++) {
    children[0]?.frame(n * 1000);
    await settle();
    clock.advance(1000);
  }
  assert.deepEqual(told, ['', 'CAMERA_FROZEN']);
});

test('the first frame has the time at which its packets came, not that at which ffmpeg let it go', async () => {
  const { clock, feeds, children, frames } = startFake();
  await settle();
  feeds[0]?.video({ lastVideoAt: clock.monotonic(), lastKeyframeAt: clock.monotonic() });
  const arrivedAt = clock.now();
  clock.advance(1200);
  children[0]?.frame(0);
  await settle();
  assert.deepEqual([frames[0]?.info.time, frames[0]?.info.age], [arrivedAt, 1200]);
  clock.advance(800);
  feeds[0]?.video({ lastVideoAt: clock.monotonic(), lastKeyframeAt: clock.monotonic() });
  clock.advance(30);
  children[0]?.frame(2000);
  await settle();
  assert.deepEqual([frames[1]?.info.time, frames[1]?.info.age], [arrivedAt + 2000, 30]);
});

test('a camera that is asked for a picture every five minutes is no stall in between', async () => {
  const source = {
    kind: 'snapshot',
    url: 'http://cam/picture.jpg',
    user: '',
    password: '',
    tls: SYSTEM_TRUST,
    everyMs: 300_000,
  } as const;
  const { clock, feeds, children, phases } = startFake({ source });
  await settle();
  for (let n = 0; n < 4; n++) {
    feeds[0]?.video({ lastVideoAt: clock.monotonic(), lastKeyframeAt: clock.monotonic(), keyframes: n });
    children[0]?.frame(n * 300_000);
    await settle();
    clock.advance(300_000);
  }
  assert.deepEqual(phases, ['connecting', 'live']);
});

test('a camera that goes over to another size is opened anew, as ffmpeg would keep the first one; not all the time', async () => {
  const { clock, feeds, children, phases, session } = startFake();
  await settle();
  children[0]?.frame(0);
  await settle();
  feeds[0]?.video({ lastVideoAt: clock.monotonic(), formatChanges: 1 });
  await settle();
  assert.equal(children.length, 2);
  children[1]?.frame(0);
  await settle();
  feeds[1]?.video({ lastVideoAt: clock.monotonic(), formatChanges: 1 });
  await settle();
  assert.equal(children.length, 2);
  assert.ok(!phases.some((phase) => phase.includes('CAMERA')));
  assert.equal(session.health('')?.reconnects, 0);
});
