import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Files, syncFolder } from './files';

/** Written as the first line. A file of another version is set aside, never read wrong. */
const HEADER = '{"format":"video-to-llm journal","version":1}';

const READ_BYTES = 256 * 1024;

/** What opening a file has found. */
export interface Found {
  /** Lines that are no JSON: skipped. */
  corrupt: number;
  /** Whether the last line was cut, as a killed process leaves it: dropped. */
  torn: boolean;
  /** Where a file of another version was moved to; null where there was none. */
  setAside: string | null;
}

/** A file of JSON lines that is only ever appended to, or replaced as a whole. One call at a time. */
export class JournalFile {
  readonly #path: string;
  readonly #files: Files;
  #handle: FileHandle;
  /** Bytes that are known to be whole: what a failed write has left behind them is cut off. */
  #size: number;
  #clean = true;

  private constructor(path: string, files: Files, handle: FileHandle, size: number) {
    this.#path = path;
    this.#files = files;
    this.#handle = handle;
    this.#size = size;
  }

  /**
   * Opens a file, or makes it.
   *
   * @param onValue gets each line, parsed, in order, and its length
   * @throws what the file system says
   */
  static async open(
    path: string,
    files: Files,
    onValue: (value: unknown, bytes: number) => void,
  ): Promise<{ file: JournalFile; found: Found }> {
    const handle = await openOrMake(path, files);
    const { size, head, other, corrupt } = await readValues(handle, onValue);
    const found: Found = { corrupt, torn: size.all > size.whole, setAside: null };
    if (other) {
      await handle.close();
      found.setAside = `${path}.other-version`;
      await files.rename(path, found.setAside);
      return { file: (await JournalFile.open(path, files, onValue)).file, found };
    }
    const file = new JournalFile(path, files, handle, size.whole);
    file.#clean = !found.torn;
    if (head === null) {
      await file.append(`${HEADER}\n`, true);
      await syncFolder(dirname(path), files);
    }
    return { file, found };
  }

  /**
   * Reads a file that cannot be written. What is of another version is passed over.
   *
   * @throws what the file system says
   */
  static async read(
    path: string,
    files: Files,
    onValue: (value: unknown, bytes: number) => void,
  ): Promise<void> {
    const handle = await files.open(path, 'r');
    try {
      await readValues(handle, onValue);
    } finally {
      await handle.close().catch(() => {});
    }
  }

  /** Bytes. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds whole lines at the end.
   *
   * @param sync resolves only when they are on the disk
   * @throws what the file system says; nothing counts as written then
   */
  async append(lines: string, sync: boolean): Promise<void> {
    const data = Buffer.from(lines, 'utf8');
    if (!this.#clean) await this.#handle.truncate(this.#size);
    this.#clean = false;
    await writeAll(this.#handle, data, this.#size);
    if (sync) await this.#handle.datasync();
    this.#clean = true;
    this.#size += data.length;
  }

  /** Waits until what was appended is on the disk. */
  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  /**
   * Puts other content in place of all: first beside it, then over it by one rename, so that a kill at any moment
   * leaves the one or the other whole.
   *
   * @param chunks whole lines
   * @throws what the file system says; the content is as it was then
   */
  async replace(chunks: Iterable<string>): Promise<void> {
    const beside = `${this.#path}.new`;
    const handle = await this.#files.open(beside, 'w+');
    try {
      let size = await writeAll(handle, Buffer.from(`${HEADER}\n`), 0);
      for (const chunk of chunks) size += await writeAll(handle, Buffer.from(chunk, 'utf8'), size);
      await handle.sync();
      await this.#files.rename(beside, this.#path);
      await syncFolder(dirname(this.#path), this.#files);
      const before = this.#handle;
      [this.#handle, this.#size, this.#clean] = [handle, size, true];
      await before.close().catch(() => {});
    } catch (error) {
      await handle.close().catch(() => {});
      await this.#files.unlink(beside).catch(() => {});
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => {});
  }
}

/** Not opened for appending: such a handle does not write where it is told (open(2), O_APPEND). */
async function openOrMake(path: string, files: Files): Promise<FileHandle> {
  await files.writeFile(path, '', { flag: 'a' });
  return files.open(path, 'r+');
}

function isOtherVersion(head: string): boolean {
  try {
    const header = JSON.parse(head) as { format?: unknown; version?: unknown };
    return header.format === 'video-to-llm journal' && header.version !== 1;
  } catch {
    return false;
  }
}

async function writeAll(handle: FileHandle, data: Buffer, position: number): Promise<number> {
  let written = 0;
  while (written < data.length) {
    const { bytesWritten } = await handle.write(data, written, data.length - written, position + written);
    written += bytesWritten;
  }
  return written;
}

/** Gives each line, parsed; `other`: the file is of another version, and none was given. */
async function readValues(handle: FileHandle, onValue: (value: unknown, bytes: number) => void) {
  let other = false;
  let corrupt = 0;
  const read = await readLines(handle, (line, index) => {
    if (index === 0) other = isOtherVersion(line);
    if (other || (index === 0 && line === HEADER)) return;
    try {
      onValue(JSON.parse(line), line.length);
    } catch {
      corrupt++;
    }
  });
  return { ...read, other, corrupt };
}

/** Reads line by line, in pieces, so that nothing else has to wait for a large file. */
async function readLines(handle: FileHandle, onLine: (line: string, index: number) => void) {
  const piece = Buffer.alloc(READ_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let all = 0;
  let index = 0;
  let head: string | null = null;
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, piece.length, all);
    if (bytesRead === 0) return { size: { all, whole: all - rest.length }, head };
    all += bytesRead;
    const data: Buffer = Buffer.concat([rest, piece.subarray(0, bytesRead)]);
    let from = 0;
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, from)) {
      const line = data.toString('utf8', from, end);
      head ??= line;
      onLine(line, index++);
      from = end + 1;
    }
    rest = Buffer.from(data.subarray(from));
  }
}
