import { availableParallelism } from 'node:os';
import type { NodeAPI } from 'node-red';
import { prepareSpawn, spawnFfmpeg } from '../../src/capture/children';
import { Doorkeeper } from '../../src/capture/doorkeeper';
import { bundledFfmpeg, type FfmpegBinary, findFfmpeg } from '../../src/capture/ffmpeg-binary';
import { FileAccess } from '../../src/capture/file-access';
import { NetConnector } from '../../src/capture/net/connect';
import { NetPolicy } from '../../src/capture/net/policy';
import { feedOpener } from '../../src/capture/open-feed';
import { SessionPool } from '../../src/capture/pool';
import type { RunParts } from '../../src/capture/run';
import type { CameraSource } from '../../src/capture/source';
import { systemClock } from '../../src/shared/clock';
import { type OwnSettings, ownSettings } from './own-settings';

/** What all cameras of this process share. */
export interface CaptureParts {
  pool: SessionPool;
  /** For what is taken beside a watched stream: a still, a test. */
  run: Omit<RunParts, 'findFfmpeg'>;
  /** Where recordings and lists may be read from. */
  files: FileAccess;
}

/** One for the process: it outlives a deploy, and so the streams do. */
let made: CaptureParts | null = null;

/**
 * Made at the first use, because settings.js is known only then.
 *
 * @throws ConfigError CONFIG_INVALID where `videoToLlm` in settings.js cannot be used
 */
export function captureParts(RED: NodeAPI): CaptureParts {
  made ??= make(ownSettings(RED));
  return made;
}

function make({ userDir, allowedHosts, folders: { named, fromEnv } }: OwnSettings): CaptureParts {
  const policy = new NetPolicy({ allowedHosts });
  const connector = new NetConnector({ clock: systemClock, policy });
  const run = {
    clock: systemClock,
    spawn: spawnFfmpeg,
    doorkeeper: new Doorkeeper(systemClock, availableParallelism()),
    openFeed: feedOpener({ clock: systemClock, connector }),
  };
  return {
    pool: new SessionPool({ ...run, random: Math.random }),
    run,
    files: new FileAccess([...(named.length > 0 ? named : [userDir]), ...fromEnv], userDir),
  };
}

/** Ends all streams: the process is about to end. */
export async function closeAllStreams(): Promise<void> {
  await made?.pool.closeAll();
}

let shutDown = false;
let listening = false;

/** Whether the process has been told to end: then no stream is worth keeping for the next deploy. */
export function isShuttingDown(): boolean {
  return shutDown;
}

/** Call once Node-RED runs. */
export function listenForShutdown(): void {
  if (listening) return;
  listening = true;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // A first listener would take away the signal's own effect, which is to end the process.
    if (process.listenerCount(signal) === 0) continue;
    process.prependListener(signal, () => {
      shutDown = true;
    });
  }
}

/**
 * What a camera asks before each start: which ffmpeg to use.
 *
 * @param configured the ffmpeg that the user set; '' for none
 * @returns throws CameraError CAMERA_REFUSED where a recording is not, or no longer, in an allowed folder
 */
export function ffmpegFinder(files: FileAccess, configured: string, source: CameraSource) {
  return async (): Promise<FfmpegBinary> => {
    if (source.kind === 'file') await files.check(source.path);
    await prepareSpawn();
    return findFfmpeg({ configured, env: process.env, bundled: bundledFfmpeg() });
  };
}
