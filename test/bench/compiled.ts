import { join } from 'node:path';

/**
 * A file as users run it. What the tests' own compiler makes of the sources is slower: it adds a call for each function
 * that is made, to keep its name.
 *
 * @param path from the folder that the build writes, without ending
 */
export function compiled<T>(path: string): T {
  return require(join(__dirname, '../../dist', path)) as T;
}
