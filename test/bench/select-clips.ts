import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LUMA_HEIGHT, LUMA_PIXELS, LUMA_WIDTH } from '../../src/shared/luma';
import { Canvas, HEIGHT, PIXELS, WIDTH } from './select-picture';
import { type Footage, FPS, type LabelledEvent, type Scene } from './select-scene';

/** A clip as the bench runs it. */
export interface Clip {
  name: string;
  kind: Scene['kind'];
  heldOut: boolean;
  /** For the peers that read video. */
  file: string;
  seconds: number;
  fps: number;
  events: LabelledEvent[];
  /** Brightness planes as rtsp-in makes them, in order. */
  planes: Buffer[];
}

interface Labels {
  [clip: string]: { duration: number; events: LabelledEvent[] };
}

/** The clips of a folder that have labels. */
export async function labelledClips(folder: string): Promise<Clip[]> {
  const path = join(folder, 'labels.json');
  if (folder === '' || !existsSync(path)) return [];
  const labels = JSON.parse(readFileSync(path, 'utf8')) as Labels;
  const clips: Clip[] = [];
  for (const [name, { duration, events }] of Object.entries(labels)) {
    const file = join(folder, name);
    const planes = await planesOf(file);
    clips.push({ name, kind: 'event', heldOut: false, file, seconds: duration, fps: FPS, events, planes });
  }
  return clips;
}

/** Seconds from one frame to the next in the decode mode keyframes of most cameras. */
const KEYFRAME_S = 2;

/**
 * What the decode mode keyframes shows of a clip with labels, a frame every 2 s.
 *
 * @param name added to that of the clip
 * @param fromS where it begins, seconds; an event that is going on there begins with it
 */
export async function keyframesOf(clip: Clip, name: string, fromS: number, folder: string): Promise<Clip> {
  const file = join(folder, `${clip.name}-from-${fromS}.mp4`);
  const video = [
    '-vf',
    `fps=1/${KEYFRAME_S}`,
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-pix_fmt',
    'yuv420p',
  ];
  await ffmpeg(['-y', '-ss', String(fromS), '-i', clip.file, '-an', ...video, file]);
  const first = Math.round(fromS * clip.fps);
  const step = KEYFRAME_S * clip.fps;
  return {
    ...clip,
    name: `${clip.name}, ${name}`,
    file,
    seconds: clip.seconds - fromS,
    fps: 1 / KEYFRAME_S,
    events: clip.events
      .map(({ start, end }) => ({ start: Math.max(0, start - fromS), end: end - fromS }))
      .filter(({ start, end }) => end - start > KEYFRAME_S),
    planes: clip.planes.filter((_, i) => i >= first && (i - first) % step === 0),
  };
}

/** Pictures of a clip at the size in which scenes are drawn. */
export async function footageOf(file: string): Promise<Footage> {
  const raw = await ffmpeg([
    '-i',
    file,
    '-vf',
    `fps=${FPS},scale=${WIDTH}:${HEIGHT},format=gray`,
    '-f',
    'rawvideo',
    '-',
  ]);
  const count = Math.floor(raw.length / PIXELS);
  return {
    at(second) {
      const index = Math.max(0, Math.min(count - 1, Math.round(second * FPS)));
      return new Canvas(raw.subarray(index * PIXELS, (index + 1) * PIXELS));
    },
  };
}

/** Draws a scene, and sends it through a video codec, as a camera would. */
export async function record(scene: Scene, folder: string): Promise<Clip> {
  const file = join(folder, `${scene.name.replaceAll(' ', '-')}.mp4`);
  await encode(scene, file);
  const { name, kind, heldOut, seconds, events } = scene;
  return { name, kind, heldOut, file, seconds, fps: FPS, events, planes: await planesOf(file) };
}

async function encode(scene: Scene, file: string): Promise<void> {
  const size = `${WIDTH}x${HEIGHT}`;
  const args = [
    '-v',
    'error',
    '-y',
    '-f',
    'rawvideo',
    '-pix_fmt',
    'gray',
    '-s',
    size,
    '-r',
    String(FPS),
    '-i',
    '-',
  ];
  // A camera's settings: a keyframe every 2 s, and a quality at which artefacts can be seen.
  const codec = [
    '-c:v',
    'libx264',
    '-preset',
    'superfast',
    '-crf',
    '27',
    '-g',
    String(2 * FPS),
    '-pix_fmt',
    'yuv420p',
  ];
  const child = spawn('ffmpeg', [...args, ...codec, file], { stdio: ['pipe', 'ignore', 'inherit'] });
  const closed = once(child, 'close');
  for (let index = 0; index < scene.seconds * FPS; index++) {
    const { pixels } = scene.draw(index / FPS, index);
    if (!child.stdin.write(pixels)) await once(child.stdin, 'drain');
  }
  child.stdin.end();
  const [code] = await closed;
  if (code !== 0) throw new Error(`ffmpeg could not encode ${scene.name}.`);
}

/** As capture/ffmpeg-args.ts makes them, at the bench's rate. */
async function planesOf(file: string): Promise<Buffer[]> {
  const filter = `fps=${FPS},scale=${LUMA_WIDTH}:${LUMA_HEIGHT}:flags=area,format=gray`;
  const raw = await ffmpeg(['-i', file, '-vf', filter, '-f', 'rawvideo', '-']);
  return Array.from({ length: Math.floor(raw.length / LUMA_PIXELS) }, (_, i) =>
    raw.subarray(i * LUMA_PIXELS, (i + 1) * LUMA_PIXELS),
  );
}

/** What ffmpeg writes to its standard output. */
export async function ffmpeg(args: string[]): Promise<Buffer> {
  const child = spawn('ffmpeg', ['-v', 'error', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(part as Buffer);
  const [code] = await closed;
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${args.join(' ')}`);
  return Buffer.concat(parts);
}

/** What ffmpeg tells on its way: its standard error, with information. */
export async function ffmpegErrors(args: string[]): Promise<string> {
  const child = spawn('ffmpeg', ['-hide_banner', '-nostats', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  const parts: Buffer[] = [];
  for await (const part of child.stderr) parts.push(part as Buffer);
  await closed;
  return Buffer.concat(parts).toString();
}
