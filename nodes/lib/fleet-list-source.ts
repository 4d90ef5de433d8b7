import { open } from 'node:fs/promises';
import type { Node, NodeAPI } from 'node-red';
import type { FileAccess } from '../../src/capture/file-access';
import { fleetEntries, fleetError } from '../../src/capture/fleet';
import { MAX_LIST_BYTES, readFleetList } from '../../src/capture/fleet-list';
import { asError, StageError } from '../../src/shared/errors';

/** Where a list of cameras comes from. */
export type ListSource =
  | { from: 'message' }
  | { from: 'file'; path: string }
  | { from: 'context'; type: string; key: string };

/**
 * Reads the list as it is now.
 *
 * @param files the folders it may be in; null where settings.js cannot be used
 * @throws CameraError CAMERA_FLEET where there is none; CAMERA_REFUSED where its file may not be read
 */
export function readList(
  RED: NodeAPI,
  node: Node,
  files: FileAccess,
  source: Exclude<ListSource, { from: 'message' }>,
): Promise<readonly unknown[]> {
  return source.from === 'file' ? fromFile(source.path, files) : fromContext(RED, node, source);
}

async function fromFile(path: string, files: FileAccess): Promise<readonly unknown[]> {
  if (path === '')
    throw fleetError('The list of cameras has no file yet', 'Open the node and fill in its path.');
  await files.check(path);
  return readFleetList(await textOf(files.resolve(path)));
}

async function textOf(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      // One byte more than may be in it: a file may grow while it is read.
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(MAX_LIST_BYTES + 1),
        0,
        MAX_LIST_BYTES + 1,
        0,
      );
      if (bytesRead > MAX_LIST_BYTES) {
        throw fleetError('The list of cameras is larger than 2 MB', 'Check that it is the right file.');
      }
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof StageError) throw error;
    const { code = '' } = asError(error) as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'is not there' : 'cannot be read';
    throw fleetError(`The list of cameras at ${path} ${what}`, 'Check the path, and who may read it.');
  }
}

function fromContext(
  RED: NodeAPI,
  node: Node,
  { type, key }: { type: string; key: string },
): Promise<readonly unknown[]> {
  if (key === '') {
    throw fleetError('The list of cameras has no context value yet', 'Open the node and fill in its name.');
  }
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, value: unknown) => {
      if (error)
        return reject(fleetError(`The context value ${key} cannot be read`, 'Check its name and its store.'));
      try {
        // Not set yet: the flow that sets it may run later.
        resolve(value === undefined ? [] : fleetEntries(value));
      } catch (wrong) {
        reject(wrong);
      }
    };
    RED.util.evaluateNodeProperty(key, type, node as never, {} as never, done as never);
  });
}
