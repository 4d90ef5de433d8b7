import { access } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { CameraError } from '../shared/errors';
import { isInside } from './net/folders';

/** The folders that files may be read from: recordings, and lists of cameras. */
export class FileAccess {
  readonly #folders: readonly string[];
  readonly #base: string;

  /**
   * @param folders these, and all below them
   * @param base where a path begins that is not absolute
   */
  constructor(folders: readonly string[], base: string) {
    this.#base = resolve(base);
    this.#folders = folders.map((folder) => resolve(this.#base, folder));
  }

  /**
   * The absolute path, without looking at the disk.
   *
   * @throws CameraError CAMERA_REFUSED where it is in none of the folders
   */
  resolve(path: string): string {
    const full = resolve(this.#base, path);
    if (!this.#folders.some((folder) => isWithin(full, folder))) throw this.#refused(path);
    return full;
  }

  /**
   * The same with links followed: call it each time before the file is opened. What is not there is no error here.
   *
   * @throws CameraError CAMERA_REFUSED where a link leads out of the folders
   */
  async check(path: string): Promise<void> {
    const full = this.resolve(path);
    if (await isInside(full, this.#folders)) return;
    const isThere = await access(full).then(
      () => true,
      () => false,
    );
    if (isThere) throw this.#refused(path);
  }

  #refused(path: string): CameraError {
    return new CameraError(
      'CAMERA_REFUSED',
      `The file or folder ${path} is not in a folder that may be read.`,
      {
        advice:
          `Put it below ${this.#folders.join(' or ')}, or add its folder to videoToLlm.folders in settings.js or to ` +
          'the environment variable VIDEO_TO_LLM_FOLDERS, and start Node-RED again.',
      },
    );
  }
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!/^\.\.([\\/]|$)/.test(way) && !isAbsolute(way));
}
