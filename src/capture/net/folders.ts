import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';

/**
 * Whether a file or folder lies within one of the folders, or is one of them. Links are followed first, on both
 * sides, so that none leads out.
 *
 * @param path absolute
 * @param folders absolute; those that do not exist hold nothing
 * @returns false where the path does not exist
 */
export async function isInside(path: string, folders: readonly string[]): Promise<boolean> {
  const real = await existing(path);
  if (real === null) return false;
  for (const folder of folders) {
    const realFolder = await existing(folder);
    if (realFolder !== null && isWithin(real, realFolder)) return true;
  }
  return false;
}

async function existing(path: string): Promise<string | null> {
  // A relative one would depend on where Node-RED was started.
  if (!isAbsolute(path) || path.includes('\0')) return null;
  return realpath(path).catch(() => null);
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  // On another drive of Windows the way is absolute.
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
