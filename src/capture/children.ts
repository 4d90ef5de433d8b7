import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { thisOwner } from './mark';
import { sweepOrphans } from './orphans';
import { listProcesses } from './process-list';

/** Starts an ffmpeg: in tests another one may stand in. */
export type Spawn = (path: string, args: string[]) => ChildProcess;

/**
 * How much ffmpeg stands back, as `nice` counts: where all cores are busy, the event loop of Node-RED, which needs
 * little, is served first.
 */
const NICENESS = 5;

/** All that run, so that none is left when this process ends. */
const running = new Set<ChildProcess>();
let exitHook = false;

/**
 * Starts ffmpeg with its five descriptors: no input, JPEGs, errors, grey planes, log. It ends when this process ends:
 * orderly by the exit hook, and on a crash or kill -9 by the kernel, where the system's `setpriv` can ask for that.
 */
export const spawnFfmpeg: Spawn = (path, args) => {
  // /dev/null and not -nostdin: with that, ffmpeg 7.1 ignores the first SIGTERM.
  const options = { stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] as const, windowsHide: true };
  const [command, all] = setpriv ? [setpriv, ['--pdeathsig', 'KILL', '--', path, ...args]] : [path, args];
  // One heap for all threads: 2 MB less for each ffmpeg 7.1. Only glibc reads it.
  const env = { ...process.env, MALLOC_ARENA_MAX: '1' };
  const child = spawn(command, all, { ...options, env, stdio: [...options.stdio] });
  if (child.pid !== undefined) standBack(child.pid);
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  if (!exitHook) {
    exitHook = true;
    process.once('exit', () => {
      for (const left of running) left.kill('SIGKILL');
    });
  }
  return child;
};

/** Where the system does not let us, ffmpeg runs as before. */
function standBack(pid: number): void {
  try {
    setPriority(pid, NICENESS);
  } catch {
    // It has ended, or we may not.
  }
}

let setpriv: string | null = null;
let asked: Promise<void> | null = null;

/**
 * To be awaited before the first start: finds out once whether the kernel can be asked to end ffmpeg with us (BusyBox's
 * setpriv cannot do that), and ends what an earlier process of ours has left behind.
 */
export function prepareSpawn(): Promise<void> {
  asked ??= Promise.all([findSetpriv(), sweep()]).then(() => {});
  return asked;
}

function findSetpriv(): Promise<void> {
  return new Promise((resolve) => {
    if (process.platform !== 'linux') return resolve();
    execFile('setpriv', ['--pdeathsig', 'KILL', '--', 'true'], { timeout: 5000 }, (error) => {
      if (!error) setpriv = 'setpriv';
      resolve();
    });
  });
}

/** Without a list of processes there is no sweep: cameras work without it. */
async function sweep(): Promise<void> {
  const kill = (pid: number) => void process.kill(pid, 'SIGKILL');
  await sweepOrphans({ list: listProcesses, kill, owner: thisOwner }).catch(() => 0);
}
