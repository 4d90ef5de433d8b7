import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Worker } from '../bench/capture/worker';
import { FFMPEG, realParts, rtsp } from '../fixtures/camera-watch';
import { waitFor } from '../fixtures/wait';
import { FULL, measured, PATIENCE_MS, pass, scaled } from './scale';
import { GOP_S, goneAfter, Stage } from './stage';

const TIMEOUT = { timeout: 290_000 };
const LINUX = process.platform === 'linux' ? false : 'Linux only';

interface Seen {
  frames: number;
  losses: number;
  pids: number[];
  codes: string[];
  told: string[];
  health: { dropped: number; frameAgeMs: number | null; corruptionsPerMinute: number } | null;
}

interface Held {
  descriptors: number;
  resources: number;
  listeners: number;
  heapMb: number;
  rssMb: number;
}

/** Whether a process lives; a zombie does not. */
function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

describe('processes', { concurrency: scaled(10, 6), skip: LINUX }, () => {
  const stage = new Stage();
  const workers: Worker[] = [];
  after(() => Promise.all(workers.map((worker) => worker.end())));

  async function watchingProcess(urls: string[], mode: 'keyframes' | 'all' = 'keyframes'): Promise<Worker> {
    const worker = new Worker(join(__dirname, 'watching-process.ts'));
    workers.push(worker);
    await worker.call('open', { urls, mode });
    return worker;
  }

  function seen(worker: Worker, what: string, isSo: (seen: Seen) => boolean): Promise<Seen> {
    return waitFor(what, PATIENCE_MS, async () => {
      const state = await worker.call<Seen>('state');
      return isSo(state) ? state : null;
    });
  }

  it('#10 stale session: a camera that keeps it for 20 s is asked once, not in a loop', TIMEOUT, async () => {
    const camera = await stage.camera({ maxSessions: 1, staleS: 20 });
    const worker = await watchingProcess([camera.url]);
    await seen(worker, 'a frame', ({ frames }) => frames > 0);
    // No leave is taken, as after a crash of Node-RED.
    process.kill(worker.pid, 'SIGKILL');
    await waitFor('the end of the session', PATIENCE_MS, () => camera.counters.sessionsOpen === 0);
    const from = performance.now();
    const watch = stage.watch(rtsp(camera.url));
    await watch.error('CAMERA_BUSY');
    if (FULL) {
      await waitFor('a frame', 120_000, () => watch.frames.length > 0);
      measured(
        10,
        'frames with a stale session of 20 s',
        (performance.now() - from) / 1000,
        's',
        65 + 6 + GOP_S,
      );
    } else await pass(4000);
    assert.equal(camera.counters.sessionsRefused, 1, 'asked once only');
  });

  /** What hangs, and what makes it hang. */
  const HANGS = [
    ['it is stopped (SIGSTOP)', (child: { kill(signal: NodeJS.Signals): void }) => child.kill('SIGSTOP')],
    ['its camera has fallen silent', null],
    ['nobody reads what it writes', 'unread'],
  ] as const;
  for (const [what, how] of HANGS) {
    it(`#32 ffmpeg hangs: ${what}: gone within 3 s of the stop`, TIMEOUT, async () => {
      const { camera, watch } = await stage.scene(
        {},
        { silenceMs: 60_000, decode: { mode: 'all', fps: 30, maxWidthPx: 640, masks: [] } },
      );
      await watch.live();
      const { ffmpeg } = watch;
      if (how === null) camera.fault = { kind: 'stall' };
      else if (how === 'unread')
        for (const pipe of ffmpeg.stdio) (pipe as { pause?(): void } | null)?.pause?.();
      else how(ffmpeg);
      await pass(scaled(1500, 8000));
      const stopped = watch.stop();
      measured(32, `gone, ${what}`, await goneAfter(ffmpeg), 's', 3);
      await stopped;
    });
  }

  it('#32 ffmpeg hangs: one that is stopped while it plays is noticed and replaced', TIMEOUT, async () => {
    // No frame although keyframes come: that limit is no setting below 10 s.
    const { watch } = await stage.scene();
    await watch.live(2);
    const from = performance.now();
    const { ffmpeg } = watch;
    ffmpeg.kill('SIGSTOP');
    const { at } = await watch.phase('stalled', from);
    measured(32, 'stopped ffmpeg noticed', (at - from) / 1000, 's', 10 + GOP_S + 0.5);
    measured(32, 'stopped ffmpeg gone', await goneAfter(ffmpeg), 's', 3);
    await watch.more();
  });

  for (const when of ['while it flows', 'in a stall'] as const) {
    it(`#33 orphan after kill -9 of the parent ${when}: no ffmpeg lives 2 s later`, TIMEOUT, async () => {
      const camera = await stage.camera();
      const worker = await watchingProcess([camera.url]);
      const { pids } = await seen(worker, 'a frame', ({ frames }) => frames > 0);
      if (when === 'in a stall') {
        camera.fault = { kind: 'stall' };
        await pass(1000);
      }
      assert.ok(pids.length > 0 && pids.every(lives));
      const from = performance.now();
      process.kill(worker.pid, 'SIGKILL');
      await waitFor('the end of every ffmpeg', PATIENCE_MS, () => !pids.some(lives));
      measured(33, `gone, killed ${when}`, (performance.now() - from) / 1000, 's', 2);
    });
  }

  it(
    '#35 back-pressure: a consumer that blocks causes no restart, old frames are passed over and counted',
    TIMEOUT,
    async () => {
      const camera = await stage.camera();
      const worker = await watchingProcess([camera.url], 'all');
      await seen(worker, 'frames', ({ frames }) => frames > 10);
      const before = await worker.call<Held>('held');
      const blockS = scaled(5, 30);
      await worker.call('block', { ms: blockS * 1000 });
      const count = (await worker.call<Seen>('state')).frames;
      const { losses, health, codes } = await seen(
        worker,
        'frames after it',
        ({ frames }) => frames > count + 15,
      );
      const now = await worker.call<Held>('held');
      measured(35, `restarts after ${blockS} s`, losses, '', 0);
      assert.deepEqual(codes, ['connecting ', 'live ']);
      const dropped = (health?.dropped ?? 0) + camera.counters.framesDropped;
      measured(35, `frames passed over in ${blockS} s`, dropped, '');
      assert.ok(dropped > 0, 'frames that were passed over are counted');
      measured(35, 'RSS grew by MB', now.rssMb - before.rssMb, '', 30);
    },
  );

  it(
    '#36 flood of errors: a stream full of broken pictures fills neither log nor memory',
    TIMEOUT,
    async () => {
      const camera = await stage.camera({ fault: { kind: 'corrupt', percent: 100 } });
      const worker = await watchingProcess([camera.url], 'all');
      await seen(worker, 'broken pictures', ({ health }) => (health?.corruptionsPerMinute ?? 0) > 5);
      const before = await worker.call<Held>('held');
      await pass(scaled(5000, 60_000));
      const { told, health } = await worker.call<Seen>('state');
      const now = await worker.call<Held>('held');
      measured(36, 'broken pictures in a minute', health?.corruptionsPerMinute ?? 0, '');
      measured(36, 'times that people were told', told.length, '', scaled(2, 3));
      measured(36, 'RSS grew by MB', now.rssMb - before.rssMb, '', 20);
    },
  );

  it(
    '#37 leaks: open and stop, again and again: descriptors, handles, listeners and memory stay',
    TIMEOUT,
    async () => {
      const cameras = await Promise.all([1, 2, 3, 4].map(() => stage.camera()));
      const urls = cameras.map(({ url }) => url);
      const worker = await watchingProcess([]);
      await worker.call('cycle', { urls, times: scaled(2, 5) });
      const before = await worker.call<Held>('held');
      const cycles = await worker.call<number>('cycle', { urls, times: scaled(3, 60) });
      const names = ['descriptors', 'resources', 'listeners'] as const;
      let now = await worker.call<Held>('held');
      // The last of it may still be on its way out.
      await waitFor('no more than before', PATIENCE_MS, async () => {
        now = await worker.call<Held>('held');
        return names.every((name) => now[name] <= before[name]);
      }).catch(() => {});
      measured(37, 'cycles', cycles, '');
      for (const name of names) measured(37, `${name} more than before`, now[name] - before[name], '', 0);
      measured(37, 'heap grew by MB', now.heapMb - before.heapMb, '', 2);
      measured(37, 'RSS in percent of before', (100 * now.rssMb) / before.rssMb, '', scaled(130, 105));
      for (const { counters } of cameras)
        assert.deepEqual([counters.sessionsOpen, counters.sessionsMost], [0, 1]);
    },
  );

  it(
    '#38 thundering herd: all cameras lost at once are back soon, with two openings a host at the most',
    TIMEOUT,
    async () => {
      const hosts = Array.from({ length: scaled(3, 10) }, (_, n) => `127.0.38.${n + 1}`);
      const perHost = scaled(3, 4);
      const parts = realParts();
      const all = await Promise.all(
        hosts.flatMap((host) => Array.from({ length: perHost }, () => stage.camera({ host }))),
      );
      const watches = all.map(({ url }) => stage.watch(rtsp(url), {}, parts));
      await Promise.all(watches.map((watch) => watch.phase('live')));
      for (const camera of all) camera.fault = { kind: 'refuse' };
      await pass(scaled(2000, 10_000));
      const from = performance.now();
      for (const camera of all) camera.fault = { kind: 'none' };
      let openings = 0;
      const look = setInterval(() => {
        const counts = hosts.map((_, n) =>
          all.slice(n * perHost, (n + 1) * perHost).reduce((sum, { counters }) => sum + counters.openings, 0),
        );
        openings = Math.max(openings, ...counts);
      }, 10);
      await Promise.all(watches.map((watch) => watch.more()));
      clearInterval(look);
      measured(
        38,
        `${all.length} cameras on ${hosts.length} hosts back after`,
        (performance.now() - from) / 1000,
        's',
        60,
      );
      measured(38, 'openings at once at a host', openings, '', 2);
      await Promise.all(watches.map((watch) => watch.stop()));
    },
  );

  it(
    '#45 wrong option for the binary: this version opens a camera without a word about options',
    TIMEOUT,
    async () => {
      const { watch } = await stage.scene();
      await watch.live(2);
      const { version } = await realParts().findFfmpeg();
      assert.match(version, /^\D*\d/, `the version of ${FFMPEG || 'the ffmpeg of the system'} is known`);
      assert.deepEqual(watch.errors, []);
    },
  );
});
