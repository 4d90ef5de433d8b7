import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock, Timer } from '../shared/clock';
import type { Files } from './files';

/** Who holds a lock, as its file says it. */
interface Holder {
  pid: number;
  host: string;
  /** When the process was started, in the words of the system; '' where it does not tell. A pid is used again. */
  started: string;
  token: string;
}

/** The file of a lock that is held is touched so often, and counts as left behind after three times of it. */
const TOUCH_EVERY_MS = 20_000;
const LEFT_AFTER_MS = 3 * TOUCH_EVERY_MS;

/** A lock of this very process cannot be told from one that an earlier process of the same number has left. */
const heldHere = new Set<string>();

/**
 * One holder a file, over processes. It is given up by `release`; one that a killed process has left is taken over
 * at once where that process ran on this host, and after a minute where it ran on another (or in another container).
 */
export class Lock {
  readonly #path: string;
  readonly #files: Files;
  readonly #clock: Clock;
  #timer: Timer | null = null;

  private constructor(path: string, files: Files, clock: Clock) {
    this.#path = path;
    this.#files = files;
    this.#clock = clock;
    this.#touchLater();
  }

  /**
   * @returns null where somebody else holds it
   * @throws what the file system says where the file cannot be made
   */
  static async take(path: string, files: Files, clock: Clock): Promise<Lock | null> {
    if (heldHere.has(path)) return null;
    heldHere.add(path);
    try {
      const holder: Holder = {
        pid: process.pid,
        host: hostname(),
        started: await startOf(process.pid, files),
        token: randomUUID(),
      };
      // Twice: a lock that was left behind is removed first.
      for (let attempt = 0; attempt < 2; attempt++) {
        if (await create(path, holder, files)) return new Lock(path, files, clock);
        if (!(await removeIfLeft(path, holder, files, clock))) break;
      }
      heldHere.delete(path);
      return null;
    } catch (error) {
      heldHere.delete(path);
      throw error;
    }
  }

  /** Gives the lock up. */
  async release(): Promise<void> {
    this.#timer?.clear();
    this.#timer = null;
    await this.#files.unlink(this.#path).catch(() => {});
    heldHere.delete(this.#path);
  }

  #touchLater(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#touchLater();
      const seconds = this.#clock.now() / 1000;
      // What matters is told where it does: a folder that cannot be written is heard of at the next write.
      this.#files.utimes(this.#path, seconds, seconds).catch(() => {});
    }, TOUCH_EVERY_MS);
  }
}

async function create(path: string, holder: Holder, files: Files): Promise<boolean> {
  try {
    await files.writeFile(path, JSON.stringify(holder), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    // On a full disk it is made, but empty: the next process would take it for that of another one.
    await files.unlink(path).catch(() => {});
    throw error;
  }
}

/** @returns whether it may be tried again */
async function removeIfLeft(path: string, mine: Holder, files: Files, clock: Clock): Promise<boolean> {
  const [text, stats] = await Promise.all([
    files.readFile(path, 'utf8').catch(() => null),
    files.stat(path).catch(() => null),
  ]);
  if (text === null || !stats) return true;
  if (!(await isLeft(text, stats, mine, files, clock))) return false;
  // Renamed, not deleted: two processes may be here at once, and the second must not take away the first one's new lock.
  const aside = `${path}.${mine.token}`;
  await files.rename(path, aside).catch(() => {});
  const moved = await files.readFile(aside, 'utf8').catch(() => null);
  if (moved !== null && moved !== text) {
    await files.rename(aside, path).catch(() => {});
    return false;
  }
  await files.unlink(aside).catch(() => {});
  return true;
}

async function isLeft(
  text: string,
  stats: Stats,
  mine: Holder,
  files: Files,
  clock: Clock,
): Promise<boolean> {
  const holder = parse(text);
  // Empty or cut: its process may just be writing it, or was killed while it did.
  if (!holder || holder.host !== mine.host) return clock.now() - stats.mtimeMs > LEFT_AFTER_MS;
  if (holder.pid === mine.pid) return true;
  if (!isAlive(holder.pid)) return true;
  return holder.started !== '' && holder.started !== (await startOf(holder.pid, files));
}

function parse(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Holder;
    return Number.isInteger(holder.pid) && typeof holder.host === 'string' ? holder : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Boot and start of a process on Linux (proc(5): field 22 of stat counts from the boot); '' elsewhere. */
async function startOf(pid: number, files: Files): Promise<string> {
  try {
    const [boot, stat] = await Promise.all([
      files.readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      files.readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    // The second field is the program's name in brackets, which may hold anything.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${boot.trim()} ${ticks}`;
  } catch {
    return '';
  }
}
