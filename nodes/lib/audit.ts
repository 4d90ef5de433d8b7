import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { isInside } from '../../src/capture/net/folders';
import { systemClock } from '../../src/shared/clock';
import { ConfigError, type StageError } from '../../src/shared/errors';
import { realFiles } from '../../src/store/files';
import { AuditLog } from '../../src/vision/audit-log';
import { AuditedClient } from '../../src/vision/audited-client';
import type { VisionClient } from '../../src/vision/client';
import type { EndpointSettings } from './endpoint-settings';
import { ownSettings } from './own-settings';

/** A client, and a log of what it was asked. */
export interface Audited {
  client: VisionClient;
  /** Resolves when all is written. Call it when all calls have been ended. */
  stop(): Promise<void>;
}

/**
 * The client of an endpoint, with a log of its calls where its settings name a folder for one. A stand-in sends
 * nothing, so there is nothing to log.
 *
 * @param tell hears once of a log that cannot be written
 */
export function audited(
  RED: NodeAPI,
  node: Node,
  client: VisionClient,
  { audit, options, server }: EndpointSettings,
  tell: (error: StageError) => void,
): Audited {
  if (audit.folder === '' || server.standIn) return { client, stop: async () => {} };
  const folder = resolve(RED.settings.userDir ?? process.cwd(), audit.folder);
  const log = new AuditLog(
    { folder, name: `calls-${node.id.replace(/[^\w.-]/g, '-')}`, maxBytes: audit.maxMb * 1_000_000 },
    { files: realFiles, check: async () => checkFolder(folder, allowedFolders(RED)), onError: tell },
  );
  log.start();
  const noting = new AuditedClient({
    ...{ client, clock: systemClock, name: options.name, prices: options.prices },
    push: (entry) => log.push(entry),
  });
  return {
    client: noting,
    stop: async () => {
      await noting.noted();
      await log.stop();
    },
  };
}

/**
 * Node-RED's user directory, and the folders that were allowed for recordings.
 *
 * @throws ConfigError where settings.js cannot be used
 */
function allowedFolders(RED: NodeAPI): string[] {
  const { userDir, folders } = ownSettings(RED);
  return [userDir, ...folders.named, ...folders.fromEnv].map((folder) => resolve(userDir, folder));
}

/** @throws ConfigError where the folder, or the part of its way that there is, lies elsewhere; links are followed */
async function checkFolder(folder: string, allowed: readonly string[]): Promise<void> {
  let there = folder;
  while (!(await exists(there)) && dirname(there) !== there) there = dirname(there);
  if (await isInside(there, allowed)) return;
  throw new ConfigError(
    'CONFIG_INVALID',
    `The audit log is not written: its folder ${folder} is not allowed.`,
    {
      advice:
        "Choose one below Node-RED's user directory, or add it to videoToLlm.folders in settings.js or to the environment " +
        'variable VIDEO_TO_LLM_FOLDERS, and start Node-RED again.',
    },
  );
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
