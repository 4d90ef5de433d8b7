import { prepareSpawn, spawnFfmpeg } from '../../src/capture/children';
import { type FfmpegBinary, findFfmpeg } from '../../src/capture/ffmpeg-binary';
import { SessionPool } from '../../src/capture/pool';
import { systemClock } from '../../src/shared/clock';

/** One for the process: it outlives a deploy, and so the streams do. */
export const cameraPool = new SessionPool({ clock: systemClock, spawn: spawnFfmpeg, random: Math.random });

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

/** Finds the ffmpeg for a camera whose setting is `configured`; '' for none. */
export async function ffmpegFor(configured: string): Promise<FfmpegBinary> {
  await prepareSpawn();
  return findFfmpeg({ configured, env: process.env, bundled: bundledFfmpeg() });
}

/** ffmpeg-static is an optional dependency: where its download failed, npm has left it out. */
function bundledFfmpeg(): string | null {
  try {
    return require('ffmpeg-static') as string | null;
  } catch {
    return null;
  }
}
