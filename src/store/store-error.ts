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
