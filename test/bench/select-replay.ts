import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type FfmpegBinary, findFfmpeg } from '../../src/capture/ffmpeg-binary';
import { patternGraph } from '../../src/capture/test-pattern';
import { runReplay } from '../../src/cli/replay-run';
import { Cassette } from '../../src/replay/cassette';
import { readFlow } from '../../src/replay/flow-file';
import { example } from '../fixtures/example';
import { finish, type Goal, median, printCase } from './report';

const CLIP = 'one-by-one-person-detection.mp4';
/** Long enough that the start of ffmpeg, which is part of it, counts for little. */
const LENGTH_S = 120;
const MODES = ['keyframes', 'all'] as const;
type Mode = (typeof MODES)[number];

/**
 * How fast a recording of 1080p with 25 frames a second is replayed through the example "Loitering" with a cassette:
 * seconds of the recording in one second of this machine.
 */
export async function replayGoals(): Promise<Goal[]> {
  const folder = mkdtempSync(join(tmpdir(), 'v2l-replay-bench-'));
  try {
    const binary = await findFfmpeg({ configured: '', env: process.env, bundled: null });
    const path = await recording(binary, folder);
    const cassette = new Cassette();
    // The first runs record the answers, and warm up.
    for (const mode of MODES) await speed(mode, path, binary, cassette, true);
    const runs: Record<Mode, Run[]> = { keyframes: [], all: [] };
    for (const mode of ['keyframes', 'all', 'all', 'keyframes'] as const)
      runs[mode].push(await speed(mode, path, binary, cassette, false));
    const speeds = (mode: Mode) => runs[mode].map((run) => run.speed);
    for (const mode of MODES) {
      const perCore = runs[mode].map((run) => run.speedPerCore);
      printCase(`replay_${mode}`, { speeds: speeds(mode), speedPerCore: perCore, lengthS: LENGTH_S });
    }
    return [
      { name: 'replay_speed_keyframes', goal: '>= 30', measured: median(speeds('keyframes')) },
      { name: 'replay_speed_all5', goal: '>= 8', measured: median(speeds('all')) },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds of the recording in a second of this machine, and in a second of one core: the latter whatever else runs. */
interface Run {
  speed: number;
  /** null where the system does not tell the time of processes that have ended. */
  speedPerCore: number | null;
}

async function speed(
  mode: Mode,
  path: string,
  binary: FfmpegBinary,
  cassette: Cassette,
  mayAsk: boolean,
): Promise<Run> {
  const flow = readFlow(JSON.stringify(example('01 Loitering', { 'rtsp-camera': { mode, fps: '5' } })), {});
  const models = { cassette, mayAsk, standIn: mayAsk, apiKey: '' };
  const signal = new AbortController().signal;
  const began = performance.now();
  const cpuBefore = cpuSeconds();
  const options = {
    flow,
    from: '',
    path,
    durationS: null,
    start: Date.UTC(2026, 0, 1),
    models,
    binary,
    signal,
  };
  const { durationS, calls } = await runReplay(options);
  if (calls.nobody > 0) throw new Error(`The cassette has no answer for ${calls.nobody} pictures.`);
  const cpuAfter = cpuSeconds();
  return {
    speed: (durationS * 1000) / (performance.now() - began),
    speedPerCore: cpuBefore === null || cpuAfter === null ? null : durationS / (cpuAfter - cpuBefore),
  };
}

/** Of this process and of those that it started and that have ended, in seconds. */
function cpuSeconds(): number | null {
  if (!existsSync('/proc/self/stat')) return null;
  // proc(5): utime, stime, cutime and cstime are the 14th to the 17th, in hundredths; the name before may have blanks.
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) / 100, 0);
}

/** The clip with six persons where there is one, else the drawn scene, as a camera would send it in 1080p. */
async function recording(binary: FfmpegBinary, folder: string): Promise<string> {
  const clip = join(process.env.CLIPS_DIR ?? '', CLIP);
  const input = existsSync(clip) ? ['-i', clip] : ['-f', 'lavfi', '-i', patternGraph(25)];
  const path = join(folder, 'recording.mp4');
  const video = [
    '-vf',
    'scale=1920:1080,fps=25',
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-pix_fmt',
    'yuv420p',
  ];
  const rate = ['-g', '50', '-b:v', '4M', '-t', String(LENGTH_S)];
  await promisify(execFile)(binary.path, ['-v', 'error', '-y', ...input, ...video, ...rate, path]);
  return path;
}

if (require.main === module) void replayGoals().then((goals) => finish('select-replay', goals));
