import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { CameraError } from '../shared/errors';
import type { FileSource } from './source';

/** Endings of the files that are played out of a folder. */
const ENDINGS = new Set([
  '.mp4',
  '.mkv',
  '.mov',
  '.avi',
  '.ts',
  '.m4v',
  '.webm',
  '.gif',
  '.h264',
  '.h265',
  '.flv',
  '.mjpeg',
]);
/** A folder of an NVR can hold years: more files than this are not listed. */
const MAX_FILES = 10_000;

/**
 * The files that a path stands for: itself, or the recordings in the folder in the order of their names.
 *
 * @param path absolute path of a file or folder
 * @throws CameraError CAMERA_FILE where there is nothing to play
 */
export async function recordingsAt(path: string): Promise<string[]> {
  const info = await stat(path).catch(() => null);
  if (!info) {
    throw new CameraError('CAMERA_FILE', `There is no file or folder at ${path}.`, {
      retryable: true,
      advice: 'Check the path; in Docker, that the folder is mounted into the container.',
    });
  }
  if (!info.isDirectory()) return [path];
  const names = await readdir(path);
  const files = names
    .filter((name) => ENDINGS.has(extname(name).toLowerCase()))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .slice(0, MAX_FILES);
  if (files.length === 0) {
    throw new CameraError('CAMERA_FILE', `The folder ${path} holds no recording.`, {
      retryable: true,
      advice: `Recordings end with ${[...ENDINGS].join(', ')}.`,
    });
  }
  return files.map((name) => join(path, name));
}

/** The recordings of a source, one after the other. */
export class Playlist {
  readonly #source: FileSource;
  #files: string[] = [];
  #next = 0;

  constructor(source: FileSource) {
    this.#source = source;
  }

  /** Begins with the first one again. */
  rewind(): void {
    this.#next = 0;
  }

  /** @throws CameraError CAMERA_FILE where there is nothing to play */
  async next(): Promise<string> {
    // Listed anew at each round, so that new recordings are seen.
    if (this.#next === 0 || this.#next >= this.#files.length) {
      this.#files = await recordingsAt(this.#source.path);
      this.#next = 0;
    }
    return this.#files[this.#next++] as string;
  }

  /** Whether another is to follow the one that has been given last. */
  played(): 'more' | 'all' {
    return this.#source.loop || this.#next < this.#files.length ? 'more' : 'all';
  }
}
