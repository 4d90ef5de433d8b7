import { asError, StoreError } from '../shared/errors';

/** What the system calls a disk, a quota or a file size that is used up (errno(3)). */
const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/**
 * What went wrong with a folder, in words for its owner.
 *
 * @param what what was to be kept there: "state", "pictures"
 */
export function storeError(thrown: unknown, what: string, folder: string): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const { code = '', message } = asError(thrown) as NodeJS.ErrnoException;
  const options = { detail: message, retryable: true };
  if (FULL.includes(code)) {
    return new StoreError('STORE_FULL', `The disk is full: ${what} cannot be written to ${folder}.`, {
      ...options,
      advice: 'Free some space. Until then all goes on, but is kept in memory only and lost at a restart.',
    });
  }
  return new StoreError('STORE_UNWRITABLE', `The folder ${folder} cannot be used for ${what}.`, {
    ...options,
    advice:
      'Let the user that runs Node-RED read and write it. Until then all is kept in memory only and lost at a restart.',
  });
}

/** A part of a journal was lost. */
export function corruptLines(count: number, path: string): StoreError {
  return new StoreError('STORE_CORRUPT', `${count} lines of ${path} cannot be read and were skipped.`, {
    advice: 'Check the disk. What these lines kept is forgotten; all else is there.',
  });
}

/** A journal was set aside. */
export function otherVersion(folder: string, movedTo: string): StoreError {
  return new StoreError('STORE_VERSION', `The state in ${folder} is of another version of this package.`, {
    advice: `It was moved to ${movedTo}, and all begins anew. Go back to that version to use it.`,
  });
}

/** @param name of the file that this process uses */
export function sharedFolder(folder: string, name: string): StoreError {
  return new StoreError('STORE_SHARED', `Another Node-RED keeps its state in ${folder} too.`, {
    advice: `State of this one is kept apart, in ${name}.jsonl. Give each Node-RED a user directory of its own.`,
  });
}

export function tooManyProcesses(folder: string): StoreError {
  return new StoreError('STORE_SHARED', `Too many Node-REDs keep their state in ${folder}.`, {
    advice: 'Give each Node-RED a user directory of its own. State of this one is in memory only.',
  });
}
