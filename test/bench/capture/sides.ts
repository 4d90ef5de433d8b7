import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf, cpuMs, privateDirty } from './proc';
import type { Worker } from './worker';

/** What one camera costs on average, over the measured time. */
export interface Cost {
  /** Percent of a core. */
  cpuPercent: number;
  /** Of it, in our Node process. */
  nodePercent: number;
  /** Private_Dirty of a process (for ours: ffmpeg and the share of Node), in MB. */
  privateDirtyMb: number;
}

/** One way of getting pictures from cameras: starts, is measured, ends. */
export type Side = (urls: string[]) => Promise<Cost>;

/** Start-up is not part of what is measured: first frames, probing, JIT. */
const WARM_MS = 6000;

/** Ours: one session a camera, in the watcher's process. */
export function ours(watcher: Worker, decode: object, measureMs: number): Side {
  return async (urls) => {
    await watcher.call('gc');
    const nodeBefore = privateDirty(watcher.pid);
    await watcher.call('open', { urls, decode });
    await sleep(WARM_MS);
    const ffmpegs = childrenOf(watcher.pid);
    if (ffmpegs.length !== urls.length)
      throw new Error(`${ffmpegs.length} ffmpegs for ${urls.length} cameras`);
    const before = cpuMs(ffmpegs);
    const nodeBeforeMs = await watcher.call<number>('cpuMs');
    await sleep(measureMs);
    const ffmpegMs = cpuMs(ffmpegs) - before;
    const nodeMs = (await watcher.call<number>('cpuMs')) - nodeBeforeMs;
    await watcher.call('gc');
    const nodeShare = Math.max(0, privateDirty(watcher.pid) - nodeBefore);
    const memory = ffmpegs.reduce((sum, pid) => sum + privateDirty(pid), nodeShare);
    await watcher.call('close', { urls });
    return costOf(ffmpegMs + nodeMs, nodeMs, memory, measureMs, urls.length);
  };
}

/** A bare ffmpeg a camera, whose output goes nowhere. */
export function bare(args: string[], measureMs: number): Side {
  return async (urls) => {
    // From descriptor 3 on, 'ignore' leaves it closed: ffmpeg's own socket would get that number, and the grey planes.
    const nowhere = openSync('/dev/null', 'w');
    const children = urls.map((url) =>
      spawn(
        'ffmpeg',
        ['-v', 'error', '-rtsp_transport', 'tcp', ...beforeInput(args), '-i', url, ...afterInput(args)],
        {
          stdio: ['ignore', 'ignore', 'ignore', nowhere],
        },
      ),
    );
    closeSync(nowhere);
    const pids = children.map(({ pid }) => pid ?? 0);
    await sleep(WARM_MS);
    const before = cpuMs(pids);
    await sleep(measureMs);
    const usedMs = cpuMs(pids) - before;
    const memory = pids.reduce((sum, pid) => sum + privateDirty(pid), 0);
    await Promise.all(children.map(ended));
    return costOf(usedMs, 0, memory, measureMs, urls.length);
  };
}

function beforeInput(args: string[]): string[] {
  return args.slice(0, args.indexOf('|'));
}

function afterInput(args: string[]): string[] {
  return args.slice(args.indexOf('|') + 1);
}

function costOf(usedMs: number, nodeMs: number, memory: number, measureMs: number, cameras: number): Cost {
  return {
    cpuPercent: (100 * usedMs) / measureMs / cameras,
    nodePercent: (100 * nodeMs) / measureMs / cameras,
    privateDirtyMb: memory / 2 ** 20 / cameras,
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
