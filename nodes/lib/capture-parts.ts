import { prepareSpawn, spawnFfmpeg } from '../../src/capture/children';
import { type FfmpegBinary, findFfmpeg } from '../../src/capture/ffmpeg-binary';
import { SessionPool } from '../../src/capture/pool';
import { systemClock } from '../../src/shared/clock';

/** One for the process: it outlives a deploy, and so the streams do. */
export const cameraPool = new SessionPool({ clock: systemClock, spawn: spawnFfmpeg, random: Math.random });

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
