import { join } from 'node:path';
import type { Clock, Timer } from '../shared/clock';
import { StoreError } from '../shared/errors';
import { type Files, realFiles } from './files';
import { JournalFile } from './journal-file';
import { idOf, Living } from './living';
import { Lock } from './lock';
import { corruptLines, otherVersion, sharedFolder, storeError, tooManyProcesses } from './store-error';

export interface JournalOptions {
  /** Made where it is missing. null: all is in memory only. */
  folder: string | null;
  clock: Clock;
  /** Each condition is told once until something could be written again. All goes on in memory. */
  onError(error: StoreError): void;
  /** node:fs/promises; a failing one in tests. */
  files?: Files;
  /** Most bytes of living values; beyond it those that were saved longest ago are forgotten. 64 MB by default. */
  maxBytes?: number;
}

/** The values of one owner (a node). Values are plain data, and are not changed after they were given. */
export interface JournalScope {
  /** All values of this owner, in the order in which their keys were first saved. */
  load(): [key: string, value: unknown][];
  /** Keeps a value. On the disk within about a second; of several saves within it the newest counts. */
  save(key: string, value: unknown): void;
  /** Keeps a value, and tells when it is on the disk: then even a power cut does not lose it. False: in memory only. */
  saveDurably(key: string, value: unknown): Promise<boolean>;
  /** Keeps one more value under a new key; keys sort in the order of their making. */
  append(value: unknown, options: { durable: boolean }): { key: string; onDisk: Promise<boolean> };
  /** Forgets a value. On the disk within about a second: a kill before that brings it back. */
  remove(key: string): void;
  /** Forgets all values of this owner. */
  clear(): void;
}

/** DESIGN: at most one write a second for windows and the ledger. */
const WRITE_EVERY_MS = 1000;
/** A disk that has failed is tried again this often. */
const RETRY_AFTER_MS = 10_000;
/** The file is compacted when it is this much larger than what lives in it, and at least so large. */
const COMPACT_FACTOR = 3;
const COMPACT_FROM_BYTES = 4 * 1024 * 1024;
/** A file that cannot be compacted (no space for a second one) does not grow beyond this many times of maxBytes. */
const MAX_FILE_FACTOR = 4;
const MAX_BYTES = 64 * 1024 * 1024;
/** State of a node that nobody has deployed for so long is not needed any more. */
const MAX_AGE_MS = 30 * 86_400_000;
/** Changes that wait for a disk: each alert is one. */
const MAX_DIRTY = 20_000;
/** Processes in one folder: more are a mistake. */
const MAX_PROCESSES = 8;

/**
 * Remembers values over a restart, also one by kill -9 or a power cut: an append-only file of JSON lines, compacted
 * when it has grown. One file a process: a second process in the same folder gets a file of its own.
 */
export class Journal {
  readonly #options: Required<JournalOptions>;
  readonly #living: Living;
  /** What is to be written, in the order of its saving. */
  readonly #dirty = new Set<string>();
  #waiting: ((onDisk: boolean) => void)[] = [];
  #file: JournalFile | null = null;
  #lock: Lock | null = null;
  #name = '';
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #failed = false;
  /** Changes were passed over: only the whole is right. */
  #rewrites = false;
  #closed = false;
  #sequence = 0;
  readonly #told = new Set<string>();

  private constructor(options: JournalOptions) {
    this.#options = { files: realFiles, maxBytes: MAX_BYTES, ...options };
    this.#living = new Living(this.#options.maxBytes, (error) => this.#tell(error));
  }

  /** Reads what an earlier process has left. Never rejects: where the folder cannot be used, all is in memory. */
  static async open(options: JournalOptions): Promise<Journal> {
    const journal = new Journal(options);
    const { folder } = options;
    if (folder === null) return journal;
    const oldest = options.clock.now() - MAX_AGE_MS;
    const read = (line: unknown, bytes: number) => journal.#read(line, bytes, oldest);
    try {
      await journal.#open(folder, read);
    } catch (error) {
      journal.#tell(storeError(error, 'state', folder));
      // What cannot be written may still be read. Of another process it is not ours.
      if (!(error instanceof StoreError)) {
        const path = join(folder, `${journal.#name}.jsonl`);
        await JournalFile.read(path, journal.#options.files, read).catch(() => {});
      }
    }
    return journal;
  }

  /** @param owner who keeps values, such as a node's type and id */
  scope(owner: string): JournalScope {
    const remove = (key: string) => this.#remove(owner, key);
    return {
      load: () => this.#living.of(owner),
      save: (key, value) => {
        this.#save(owner, key, value);
        this.#writeSoon();
      },
      saveDurably: (key, value) => {
        this.#save(owner, key, value);
        return this.#writeNow();
      },
      append: (value, { durable }) => {
        const key = (++this.#sequence).toString(36).padStart(10, '0');
        this.#save(owner, key, value);
        if (durable) return { key, onDisk: this.#writeNow() };
        this.#writeSoon();
        return { key, onDisk: Promise.resolve(false) };
      },
      remove,
      clear: () => {
        for (const [key] of this.#living.of(owner)) remove(key);
      },
    };
  }

  /** Writes what is left, and gives the file to whoever comes next. Nothing is kept after it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.clear();
    this.#timer = null;
    await this.#running;
    if (this.#dirty.size > 0) await this.#run();
    this.#settle(false);
    await this.#file?.sync().catch(() => {});
    await this.#file?.close();
    await this.#lock?.release();
    this.#file = null;
    this.#lock = null;
  }

  /** @throws what the file system says, or a StoreError where others have all names */
  async #open(folder: string, read: (line: unknown, bytes: number) => void): Promise<JournalFile> {
    const { files } = this.#options;
    await files.mkdir(folder, { recursive: true });
    await this.#takeName(folder);
    const path = join(folder, `${this.#name}.jsonl`);
    const { file, found } = await JournalFile.open(path, files, read).catch(async (error) => {
      await this.#lock?.release();
      this.#lock = null;
      throw error;
    });
    this.#file = file;
    if (found.corrupt > 0) this.#tell(corruptLines(found.corrupt, path));
    if (found.setAside !== null) this.#tell(otherVersion(folder, found.setAside));
    return file;
  }

  /** The first name that no other process uses. */
  async #takeName(folder: string): Promise<void> {
    const { files, clock } = this.#options;
    for (let n = 1; n <= MAX_PROCESSES; n++) {
      const name = n === 1 ? 'journal' : `journal-${n}`;
      this.#name = name;
      this.#lock = await Lock.take(join(folder, `${name}.lock`), files, clock);
      if (!this.#lock) continue;
      if (n > 1) this.#tell(sharedFolder(folder, name));
      return;
    }
    throw tooManyProcesses(folder);
  }

  #read(line: unknown, bytes: number, oldest: number): void {
    if (!Array.isArray(line)) return;
    const [scope, key, at, value] = line;
    if (typeof scope !== 'string' || typeof key !== 'string' || typeof at !== 'number') return;
    this.#sequence = Math.max(this.#sequence, sequenceOf(key));
    if (value === undefined || at < oldest) this.#living.forget(idOf(scope, key));
    else this.#living.read(scope, key, at, value, bytes);
  }

  #save(scope: string, key: string, value: unknown): void {
    if (this.#closed) return;
    const forgotten = this.#living.set(scope, key, this.#options.clock.now(), value);
    for (const id of [idOf(scope, key), ...forgotten]) this.#soil(id);
  }

  #soil(id: string): void {
    if (this.#options.folder === null) return;
    this.#dirty.add(id);
    // Of a disk that fails for long only what lives is still worth writing: all of it, in place of what is there.
    if (this.#dirty.size <= MAX_DIRTY) return;
    this.#dirty.clear();
    this.#dirty.add(id);
    this.#rewrites = true;
  }

  #remove(scope: string, key: string): void {
    const id = idOf(scope, key);
    if (this.#closed || !this.#living.has(id)) return;
    this.#living.forget(id);
    this.#soil(id);
    this.#writeSoon();
  }

  #writeSoon(): void {
    if (this.#timer || this.#running || this.#closed || this.#options.folder === null) return;
    const { clock } = this.#options;
    const wait = this.#failed ? RETRY_AFTER_MS : WRITE_EVERY_MS;
    const delay = Math.max(0, this.#writtenAt + wait - clock.monotonic());
    this.#timer = clock.setTimeout(() => {
      this.#timer = null;
      this.#start();
    }, delay);
  }

  /** @returns whether all that was saved so far is on the disk */
  #writeNow(): Promise<boolean> {
    if (this.#closed || this.#options.folder === null) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#timer?.clear();
      this.#timer = null;
      if (!this.#running) this.#start();
    });
  }

  #start(): void {
    this.#running = this.#run().finally(() => {
      this.#running = null;
      if (this.#waiting.length > 0 && !this.#closed) this.#start();
      else if (this.#dirty.size > 0) this.#writeSoon();
    });
  }

  /** Writes what is dirty. Never rejects. */
  async #run(): Promise<void> {
    const { folder } = this.#options;
    const waiting = this.#waiting;
    this.#waiting = [];
    const ids = [...this.#dirty];
    try {
      // What is in the file by now is older than what is here.
      const file = this.#file ?? (await this.#open(folder ?? '', () => {}));
      await this.#writeAll(file, ids, waiting.length > 0);
      this.#failed = false;
      this.#told.delete('STORE_FULL');
      this.#told.delete('STORE_UNWRITABLE');
      for (const resolve of waiting) resolve(true);
    } catch (error) {
      this.#failed = true;
      for (const id of ids) this.#dirty.add(id);
      this.#tell(storeError(error, 'state', folder ?? ''));
      for (const resolve of waiting) resolve(false);
    }
    this.#writtenAt = this.#options.clock.monotonic();
  }

  async #writeAll(file: JournalFile, ids: string[], sync: boolean): Promise<void> {
    const tooLarge = Math.max(COMPACT_FROM_BYTES, COMPACT_FACTOR * this.#living.bytes);
    if (file.size > tooLarge || this.#rewrites) {
      const before = [...this.#dirty];
      this.#dirty.clear();
      try {
        await file.replace(this.#pieces(this.#living.ids()));
        this.#rewrites = false;
        return;
      } catch (error) {
        for (const id of before) this.#dirty.add(id);
        // Small lines may still fit where a second file does not.
        if (this.#rewrites || file.size > MAX_FILE_FACTOR * this.#options.maxBytes) throw error;
      }
    }
    for (const id of ids) this.#dirty.delete(id);
    for (const piece of this.#pieces(ids)) await file.append(piece, false);
    if (sync) await file.sync();
  }

  #pieces(ids: string[]): Generator<string> {
    return this.#living.pieces(ids, () => this.#options.clock.now());
  }

  #settle(onDisk: boolean): void {
    for (const resolve of this.#waiting) resolve(onDisk);
    this.#waiting = [];
  }

  #tell(error: StoreError): void {
    if (this.#told.has(error.code)) return;
    this.#told.add(error.code);
    this.#options.onError(error);
  }
}

function sequenceOf(key: string): number {
  const number = /^[0-9a-z]{10}$/.test(key) ? Number.parseInt(key, 36) : 0;
  return Number.isSafeInteger(number) ? number : 0;
}
