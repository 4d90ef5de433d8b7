import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EncodedVideo, encodeVideo } from '../../../src/simulator';
import { sceneSource } from '../../../src/simulator/scene';
import { fileSource, type VideoSource } from '../../../src/simulator/source';

const CLIP = 'one-by-one-person-detection.mp4';

/** Light noise, as every sensor has it: a picture without it costs an encoder and a decoder too little. */
const NOISE = 'noise=alls=6:allf=t';

export type VideoName = keyof typeof MAKE;

/** 1080p, 15 frames a second, 2 Mbit/s, a keyframe every 2 s: the stream of the goals. */
function hd(): Promise<EncodedVideo> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-capture-'));
  const file = join(folder, 'hd.mkv');
  const noisy = ['-vf', `scale=1920:1080,fps=15,${NOISE}`, '-t', '30', '-an'];
  const encode = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '12'];
  execFileSync('ffmpeg', [
    '-v',
    'error',
    ...clipOrScene({ width: 1920, height: 1080 }, 15),
    ...noisy,
    ...encode,
    file,
  ]);
  const video = { width: 1920, height: 1080, fps: 15, gop: 30, bitrateKbps: 2000 };
  return encodeVideo({ ffmpeg: 'ffmpeg', source: fileSource(file), ...video }).finally(() =>
    rmSync(folder, { recursive: true }),
  );
}

const small = { ffmpeg: 'ffmpeg', width: 320, height: 180, fps: 5, bitrateKbps: 150 };
const scene = sceneSource({ emptyS: 1, walkS: 1, stayS: 1, loopS: 20 });

const MAKE = {
  hd,
  /** A keyframe every second, every 2 s, and every 20 s. */
  gop1: () => encodeVideo({ ...small, source: scene, gop: 5 }),
  gop2: () => encodeVideo({ ...small, source: scene, gop: 10 }),
  gop20: () => encodeVideo({ ...small, source: scene, gop: 100 }),
};

const made = new Map<VideoName, Promise<EncodedVideo>>();

/** Encoded at its first use. */
export function video(name: VideoName): Promise<EncodedVideo> {
  const known = made.get(name) ?? MAKE[name]();
  made.set(name, known);
  return known;
}

/** What the HD stream is made of, for the report. */
export function hdOrigin(): string {
  return clipPath() ? CLIP : 'a drawn scene, because CLIPS_DIR does not lead to the clips';
}

function clipOrScene(size: { width: number; height: number }, fps: number): string[] {
  const path = clipPath();
  const source: VideoSource = path ? fileSource(path, { fromS: 5 }) : scene;
  return source(size, fps);
}

function clipPath(): string | null {
  const path = join(process.env.CLIPS_DIR ?? '', CLIP);
  return process.env.CLIPS_DIR && existsSync(path) ? path : null;
}
