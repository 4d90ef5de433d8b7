import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';

/** A process of this machine, as far as this user may see it. */
export interface ListedProcess {
  pid: number;
  args: string[];
}

const PS_TIMEOUT_MS = 5000;
const PS_MAX_BYTES = 16 * 1024 * 1024;

/**
 * All processes with their arguments. On Linux out of /proc, as the images of containers often have no `ps`, and
 * BusyBox's cuts lines off; else by `ps`, whose arguments are split at spaces. Empty on Windows: it has neither, and
 * needs none, as there nothing but the end of the feed ends an ffmpeg.
 *
 * @throws where the list cannot be had
 */
export function listProcesses(platform: NodeJS.Platform = process.platform): Promise<ListedProcess[]> {
  if (platform === 'win32') return Promise.resolve([]);
  return platform === 'linux' ? fromProc() : fromPs();
}

async function fromProc(): Promise<ListedProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found: ListedProcess[] = [];
  // One after the other: a machine may have thousands, and file descriptors have a limit.
  for (const pid of pids) {
    // It may have ended meanwhile.
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    found.push({ pid: Number(pid), args: line.split('\0').slice(0, -1) });
  }
  return found;
}

function fromPs(): Promise<ListedProcess[]> {
  return new Promise((resolve, reject) => {
    const options = { timeout: PS_TIMEOUT_MS, maxBuffer: PS_MAX_BYTES };
    execFile('ps', ['-axo', 'pid=,args='], options, (error, stdout) => {
      if (error) reject(error);
      else resolve(readPs(stdout));
    });
  });
}

/** Reads the output of `ps -axo pid=,args=`. */
export function readPs(text: string): ListedProcess[] {
  return text.split('\n').flatMap((line) => {
    const [pid, ...args] = line.trim().split(/\s+/);
    return pid && args.length > 0 ? { pid: Number(pid), args } : [];
  });
}
