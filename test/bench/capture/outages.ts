import { setTimeout as sleep } from 'node:timers/promises';
import type { CameraCounters } from '../../../src/simulator';
import { quantile } from '../report';
import type { Worker } from './worker';

interface Seen {
  frames: number;
  lastFrameAt: number;
  phases: { phase: string; at: number }[];
}

/** The parts of a benchmark that has cameras fail. */
export interface Stage {
  farm: Worker;
  watcher: Worker;
  /** Most sessions at one time of any camera, so far. */
  sessionsMost: number;
}

/** Polls: an answer takes a millisecond, and seconds are measured. */
const POLL_MS = 50;

async function until(what: string, limitMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`${what} did not come within ${limitMs / 1000} s.`);
    await sleep(POLL_MS);
  }
}

function states({ watcher }: Stage, urls: string[]): Promise<Seen[]> {
  return watcher.call('state', { urls });
}

/** Opens cameras, and waits until each has shown a frame. */
export async function openAll(stage: Stage, urls: string[], limitMs = 60_000): Promise<void> {
  await stage.watcher.call('open', { urls });
  await until('A first frame of each camera', limitMs, async () =>
    (await states(stage, urls)).every(({ frames }) => frames > 0),
  );
}

/** Closes and stops them, and notes how many sessions they had. */
export async function closeAll(stage: Stage, urls: string[]): Promise<void> {
  await stage.watcher.call('close', { urls });
  const all = await stage.farm.call<CameraCounters[]>('counters', { urls });
  stage.sessionsMost = Math.max(stage.sessionsMost, ...all.map(({ sessionsMost }) => sessionsMost));
  await stage.farm.call('stop', { urls });
}

/** One outage each, of random length; from the camera's return to its first frame, in seconds. */
export async function recoveries(stage: Stage, urls: string[], random: () => number): Promise<number[]> {
  return Promise.all(
    urls.map(async (url) => {
      const outageMs = 5000 + random() * 55_000;
      await stage.farm.call('fault', { urls: [url], fault: { kind: 'refuse' } });
      await sleep(outageMs);
      const back = Date.now();
      await stage.farm.call('fault', { urls: [url], fault: { kind: 'none' } });
      await until(`${url} after its outage`, 120_000, async () => {
        const [seen] = await states(stage, [url]);
        return (seen?.lastFrameAt ?? 0) > back;
      });
      const [seen] = await states(stage, [url]);
      return ((seen?.lastFrameAt ?? 0) - back) / 1000;
    }),
  );
}

/** Packets stop while RTCP goes on: from then to the phase `stalled`, in seconds. */
export async function stallDetections(stage: Stage, urls: string[]): Promise<number[]> {
  const from = Date.now();
  await stage.farm.call('fault', { urls, fault: { kind: 'stall-video' } });
  const found = new Map<string, number>();
  await until('The stalls', 60_000, async () => {
    for (const [index, { phases }] of (await states(stage, urls)).entries()) {
      const stalled = phases.find(({ phase, at }) => phase === 'stalled' && at >= from);
      if (stalled) found.set(urls[index] ?? '', (stalled.at - from) / 1000);
    }
    return found.size === urls.length;
  });
  return [...found.values()];
}

/** How often cameras left the phase `live`. */
export async function losses(stage: Stage, urls: string[]): Promise<number> {
  const all = await states(stage, urls);
  return all.reduce(
    (sum, { phases }) =>
      sum + phases.filter(({ phase }) => phase === 'stalled' || phase === 'waiting').length,
    0,
  );
}

/** All are cut at once and refuse for a while; from their return until each has shown a new frame, in seconds. */
export async function storm(
  stage: Stage,
  hosts: string[][],
  outageMs: number,
): Promise<{ allBackS: number; p50S: number; openingsPerHost: number }> {
  const urls = hosts.flat();
  await stage.farm.call('fault', { urls, fault: { kind: 'refuse' } });
  await sleep(outageMs);
  const back = Date.now();
  await stage.farm.call('fault', { urls, fault: { kind: 'none' } });
  const firstAt = new Map<string, number>();
  let openingsPerHost = 0;
  await until('All cameras after the storm', 180_000, async () => {
    for (const [index, { lastFrameAt }] of (await states(stage, urls)).entries()) {
      const url = urls[index] ?? '';
      if (lastFrameAt > back && !firstAt.has(url)) firstAt.set(url, lastFrameAt);
    }
    for (const host of hosts) {
      const counters = await stage.farm.call<CameraCounters[]>('counters', { urls: host });
      openingsPerHost = Math.max(
        openingsPerHost,
        counters.reduce((sum, { openings }) => sum + openings, 0),
      );
    }
    return firstAt.size === urls.length;
  });
  const seconds = [...firstAt.values()].map((at) => (at - back) / 1000);
  return { allBackS: Math.max(...seconds), p50S: quantile(seconds, 0.5), openingsPerHost };
}
