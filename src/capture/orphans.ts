import { type Owner, ownerIn } from './mark';
import type { ListedProcess } from './process-list';

export interface SweepParts {
  list(): Promise<ListedProcess[]>;
  /** Ends a process at once; may throw, where it has gone or belongs to somebody else. */
  kill(pid: number): void;
  /** Who sweeps. */
  owner: Owner;
}

/**
 * Ends every ffmpeg of ours whose Node-RED has gone without ending it: killed with -9, or out of memory, on a system
 * where the kernel cannot be asked to end it too. One that reads a network drive that hangs, or waits for a full pipe,
 * would stay for ever. Not touched is what bears no mark of ours, what runs in another container, and what
 * belongs to a process that lives.
 *
 * @returns how many were ended
 */
export async function sweepOrphans({ list, kill, owner }: SweepParts): Promise<number> {
  const processes = await list();
  const alive = new Set(processes.map(({ pid }) => pid));
  let ended = 0;
  for (const { pid, args } of processes) {
    const its = ownerIn(args);
    if (!its || its.space !== owner.space || pid === owner.pid) continue;
    // Pids are used again, in a container nearly always: with our own pid, the instance tells.
    const lives = its.pid === owner.pid ? its.instance === owner.instance : alive.has(its.pid);
    if (lives) continue;
    try {
      kill(pid);
      ended++;
    } catch {
      // It ended by itself meanwhile, or we may not: then it is not ours to end.
    }
  }
  return ended;
}
