import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { spawnFfmpeg } from '../../../src/capture/children';
import { Decoder, type DecoderOptions } from '../../../src/capture/decoder';
import { ffmpegArgs } from '../../../src/capture/ffmpeg-args';
import { findFfmpeg } from '../../../src/capture/ffmpeg-binary';
import type { DecodedFrame } from '../../../src/capture/frame-assembler';
import { type CameraSource, SYSTEM_TRUST } from '../../../src/capture/source';
import { systemClock } from '../../../src/shared/clock';
import { FakeClock } from '../../fixtures/fake-clock';
import { type FakeFfmpegChild, fakeSpawn, settle } from '../../fixtures/fake-ffmpeg-child';
import { needs } from '../../fixtures/needs';
import { waitFor } from '../../fixtures/wait';

const PROGRAM = join(__dirname, '../../fixtures/fake-ffmpeg.cjs');

interface Plan {
  frames?: number;
  pauseMs?: number;
  stderr?: string;
  floodBytes?: number;
  ignoresTerm?: boolean;
  thenHangs?: boolean;
}

/** Runs a program that follows the plan; `exit` gives what it printed. */
function run(plan: Plan, options: Partial<DecoderOptions> = {}) {
  const frames: DecodedFrame[] = [];
  let gone = (_text: string) => {};
  const exit = new Promise<string>((resolve) => {
    gone = resolve;
  });
  const decoder = new Decoder({
    path: process.execPath,
    args: [PROGRAM, JSON.stringify(plan)],
    secrets: [],
    paced: false,
    clock: systemClock,
    spawn: spawnFfmpeg,
    onFrame: (frame) => frames.push(frame),
    onExit: (text) => gone(text),
    ...options,
  });
  return { decoder, frames, exit };
}

test('paced: every frame that was written is handed over before the exit is told', async () => {
  const { frames, exit } = run({ frames: 100 }, { paced: true });
  assert.equal(await exit, '');
  assert.deepEqual(
    frames.map(({ jpeg, luma, ptsMs }) => [jpeg.at(-1), luma[0], luma.length, ptsMs]),
    frames.map((_, n) => [n, n, 14_400, n * 40]),
  );
  assert.equal(frames.length, 100);
});

test('one that ends at the first SIGTERM is not killed', async () => {
  const clock = new FakeClock();
  const { decoder, exit } = run({ thenHangs: true }, { clock });
  decoder.stop();
  await exit;
  assert.equal(clock.pending, 0, 'no timer is left');
});

test('one that ignores SIGTERM is asked again after 1.5 s and killed after 2.5 s', async () => {
  const clock = new FakeClock();
  const fake = fakeSpawn({ obeys: false });
  const { decoder, exit } = run({}, { clock, spawn: fake.spawn });
  const [child] = fake.children;
  decoder.stop();
  assert.deepEqual(child?.signals, ['SIGTERM']);
  clock.advance(1499);
  assert.deepEqual(child?.signals, ['SIGTERM']);
  clock.advance(1);
  assert.deepEqual(child?.signals, ['SIGTERM', 'SIGTERM']);
  clock.advance(1000);
  assert.deepEqual(child?.signals, ['SIGTERM', 'SIGTERM', 'SIGKILL']);
  await exit;
});

test('a real process that ignores SIGTERM is gone when the exit is told', async () => {
  const clock = new FakeClock();
  let pid: number | undefined;
  const { decoder, frames, exit } = run(
    { frames: 1, ignoresTerm: true, thenHangs: true },
    {
      clock,
      spawn: (path, args) => {
        const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] });
        pid = child.pid;
        return child;
      },
    },
  );
  while (frames.length === 0) await settle();
  decoder.stop();
  clock.advance(2500);
  await exit;
  assert.throws(() => process.kill(pid ?? 0, 0), { code: 'ESRCH' });
});

test('no frame comes after a stop', async () => {
  const clock = new FakeClock();
  const { decoder, frames, exit } = run({ frames: 1000, ignoresTerm: true, thenHangs: true }, { clock });
  while (frames.length === 0) await settle();
  decoder.stop();
  const count = frames.length;
  for (let turn = 0; turn < 20; turn++) await settle();
  clock.advance(2500);
  await exit;
  assert.equal(frames.length, count);
});

test('a second stop does nothing', async () => {
  const fake = fakeSpawn();
  const { decoder, exit } = run({}, { spawn: fake.spawn, clock: new FakeClock() });
  decoder.stop();
  decoder.stop();
  await exit;
  decoder.stop();
  assert.deepEqual(fake.children[0]?.signals, ['SIGTERM']);
});

test('a flood of errors neither stops the stream nor fills the memory', async () => {
  const { frames, exit } = run({ frames: 5, floodBytes: 20_000_000 });
  const text = await exit;
  assert.equal(frames.at(-1)?.ptsMs, 160);
  assert.ok(text.length <= 4000, `${text.length} characters are kept`);
});

test('a secret is taken out of what is printed', async () => {
  const stderr = '[error] rtsp://admin:s3cret-pw@cam/live: refused, s3cret-pw\n';
  assert.equal(
    await run({ stderr }, { secrets: ['s3cret-pw'] }).exit,
    '[error] rtsp://***@cam/live: refused, ***\n',
  );
});

test('a secret that is cut by the limit of what is kept does not show its rest', async () => {
  const address = 'rtsp://admin:s3cret-password-of-the-gate@cam/live';
  for (let before = 3960; before < 4010; before += 3) {
    const fake = fakeSpawn();
    const { exit } = run({}, { spawn: fake.spawn, secrets: ['s3cret-password-of-the-gate'] });
    fake.children[0]?.exit(`${address}${'x'.repeat(before - 20)}\nend\n`);
    const text = await exit;
    assert.ok(!/gate|password/.test(text), `${before} characters behind it: ${text.slice(0, 60)}`);
  }
});

test('a program that cannot be started is told as such, once', async () => {
  let exits = 0;
  const text = await new Promise<string>((resolve) => {
    run(
      {},
      {
        path: '/nowhere/ffmpeg',
        spawn: (path, args) => spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] }),
        onExit: (printed) => {
          exits++;
          resolve(printed);
        },
      },
    );
  });
  await settle();
  assert.match(text, /ENOENT/);
  assert.equal(exits, 1);
});

test('paced: frames come one a turn, ffmpeg waits meanwhile, and none is lost at the end', async () => {
  const perTurn: number[] = [];
  let inThisTurn = 0;
  const { frames, exit } = run(
    { frames: 300 },
    {
      paced: true,
      onFrame: (frame) => {
        frames.push(frame);
        if (inThisTurn++ === 0) {
          setImmediate(() => {
            perTurn.push(inThisTurn);
            inThisTurn = 0;
          });
        }
      },
    },
  );
  await exit;
  assert.equal(frames.length, 300);
  assert.ok(Math.max(...perTurn) <= 2, `${Math.max(...perTurn)} frames in one turn`);
});

test('paced: a stop in the middle ends it, and no frame comes after', async () => {
  const { decoder, frames, exit } = run({ frames: 5000 }, { paced: true });
  while (frames.length < 3) await settle();
  decoder.stop();
  const count = frames.length;
  await exit;
  assert.equal(frames.length, count);
});

for (const paced of [false, true]) {
  test(`streams that do not fit together end ffmpeg in place of filling the memory${paced ? ', paced too' : ''}`, async () => {
    const fake = fakeSpawn();
    const { exit } = run({}, { spawn: fake.spawn, clock: new FakeClock(), paced });
    const [child] = fake.children as [FakeFfmpegChild];
    for (let n = 0; n < 70 && !child.isGone; n++) {
      child.stdio[1]?.write(Buffer.alloc(1024 * 1024));
      await settle();
    }
    assert.match(await exit, /do not fit together/);
  });
}

test('one that cannot be signalled does no harm, however often that is told', () => {
  const clock = new FakeClock();
  const fake = fakeSpawn({ obeys: false });
  const { decoder } = run({}, { clock, spawn: fake.spawn });
  const [child] = fake.children;
  // As Node.js does where kill is not permitted: ffmpeg may be a wrapper that runs as another user.
  decoder.stop();
  for (let signal = 0; signal < 3; signal++) child?.emit('error', new Error('kill EPERM'));
  clock.advance(2500);
});

test('a wrapper that leaves a process of its own behind does not keep the exit from being told', async () => {
  const clock = new FakeClock();
  const { decoder, exit } = run(
    {},
    {
      clock,
      spawn: (_path, _args) =>
        spawn('sh', ['-c', 'sleep 20 & echo started >&2; wait'], {
          stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
        }),
    },
  );
  decoder.stop();
  clock.advance(2500);
  const late = new Promise((resolve) => setTimeout(resolve, 5000, 'too late').unref());
  assert.notEqual(await Promise.race([exit, late]), 'too late');
});

/** A decoder whose frames come as a test writes them. */
function live() {
  const clock = new FakeClock();
  const fake = fakeSpawn();
  const broken: number[] = [];
  const ran = run({}, { clock, spawn: fake.spawn, onBroken: (count) => broken.push(count) });
  const [child] = fake.children as [FakeFfmpegChild];
  return { ...ran, clock, child, broken, times: () => ran.frames.map(({ ptsMs }) => ptsMs) };
}

test('live: each frame is handed over that comes by itself', async () => {
  const { child, decoder, times } = live();
  for (const pts of [0, 40, 80]) {
    child.frame(pts);
    await settle();
  }
  assert.deepEqual([times(), decoder.dropped], [[0, 40, 80], 0]);
});

test('live: of frames that come at once the newest is handed over, and the others are counted', async () => {
  const { child, decoder, times } = live();
  for (let pts = 0; pts < 400; pts += 40) child.frame(pts);
  await settle();
  assert.deepEqual([times(), decoder.dropped], [[360], 9]);
});

test('live: after the event loop was blocked a frame waits for a newer one, but not for long', async () => {
  const { child, clock, decoder, times } = live();
  clock.block(3000);
  for (const pts of [0, 40, 80]) {
    child.frame(pts);
    await settle();
    clock.advance(30);
  }
  assert.deepEqual([times(), decoder.dropped], [[], 2]);
  clock.advance(70);
  assert.deepEqual(times(), [80]);
  // What comes more seldom than that is never left out.
  for (const pts of [2000, 4000]) {
    child.frame(pts);
    await settle();
    clock.advance(100);
  }
  assert.deepEqual([times(), decoder.dropped], [[80, 2000, 4000], 2]);
});

test('live: when it has caught up, frames wait no longer', async () => {
  const { child, clock, times } = live();
  clock.block(3000);
  clock.advance(100);
  clock.advance(1100);
  child.frame(0);
  await settle();
  assert.deepEqual(times(), [0]);
});

test('live: the last frame is handed over before the exit is told', async () => {
  const { child, clock, exit, times } = live();
  clock.block(3000);
  child.frame(0);
  await settle();
  child.exit('[error] gone\n');
  assert.equal(await exit, '[error] gone\n');
  assert.deepEqual([times(), clock.pending], [[0], 0]);
});

test('live: a stop drops the frame that waits, and its timer', async () => {
  const { child, clock, decoder, exit, times } = live();
  clock.block(3000);
  child.frame(0);
  await settle();
  decoder.stop();
  await exit;
  assert.deepEqual([times(), clock.pending], [[], 0]);
});

test('live: a consumer that is busy for 3 s gets the newest frame after it, and the memory does not grow', async () => {
  let busy = true;
  let grown = 0;
  const { decoder, frames, exit } = run(
    { frames: 250, pauseMs: 10 },
    {
      onFrame: (frame) => {
        frames.push(frame);
        if (!busy) return;
        busy = false;
        const before = process.memoryUsage().arrayBuffers;
        const end = performance.now() + 3000;
        while (performance.now() < end);
        setImmediate(() => {
          grown = process.memoryUsage().arrayBuffers - before;
        });
      },
    },
  );
  await exit;
  // The fake camera waits while nobody reads, as ffmpeg does: what is old is what was in the pipes.
  assert.ok(decoder.dropped > 0, 'what had waited was left out');
  assert.equal(frames.length + decoder.dropped, 250);
  assert.equal(frames.at(-1)?.ptsMs, 249 * 40);
  assert.ok(grown < 4_000_000, `${grown} bytes`);
});

test('broken pictures are told while it runs, and no longer after a stop', async () => {
  const { broken, child, clock, decoder, exit } = live();
  const line = '[warning] x: corrupt decoded frame in stream 0\n';
  child.stderr?.write(line.repeat(3));
  await settle();
  clock.advance(1000);
  assert.deepEqual(broken, [3]);
  child.stderr?.write(line);
  await settle();
  decoder.stop();
  await exit;
  assert.deepEqual(broken, [3]);
});

describe('a real ffmpeg is gone within 3 s of a stop', {
  skip:
    process.platform === 'linux'
      ? needs('ffmpeg', spawnSync('ffmpeg', ['-version']).status === 0)
      : 'Linux only',
}, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'v2l-decoder-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** One that decodes what `input` names. */
  async function ffmpeg(source: CameraSource, input: string) {
    const binary = await findFfmpeg({ configured: '', env: process.env, bundled: null });
    const decode = { mode: 'all', fps: 30, maxWidthPx: 640, probe: 1, masks: [], once: false } as const;
    let child: ChildProcess | null = null;
    const ran = run(
      {},
      {
        path: binary.path,
        args: ffmpegArgs(source, decode, binary, input),
        spawn: (path, args) => {
          child = spawnFfmpeg(path, args);
          return child;
        },
      },
    );
    return { ...ran, child: child as unknown as ChildProcess };
  }

  async function goneAfterStop({ decoder, exit, child }: Awaited<ReturnType<typeof ffmpeg>>): Promise<void> {
    const began = performance.now();
    decoder.stop();
    await exit;
    const took = performance.now() - began;
    assert.throws(() => process.kill(child.pid ?? 0, 0), { code: 'ESRCH' });
    // How long each signal is waited for is told by the tests above; here that the last one ends it.
    assert.ok(took < 15_000, `it took ${took} ms`);
  }

  test('one that runs', async () => {
    const it = await ffmpeg({ kind: 'pattern' }, '');
    await waitFor('a frame', 15_000, () => it.frames.length > 0);
    await goneAfterStop(it);
  });

  test('one that is stopped by SIGSTOP, as by a debugger or a frozen container', async () => {
    const it = await ffmpeg({ kind: 'pattern' }, '');
    await waitFor('a frame', 15_000, () => it.frames.length > 0);
    it.child.kill('SIGSTOP');
    await goneAfterStop(it);
  });

  test('one whose input does not come', async () => {
    const pipe = join(folder, 'hangs.ts');
    spawnSync('mkfifo', [pipe]);
    const it = await ffmpeg({ kind: 'file', path: pipe, pace: 'live', loop: false }, pipe);
    await settle();
    await goneAfterStop(it);
  });

  test('one whose pictures nobody has read for a while, as all pipes are full', async () => {
    const it = await ffmpeg({ kind: 'pattern' }, '');
    await waitFor('a frame', 15_000, () => it.frames.length > 0);
    for (const pipe of it.child.stdio.slice(1)) (pipe as Readable).pause();
    // It writes until nothing more fits: then its own time stands still.
    const cpu = () => readFileSync(`/proc/${it.child.pid}/stat`, 'utf8').split(' ').slice(13, 15).join(' ');
    let before = '';
    await waitFor('the pipes to be full', 20_000, async () => {
      before = cpu();
      await new Promise((resolve) => setTimeout(resolve, 500));
      return cpu() === before;
    });
    await goneAfterStop(it);
  });

  test('a camera that does not answer for long is waited for: ffmpeg has no deadline of its own', async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const source = {
      kind: 'rtsp',
      url: '',
      user: '',
      password: '',
      transport: 'tcp',
      tls: SYSTEM_TRUST,
    } as const;
    const connected = once(server, 'connection') as Promise<Socket[]>;
    const it = await ffmpeg(source, `rtsp://127.0.0.1:${port}/live`);
    const [socket] = await connected;
    assert.ok(!it.child.spawnargs.some((arg) => /^-s?timeout$|rw_timeout/.test(arg)));
    // When the feed has gone, so has ffmpeg.
    socket?.destroy();
    server.close();
    await it.exit;
  });
});
