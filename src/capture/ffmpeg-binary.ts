import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { CameraError } from '../shared/errors';

/** An ffmpeg that was found and asked what it can do. */
export interface FfmpegBinary {
  path: string;
  /** As it calls itself: `5.1.9-0+deb12u1`. */
  version: string;
  /** Whether it has `-fps_mode` (5.1 and later); before it was `-vsync`. */
  hasFpsMode: boolean;
  /** Names of the options of its RTSP reader. */
  rtspOptions: ReadonlySet<string>;
}

/** Where to look, in this order: the node's setting, FFMPEG_PATH, PATH, ffmpeg-static. */
export interface BinaryLocations {
  /** The node's own setting; '' for none. If it is set, nothing else is looked at. */
  configured: string;
  env: NodeJS.ProcessEnv;
  /** As `bundledFfmpeg` gives it. */
  bundled: string | null;
}

/** Bounded by the number of ffmpeg files on a machine. Key: path, size and time of change. */
const probed = new Map<string, Promise<FfmpegBinary>>();
const PROBE_TIMEOUT_MS = 10_000;
const MAX_PROBED = 20;

/**
 * Finds an ffmpeg and asks it once what it can do (0.2 s; then remembered until the file changes).
 *
 * @throws CameraError CAMERA_FFMPEG_MISSING, with how to get one on this system
 */
export async function findFfmpeg(locations: BinaryLocations): Promise<FfmpegBinary> {
  const tried: string[] = [];
  for (const path of candidates(locations)) {
    try {
      return await probe(path);
    } catch (error) {
      tried.push(`${path}: ${(error as NodeJS.ErrnoException).code ?? 'does not run'}`);
    }
  }
  const named = locations.configured || locations.env.FFMPEG_PATH;
  throw new CameraError(
    'CAMERA_FFMPEG_MISSING',
    named ? `The ffmpeg at ${named} cannot be run.` : 'No ffmpeg was found on this machine.',
    { retryable: true, advice: howToInstall(process.platform), detail: tried.join('; ') },
  );
}

/**
 * The path that ffmpeg-static names; null where it is not installed. Its file may be missing.
 * It is an optional dependency: where its download failed, npm has left it out.
 */
export function bundledFfmpeg(): string | null {
  try {
    return require('ffmpeg-static') as string | null;
  } catch {
    return null;
  }
}

/** How to get an ffmpeg, for each system that Node-RED commonly runs on. */
export function howToInstall(platform: NodeJS.Platform): string {
  const then = 'then wait a minute or deploy again.';
  if (platform === 'darwin') return `Run "brew install ffmpeg", ${then}`;
  if (platform === 'win32') {
    return `Run "winget install ffmpeg" and start Node-RED again, or set FFMPEG_PATH to the ffmpeg.exe that you have.`;
  }
  return (
    `Debian, Ubuntu, Raspberry Pi OS: "sudo apt install ffmpeg". Alpine, such as the Node-RED Docker image: ` +
    `"apk add ffmpeg" as root. Or set FFMPEG_PATH to the ffmpeg that you have, ${then}`
  );
}

function candidates({ configured, env, bundled }: BinaryLocations): string[] {
  if (configured) return [configured];
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  const inPath = (env.PATH ?? env.Path ?? '').split(delimiter).filter((dir) => dir !== '');
  return [
    ...(env.FFMPEG_PATH ? [env.FFMPEG_PATH] : []),
    ...inPath.map((dir) => join(dir, name)),
    ...(bundled ? [bundled] : []),
  ];
}

async function probe(path: string): Promise<FfmpegBinary> {
  await access(path, constants.X_OK);
  const { size, mtimeMs } = await stat(path);
  const key = `${path}|${size}|${mtimeMs}`;
  const known = probed.get(key);
  if (known) return known;
  if (probed.size >= MAX_PROBED) probed.clear();
  const result = ask(path);
  probed.set(key, result);
  // A failure is not remembered: the file may be repaired without a change of its time.
  result.catch(() => probed.delete(key));
  return result;
}

async function ask(path: string): Promise<FfmpegBinary> {
  const [about, demuxer] = await Promise.all([
    run(path, ['-hide_banner', '-version']),
    run(path, ['-hide_banner', '-h', 'demuxer=rtsp']),
  ]);
  return { path, ...readVersion(about), rtspOptions: readOptions(demuxer) };
}

/**
 * Reads `ffmpeg -version`. Builds from git have no version number worth the name, so what they can do is told
 * by the version of libavformat, which all print.
 */
export function readVersion(text: string): { version: string; hasFpsMode: boolean } {
  const version = /^ffmpeg version (\S+)/m.exec(text)?.[1];
  if (!version) throw new Error('does not print a version as ffmpeg does');
  const [, major = '0', minor = '0'] = /^libavformat\s+(\d+)\.\s*(\d+)/m.exec(text) ?? [];
  // -fps_mode came with 5.1, whose libavformat is 59.27.
  const hasFpsMode = Number(major) > 59 || (Number(major) === 59 && Number(minor) >= 27);
  return { version, hasFpsMode };
}

/** Option names out of ffmpeg's help text, whose lines begin `  -name  <type>`. */
export function readOptions(help: string): Set<string> {
  return new Set([...help.matchAll(/^\s+-(\w+)\s+</gm)].map((match) => match[1] as string));
}

function run(path: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(path, args, { timeout: PROBE_TIMEOUT_MS, windowsHide: true }, (error, stdout) => {
      if (error) reject(error);
      else resolve(stdout);
    });
  });
}
