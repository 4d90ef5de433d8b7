import * as promises from 'node:fs/promises';

/** What the stores use of a file system: node:fs/promises, or a failing one in tests. */
export type Files = Pick<
  typeof promises,
  'mkdir' | 'open' | 'readdir' | 'readFile' | 'rename' | 'stat' | 'unlink' | 'utimes' | 'writeFile'
>;

export const realFiles: Files = promises;

/**
 * Makes a rename last over a power cut (POSIX: the directory is a file of its own). Windows has no such call, and
 * some file systems refuse it: then there is nothing more to do.
 */
export async function syncFolder(folder: string, files: Files): Promise<void> {
  const handle = await files.open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close().catch(() => {});
}
