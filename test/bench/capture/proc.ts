import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Of the kernel's clock in /proc, in milliseconds. */
const TICK_MS = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

interface Stat {
  name: string;
  state: string;
  ppid: number;
  cpuMs: number;
}

/** null where there is no such process. */
export function stat(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name may hold spaces and brackets.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state = '', ppid = '0'] = fields;
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    return { name, state, ppid: Number(ppid), cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
  } catch {
    return null;
  }
}

/** Processes of this name that were started by another one, and live. */
export function childrenOf(pid: number, name = 'ffmpeg'): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      const found = stat(child);
      return found?.ppid === pid && found.state !== 'Z' && found.name === name;
    });
}

/** CPU of these processes since their start, in milliseconds. */
export function cpuMs(pids: number[]): number {
  return pids.reduce((sum, pid) => sum + (stat(pid)?.cpuMs ?? 0), 0);
}

/** Memory that is theirs alone, in bytes: Private_Dirty of smaps_rollup. */
export function privateDirty(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return Number(/^Private_Dirty:\s+(\d+) kB/m.exec(text)?.[1] ?? Number.NaN) * 1024;
}
