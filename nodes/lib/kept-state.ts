import { join } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { systemClock } from '../../src/shared/clock';
import type { StoreError } from '../../src/shared/errors';
import { Journal, type JournalScope } from '../../src/store/journal';
import { PictureStore } from '../../src/store/picture-store';

/** Below Node-RED's user directory (DESIGN: State and pictures on disk). */
const FOLDER = 'video-to-llm';

type Tell = (error: StoreError) => void;

/** What a node keeps over restarts. */
export interface KeptState {
  /** Resolves when what an earlier process has left is read. Never rejects: where nothing can be kept, it is in memory. */
  scope: Promise<JournalScope>;
  /** Gives the journal back. `removed`: the node was deleted, and what it kept goes with it. */
  close(removed: boolean): Promise<void>;
}

/** One thing for all nodes of a process that use the same folder: opened by the first, closed after the last. */
class Shared<T extends { close(): Promise<void> }> {
  readonly #open: (folder: string | null, tell: Tell) => Promise<T>;
  readonly #byFolder = new Map<string | null, { users: Set<Tell>; opened: Promise<T> }>();
  readonly #closing = new Map<string | null, Promise<void>>();

  constructor(open: (folder: string | null, tell: Tell) => Promise<T>) {
    this.#open = open;
  }

  /** @param tell hears of what goes wrong, if it is the first of the users */
  take(folder: string | null, tell: Tell): { opened: Promise<T>; release(): Promise<void> } {
    let shared = this.#byFolder.get(folder);
    if (!shared) {
      const users = new Set<Tell>();
      const told: Tell = (error) => [...users][0]?.(error);
      const before = this.#closing.get(folder) ?? Promise.resolve();
      shared = { users, opened: before.then(() => this.#open(folder, told)) };
      this.#byFolder.set(folder, shared);
    }
    const { users, opened } = shared;
    users.add(tell);
    return {
      opened,
      release: async () => {
        users.delete(tell);
        if (users.size > 0) return;
        this.#byFolder.delete(folder);
        const closing = opened.then((thing) => thing.close());
        this.#closing.set(folder, closing);
        await closing;
        if (this.#closing.get(folder) === closing) this.#closing.delete(folder);
      },
    };
  }
}

const journals = new Shared((folder, onError) => Journal.open({ folder, clock: systemClock, onError }));
const pictureStores = new Shared((folder, onError) =>
  PictureStore.open({ folder: join(folder ?? '', 'pictures'), clock: systemClock, onError }),
);

/**
 * A node's own part of the journal. Its owner is the node's id, which a deploy and a restart keep.
 *
 * @param tell hears of a disk that is full and the like, once; not for each node
 */
export function openKeptState(RED: NodeAPI, node: Node, tell: Tell): KeptState {
  const { opened, release } = journals.take(folderOf(RED), (error) => tell(error));
  const scope = opened.then((journal) => journal.scope(`${node.type} ${node.id}`));
  return {
    scope,
    close: async (removed) => {
      if (removed) (await scope).clear();
      await release();
    },
  };
}

/** The process's picture store; null where there is no user directory. */
export function openPictures(
  RED: NodeAPI,
  tell: Tell,
): { opened: Promise<PictureStore>; close(): Promise<void> } | null {
  const folder = folderOf(RED);
  if (folder === null) return null;
  const { opened, release } = pictureStores.take(folder, (error) => tell(error));
  return { opened, close: release };
}

/** null where Node-RED has no user directory, as in tests of single nodes: nothing is left behind there. */
function folderOf(RED: NodeAPI): string | null {
  const { userDir } = RED.settings;
  return userDir ? join(userDir, FOLDER) : null;
}
