import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CameraCounters } from '../../src/simulator';
import { seeded } from '../fixtures/seeded';
import { closeAll, losses, openAll, recoveries, type Stage, stallDetections, storm } from './capture/outages';
import { bare, type Cost, ours, type Side } from './capture/sides';
import { hdOrigin } from './capture/videos';
import { Worker } from './capture/worker';
import { finish, median, printCase, quantile } from './report';

/** Cameras beside each other for one side, and for how long they are measured. */
const CAMERAS = 4;
const MEASURE_MS = 12_000;
/** The GOP of the cameras that fail, in seconds: part of the goal for their recovery. */
const GOP_S = 2;

const JPEG_1280 = ['-vf', 'scale=1280:-2', '-fps_mode', 'passthrough', '-c:v', 'mjpeg', '-q:v', '4'];
const toPipe = ['-f', 'image2pipe', 'pipe:1'];
const nokey = ['-skip_frame', 'nokey'];
const PEERS = {
  'bare ffmpeg, keyframes': [...nokey, '|', ...JPEG_1280, ...toPipe],
  'bare ffmpeg, JPEGs and grey planes': [
    ...[...nokey, '|', '-map', '0:v:0', ...JPEG_1280, ...toPipe],
    ...['-map', '0:v:0', '-vf', 'scale=160:90:flags=area,format=gray', '-fps_mode', 'passthrough'],
    ...['-f', 'rawvideo', 'pipe:3'],
  ],
  'bare ffmpeg, all at 2 fps': ['|', '-vf', 'fps=2,scale=1280:-2', '-c:v', 'mjpeg', '-q:v', '4', ...toPipe],
  'every frame as MJPEG': ['|', ...JPEG_1280, ...toPipe],
  'PNG at 1 fps': ['|', '-vf', 'fps=1', '-c:v', 'png', ...toPipe],
  'raw 5 fps at 720p': [
    '|',
    '-vf',
    'fps=5,scale=1280:720',
    '-pix_fmt',
    'yuv420p',
    '-f',
    'rawvideo',
    'pipe:1',
  ],
};

async function main(): Promise<void> {
  const farm = new Worker(join(__dirname, 'capture/farm.ts'));
  const watcher = new Worker(join(__dirname, 'capture/watcher.ts'));
  const deployer = new Worker(join(__dirname, 'capture/redeploys.ts'));
  const stage: Stage = { farm, watcher, sessionsMost: 0 };
  try {
    const costs = await measureCosts(stage);
    const loop = await measureLoop(stage);
    const faults = await measureFaults(stage);
    const back = await measureStorm(stage);
    const leaks = await measureRedeploys(stage, deployer);
    const per = (side: string) => costs.get(side) ?? Number.NaN;
    finish('capture', [
      {
        name: 'keyframes_cpu_ratio',
        goal: '<= 1.4',
        measured: per('ours, keyframes') / per('bare ffmpeg, keyframes'),
      },
      {
        name: 'all2fps_cpu_ratio',
        goal: '<= 1.3',
        measured: per('ours, all at 2 fps') / per('bare ffmpeg, all at 2 fps'),
      },
      {
        name: 'keyframes_vs_mjpeg',
        goal: '>= 8',
        measured: per('every frame as MJPEG') / per('ours, keyframes'),
      },
      { name: 'private_dirty_mb_per_camera', goal: '<= 40', measured: per('memory') },
      { name: 'recover_p95_s', goal: `<= ${6 + GOP_S}`, measured: faults.recoverP95 },
      { name: 'stall_detect_s', goal: '<= 10', measured: faults.stallMax },
      { name: 'false_restarts_gop20', goal: '= 0', measured: faults.falseRestarts },
      { name: 'storm100_s', goal: '<= 30', measured: back.allBackS },
      { name: 'storm100_openings_per_host', goal: '<= 2', measured: back.openingsPerHost },
      { name: 'sessions_per_stream', goal: '<= 1', measured: stage.sessionsMost },
      { name: 'redeploy_leaks', goal: '= 0', measured: leaks },
      { name: 'loop_p99_ms', goal: '<= 20', measured: loop },
    ]);
  } finally {
    await Promise.all([watcher.end(), deployer.end()]);
    await farm.end();
  }
}

/** CPU by side in percent of a core a camera, the median of its runs; `memory` of ours in MB. ABBA, so that a drift of the machine meets both. */
async function measureCosts({ farm, watcher }: Stage): Promise<Map<string, number>> {
  const urls = await farm.call<string[]>('start', { host: '127.0.0.1', name: 'hd', count: CAMERAS });
  const sides: Record<string, Side> = {
    'ours, keyframes': ours(watcher, {}, MEASURE_MS),
    'ours, all at 2 fps': ours(watcher, { mode: 'all' }, MEASURE_MS),
  };
  for (const [name, args] of Object.entries(PEERS)) sides[name] = bare(args, MEASURE_MS);
  const [a, b] = ['ours, keyframes', 'bare ffmpeg, keyframes'];
  const [c, d] = ['ours, all at 2 fps', 'bare ffmpeg, all at 2 fps'];
  const others = [
    'bare ffmpeg, JPEGs and grey planes',
    'every frame as MJPEG',
    'PNG at 1 fps',
    'raw 5 fps at 720p',
  ];
  const runs = new Map<string, Cost[]>();
  const farmMs: number[] = [];
  for (const name of [b, a, a, b, d, c, c, d, ...others]) {
    const before = await farm.call<number>('cpuMs');
    const cost = await sides[name as string]?.(urls);
    if (!cost) continue;
    farmMs.push((await farm.call<number>('cpuMs')) - before);
    runs.set(name as string, [...(runs.get(name as string) ?? []), cost]);
  }
  await farm.call('stop', { urls });
  const figure = (costs: Cost[], of: keyof Cost) => Number(median(costs.map((cost) => cost[of])).toFixed(3));
  const result = new Map<string, number>();
  for (const [name, costs] of runs) {
    const cpuPercent = figure(costs, 'cpuPercent');
    result.set(name, cpuPercent);
    const memory = figure(costs, 'privateDirtyMb');
    printCase(name, {
      cpuPercentOfACore: cpuPercent,
      ofItNode: figure(costs, 'nodePercent'),
      privateDirtyMb: memory,
      runs: costs.length,
      cameras: CAMERAS,
    });
    if (name === a) result.set('memory', memory);
  }
  printCase('load generator', { video: hdOrigin(), cpuSPerRun: Number((median(farmMs) / 1000).toFixed(2)) });
  return result;
}

async function measureLoop(stage: Stage): Promise<number> {
  const { farm, watcher } = stage;
  const urls = await farm.call<string[]>('start', { host: '127.0.0.1', name: 'hd', count: 40 });
  await openAll(stage, urls, 120_000);
  await sleep(5000);
  await watcher.call('loopStart');
  await sleep(30_000);
  const delay = await watcher.call<{ p50: number; p99: number; max: number }>('loopEnd');
  printCase('event loop with 40 cameras live, 1080p', { delayMs: delay });
  await closeAll(stage, urls);
  return delay.p99;
}

async function measureFaults(stage: Stage) {
  const { farm } = stage;
  const start = (name: string, count: number, host: string) =>
    farm.call<string[]>('start', { host, name, count });
  const seldom = await start('gop20', 4, '127.0.1.1');
  const failing = [...(await start('gop2', 10, '127.0.1.2')), ...(await start('gop2', 10, '127.0.1.3'))];
  const stalling = await start('gop2', 5, '127.0.1.4');
  await openAll(stage, [...seldom, ...failing, ...stalling], 120_000);
  const began = Date.now();
  const stalls = await stallDetections(stage, stalling);
  printCase('packets stop, RTCP goes on', { detectedAfterS: stalls.map(rounded) });
  await closeAll(stage, stalling);
  const recovered = await recoveries(stage, failing, seeded(7));
  printCase('20 outages of 5 to 60 s', { firstFrameAfterS: recovered.map(rounded) });
  await closeAll(stage, failing);
  await sleep(Math.max(0, began + 120_000 - Date.now()));
  const falseRestarts = await losses(stage, seldom);
  printCase('4 cameras with a GOP of 20 s', {
    restarts: falseRestarts,
    overS: rounded((Date.now() - began) / 1000),
  });
  await closeAll(stage, seldom);
  return { recoverP95: quantile(recovered, 0.95), stallMax: Math.max(...stalls), falseRestarts };
}

async function measureStorm(stage: Stage) {
  const hosts: string[][] = [];
  for (let n = 1; n <= 10; n++) {
    hosts.push(await stage.farm.call('start', { host: `127.0.2.${n}`, name: 'gop1', count: 10 }));
  }
  await openAll(stage, hosts.flat(), 180_000);
  const result = await storm(stage, hosts, 5000);
  printCase('100 cameras on 10 hosts lost at once', {
    allBackS: rounded(result.allBackS),
    halfBackS: rounded(result.p50S),
    openingsPerHostMost: result.openingsPerHost,
  });
  await closeAll(stage, hosts.flat());
  return result;
}

async function measureRedeploys({ farm }: Stage, deployer: Worker): Promise<number> {
  const urls = await farm.call<string[]>('start', { host: '127.0.3.1', name: 'gop1', count: 4 });
  await deployer.call('start');
  type Open = Record<'descriptors' | 'resources' | 'processes', number>;
  const { before, after } = await deployer.call<{ before: Open; after: Open }>('deploy', {
    urls,
    deploys: 200,
    seed: 11,
  });
  const counters = await farm.call<CameraCounters[]>('counters', { urls });
  if (counters.some(({ play }) => play === 0)) throw new Error('A camera was never opened.');
  const opened = counters.reduce((sum, { play }) => sum + play, 0);
  const sessions = counters.reduce((sum, { sessionsOpen }) => sum + sessionsOpen, 0);
  printCase('200 deploys at random moments', {
    before,
    after,
    opened,
    sessionsLeftAtCameras: sessions,
  });
  const more = (key: keyof Open) => Math.max(0, after[key] - before[key]);
  return more('descriptors') + more('resources') + more('processes') + sessions;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

void main();
