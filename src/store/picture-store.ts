import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../shared/clock';
import type { StoreError } from '../shared/errors';
import { type CommonPictureType, commonPictureType } from '../shared/picture';
import { type Files, realFiles } from './files';
import { storeError } from './store-error';

export interface PictureStoreOptions {
  /** Made where it is missing. */
  folder: string;
  clock: Clock;
  /** Each condition is told once until a picture could be written again. */
  onError(error: StoreError): void;
  files?: Files;
  /** Most bytes in all; the oldest go first. 1 GB by default: some ten thousand pictures of 640 pixels. */
  maxBytes?: number;
  /** Pictures go after so long. 30 days by default. Milliseconds. */
  maxAgeMs?: number;
}

interface Kept {
  bytes: number;
  /** When it was put in last, epoch milliseconds. */
  at: number;
}

const MAX_BYTES = 1024 ** 3;
const MAX_AGE_MS = 30 * 86_400_000;
/** Pictures that wait for a slow disk. More are dropped: an alert must not wait for its evidence. */
const MAX_WAITING = 64;

const ENDINGS: Record<CommonPictureType, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
};
const ID = /^[0-9a-f]{64}\.(jpg|png|webp)$/;
const UNFINISHED = /^\..*\.new$/;
/** A file that somebody is just writing is not older than this. */
const UNFINISHED_MS = 3_600_000;

/**
 * The id of a picture: SHA-256 of its bytes and the ending of its format, so that the same picture has the same id
 * everywhere, and an id is safe as a file name. null where it is no JPEG, PNG or WebP.
 */
export function pictureId(data: Buffer): string | null {
  const type = commonPictureType(data);
  return type && `${createHash('sha256').update(data).digest('hex')}.${ENDINGS[type]}`;
}

/** Pictures on the disk by their id. Several processes may share a folder: a file is whole, or it is not there. */
export class PictureStore {
  readonly #options: Required<PictureStoreOptions>;
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>();
  readonly #waiting = new Map<string, Promise<boolean>>();
  #bytes = 0;
  #told = '';
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: PictureStoreOptions) {
    this.#options = { files: realFiles, maxBytes: MAX_BYTES, maxAgeMs: MAX_AGE_MS, ...options };
  }

  /** Finds what is there. Never rejects: where the folder cannot be used, each `put` gives false. */
  static async open(options: PictureStoreOptions): Promise<PictureStore> {
    const store = new PictureStore(options);
    await store.#scan().catch((error) => store.#tell(error));
    return store;
  }

  /** Bytes of all pictures. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Keeps a picture. The same one again only makes it young.
   *
   * @param id as {@link pictureId} gives it
   * @returns whether it is kept; false too where too many wait
   */
  put(id: string, data: Buffer): Promise<boolean> {
    if (!ID.test(id)) return Promise.resolve(false);
    const waiting = this.#waiting.get(id);
    if (waiting) return waiting;
    if (this.#waiting.size >= MAX_WAITING) return Promise.resolve(false);
    // One after the other: a burst of alerts must not fill all threads that read and write files.
    const done = this.#last.then(() => this.#write(id, data)).finally(() => this.#waiting.delete(id));
    this.#waiting.set(id, done);
    this.#last = done;
    return done;
  }

  /** The picture, or null where it is not (or no longer) kept. An id from outside is safe here. */
  async get(id: string): Promise<Buffer | null> {
    const path = this.pathOf(id);
    await this.#waiting.get(id);
    return path === null ? null : this.#options.files.readFile(path).catch(() => null);
  }

  /** Where a picture lies; null where the id is none. */
  pathOf(id: string): string | null {
    return ID.test(id) ? join(this.#options.folder, id.slice(0, 2), id) : null;
  }

  /** Waits until all pictures are written. */
  async close(): Promise<void> {
    await this.#last;
  }

  async #scan(): Promise<void> {
    const { folder, files, clock } = this.#options;
    await files.mkdir(folder, { recursive: true });
    const found: [string, Kept][] = [];
    for (const part of await files.readdir(folder)) {
      for (const name of await files.readdir(join(folder, part)).catch(() => [])) {
        const path = join(folder, part, name);
        const stats = await files.stat(path).catch(() => null);
        if (stats && ID.test(name)) found.push([name, { bytes: stats.size, at: stats.mtimeMs }]);
        else if (stats && UNFINISHED.test(name) && clock.now() - stats.mtimeMs > UNFINISHED_MS)
          await files.unlink(path).catch(() => {});
      }
    }
    found.sort(([, a], [, b]) => a.at - b.at);
    for (const [id, kept] of found) this.#note(id, kept);
    await this.#makeRoom();
  }

  async #write(id: string, data: Buffer): Promise<boolean> {
    const { folder, files, clock } = this.#options;
    const path = this.pathOf(id);
    if (path === null) return false;
    const at = clock.now();
    try {
      if (this.#kept.has(id) && (await isTouched(path, at, files))) {
        this.#note(id, { bytes: data.length, at });
        return true;
      }
      await files.mkdir(join(folder, id.slice(0, 2)), { recursive: true });
      const beside = join(folder, id.slice(0, 2), `.${randomUUID()}.new`);
      try {
        await writeWhole(beside, data, files);
        await files.utimes(beside, at / 1000, at / 1000);
        await files.rename(beside, path);
      } catch (error) {
        await files.unlink(beside).catch(() => {});
        throw error;
      }
      this.#told = '';
      this.#note(id, { bytes: data.length, at });
      await this.#makeRoom();
      return true;
    } catch (error) {
      this.#tell(error);
      return false;
    }
  }

  /** As the youngest. */
  #note(id: string, kept: Kept): void {
    this.#bytes += kept.bytes - (this.#kept.get(id)?.bytes ?? 0);
    this.#kept.delete(id);
    this.#kept.set(id, kept);
  }

  async #makeRoom(): Promise<void> {
    const { files, clock, maxBytes, maxAgeMs } = this.#options;
    for (const [id, { bytes, at }] of this.#kept) {
      if (this.#bytes <= maxBytes && clock.now() - at <= maxAgeMs) return;
      this.#kept.delete(id);
      this.#bytes -= bytes;
      // Another process may have been here first.
      await files.unlink(this.pathOf(id) ?? '').catch(() => {});
    }
  }

  #tell(thrown: unknown): void {
    const error = storeError(thrown, 'pictures', this.#options.folder);
    if (error.code === this.#told) return;
    this.#told = error.code;
    this.#options.onError(error);
  }
}

async function isTouched(path: string, at: number, files: Files): Promise<boolean> {
  try {
    await files.utimes(path, at / 1000, at / 1000);
    return true;
  } catch {
    return false;
  }
}

async function writeWhole(path: string, data: Buffer, files: Files): Promise<void> {
  const handle = await files.open(path, 'wx');
  try {
    await handle.writeFile(data);
    await handle.datasync();
  } finally {
    await handle.close().catch(() => {});
  }
}
