import { constants } from 'node:fs';
import { join } from 'node:path';
import { asError, StageError, StoreError } from '../shared/errors';
import type { Files } from '../store/files';

export interface AuditLogOptions {
  /** Absolute. Made where it is not there. */
  folder: string;
  /** Of the file, without its ending. The one before it has `.1` behind it. */
  name: string;
  /** Bytes of a file; then it takes the place of the one before, and a new one begins. 1000 or more. */
  maxBytes: number;
}

export interface AuditLogParts {
  files: Pick<Files, 'mkdir' | 'open' | 'rename'>;
  /** Called each time before the folder is used. Rejects where it may not be. */
  check(): Promise<void>;
  /** Hears of what goes wrong: once, and again after it has gone well. */
  onError(error: StageError): void;
}

/** An entry that may not be ready yet. It never rejects. */
export type AuditEntry = Promise<object>;

/** Entries that wait for a slow disk: a few hundred bytes each. */
const MAX_WAITING = 1_000;
/** What the system calls a disk, a quota or a file size that is used up (errno(3)). */
const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];
/** For the owner alone: it tells when which camera saw something. */
const MODE = 0o600;
/** A link in place of the file would lead out of the folder. Windows does not know the flag. */
const APPEND =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  ((constants as { O_NOFOLLOW?: number }).O_NOFOLLOW ?? 0);

/** Writes entries as lines of JSON into a file of bounded size, in their order, beside what they are about. */
export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #parts: AuditLogParts;
  #waiting: AuditEntry[] = [];
  /** Entries that were not written. */
  #lost = 0;
  #writing: Promise<void> | null = null;
  #isTold = false;
  #stopped = false;

  constructor(options: AuditLogOptions, parts: AuditLogParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Makes the folder, so that who set it up hears at once where that cannot be. */
  start(): void {
    this.#writing ??= this.#makeFolder()
      .catch((thrown) => this.#tell(thrown))
      .then(() => this.#writeAll());
  }

  /** Never throws, never waits. What is too much is counted, and the count is written when there is room again. */
  push(entry: AuditEntry): void {
    if (this.#stopped) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(entry);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when what was pushed is written, or could not be. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  /** The same; nothing is written afterwards. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.idle();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const entries = this.#waiting;
      this.#waiting = [];
      try {
        const lines = await Promise.all(entries.map(async (entry) => `${JSON.stringify(await entry)}\n`));
        if (this.#lost > 0) lines.push(`${JSON.stringify({ lost: this.#lost })}\n`);
        await this.#append(lines.join(''));
        this.#lost = 0;
        this.#isTold = false;
      } catch (thrown) {
        this.#lost += entries.length;
        this.#tell(thrown);
      }
    }
    this.#writing = null;
  }

  async #append(text: string): Promise<void> {
    const { folder, name, maxBytes } = this.#options;
    const { files } = this.#parts;
    await this.#makeFolder();
    const path = join(folder, `${name}.jsonl`);
    const handle = await files.open(path, APPEND, MODE);
    try {
      const { size } = await handle.stat();
      // Before writing: a file that cannot be put aside must not grow.
      if (size > 0 && size + Buffer.byteLength(text) > maxBytes)
        await files.rename(path, join(folder, `${name}.1.jsonl`));
      else return await handle.appendFile(text);
    } finally {
      await handle.close();
    }
    const next = await files.open(path, APPEND, MODE);
    await next.appendFile(text).finally(() => next.close());
  }

  async #makeFolder(): Promise<void> {
    await this.#parts.check();
    await this.#parts.files.mkdir(this.#options.folder, { recursive: true });
  }

  #tell(thrown: unknown): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#parts.onError(thrown instanceof StageError ? thrown : notWritten(thrown, this.#options.folder));
  }
}

function notWritten(thrown: unknown, folder: string): StoreError {
  const { code = '', message } = asError(thrown) as NodeJS.ErrnoException;
  const rest = 'Calls go on without it. How many are missing is written when it works again.';
  const isFull = FULL.includes(code);
  return new StoreError(
    isFull ? 'STORE_FULL' : 'STORE_UNWRITABLE',
    isFull
      ? `The disk is full: the audit log cannot be written to ${folder}.`
      : `The audit log cannot be written to ${folder}.`,
    {
      advice: `${isFull ? 'Free some space.' : 'Let the user that runs Node-RED write there.'} ${rest}`,
      detail: message,
      retryable: true,
    },
  );
}
