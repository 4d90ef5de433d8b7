import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Spawn } from '../capture/children';
import { SELDOM_MS } from '../capture/decode-mode';
import { type DecodeSettings, ffmpegArgs, JPEG_FD, LOG_FD, LUMA_FD } from '../capture/ffmpeg-args';
import type { FfmpegBinary } from '../capture/ffmpeg-binary';
import { FrameAssembler } from '../capture/frame-assembler';
import { jpegSize } from '../capture/jpeg-size';
import type { CameraSource } from '../capture/source';
import { LUMA_HEIGHT, LUMA_PIXELS, LUMA_WIDTH } from '../shared/luma';
import type { CameraProfile, FrameInfo } from '../shared/messages';
import { ReplayError } from './replay-error';

/** A frame of a recording, as rtsp-in would send it. */
export interface RecordedFrame {
  jpeg: Buffer;
  info: FrameInfo;
}

export interface RecordingOptions {
  /** Path of a file; null for the drawn scene. */
  path: string | null;
  /** How much of it, in seconds; null for all. The drawn scene has no end of its own. */
  durationS: number | null;
  decode: Omit<DecodeSettings, 'probe' | 'mode' | 'once'> & { mode: DecodeSettings['mode'] | 'auto' };
  camera: string;
  profile: CameraProfile;
  /** Event time of the start of the recording, epoch milliseconds. */
  start: number;
  binary: FfmpegBinary;
  spawn: Spawn;
  signal: AbortSignal;
}

/** Frames that are read ahead: they are decoded while others are looked at. */
const AHEAD = 8;
const MAX_TEXT_CHARS = 2000;
/**
 * Unlike a camera, a recording may be decoded by several threads: nobody waits for its newest frame. More than there
 * are cores, because each is one frame that is decoded while another is scaled and encoded: 8 take a fifth less time
 * than 2, on two cores.
 */
const DECODER_THREADS = '8';

/**
 * Reads a recording as fast as its frames are taken, with the arguments, and so the pictures, of a live camera.
 *
 * @throws ReplayError where ffmpeg cannot read it or breaks off, or it has no picture
 */
export async function* readRecording(options: RecordingOptions): AsyncGenerator<RecordedFrame> {
  const { mode } = options.decode;
  if (mode !== 'auto') return yield* readAs(options, mode);
  yield* readAs(options, (await keyframesAreSeldom(options)) ? 'all' : 'keyframes');
}

/** As a session finds out where packets do not tell: by the first two keyframes. */
async function keyframesAreSeldom(options: RecordingOptions): Promise<boolean> {
  let first: number | null = null;
  for await (const { info } of readAs(options, 'keyframes')) {
    if (first !== null) return info.pts - first > SELDOM_MS;
    first = info.pts;
  }
  return true;
}

async function* readAs(
  options: RecordingOptions,
  mode: DecodeSettings['mode'],
): AsyncGenerator<RecordedFrame> {
  const { camera, start, profile, decode, path, durationS, signal } = options;
  const endMs = durationS === null ? Number.POSITIVE_INFINITY : durationS * 1000;
  const reader = new Reader(options, mode);
  let seq = 0;
  try {
    for (let frame = await reader.next(); frame; frame = await reader.next()) {
      const { jpeg, luma, ptsMs } = frame;
      const size = jpegSize(jpeg);
      if (!size) continue;
      // ffmpeg counts from where the file begins, as players do: its sound, or what is before its first keyframe.
      const pts = Math.max(0, Math.round(ptsMs));
      // But its -t counts from the first picture.
      if (pts >= endMs && seq > 0) return;
      if (pts >= endMs)
        throw new ReplayError(`The first picture of ${path} comes at ${pts / 1000} s: take a longer part.`);
      seq += 1;
      const luminance = { width: LUMA_WIDTH, height: LUMA_HEIGHT, data: luma };
      const info: FrameInfo = {
        ...{ camera, id: `${camera}-${seq}`, seq, time: start + pts, pts, age: 0, ...size },
        ...{ type: 'image/jpeg', keyframe: mode === 'keyframes' && path !== null ? true : null },
        ...{ luma: luminance, profile },
        ...(decode.masks.length > 0 ? { masked: true } : {}),
      };
      yield { jpeg, info };
    }
    signal.throwIfAborted();
    if (seq === 0) throw reader.failure('found no picture in');
    if (!reader.isComplete) throw reader.failure('broke off in');
  } finally {
    await reader.stop();
  }
}

/** One ffmpeg that is made to wait when nobody takes its frames. */
class Reader {
  readonly #assembler = new FrameAssembler(LUMA_PIXELS);
  readonly #child: ChildProcess;
  readonly #pipes: Readable[];
  readonly #ready: { jpeg: Buffer; luma: Buffer; ptsMs: number }[] = [];
  readonly #closed: Promise<void>;
  readonly #path: string;
  #isClosed = false;
  #isComplete = false;
  #text = '';
  #wake: (() => void) | null = null;

  constructor(
    { path, durationS, decode, binary, spawn, signal }: RecordingOptions,
    mode: DecodeSettings['mode'],
  ) {
    this.#path = path ?? 'the drawn scene';
    this.#child = spawn(binary.path, argumentsFor(path, durationS, { ...decode, mode }, binary));
    const pipe = (fd: number) => this.#child.stdio[fd] as Readable;
    this.#pipes = [pipe(JPEG_FD), pipe(LUMA_FD), pipe(LOG_FD)];
    pipe(JPEG_FD).on('data', (chunk: Buffer) => this.#take(() => this.#assembler.pushJpeg(chunk)));
    pipe(LUMA_FD).on('data', (chunk: Buffer) => this.#take(() => this.#assembler.pushLuma(chunk)));
    pipe(LOG_FD).on('data', (chunk: Buffer) => this.#take(() => this.#assembler.pushLog(chunk)));
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#text = (this.#text + chunk.toString()).slice(-MAX_TEXT_CHARS);
    });
    this.#child.on('error', (error) => {
      this.#text += error.message;
    });
    const kill = () => this.#child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    this.#closed = new Promise((resolve) => {
      const over = () => {
        signal.removeEventListener('abort', kill);
        this.#isClosed = true;
        this.#wake?.();
        resolve();
      };
      this.#child.once('close', (code) => {
        this.#isComplete = code === 0;
        over();
      });
      this.#child.once('error', over);
    });
  }

  /** The next frame; null at the end. */
  async next() {
    for (;;) {
      const frame = this.#ready.shift();
      if (this.#ready.length < AHEAD / 2) for (const pipe of this.#pipes) pipe.resume();
      if (frame) return frame;
      if (this.#isClosed) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Whether ffmpeg has come to the end, and was not killed and did not give up on the way. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** @param what ffmpeg did to the recording */
  failure(what: string): ReplayError {
    const lines = this.#text.split('\n').filter((line) => line.trim() !== '');
    const last = lines.at(-1)?.slice(0, 200) ?? 'it printed nothing';
    return new ReplayError(`ffmpeg ${what} ${this.#path}. It says: ${last}`);
  }

  async stop(): Promise<void> {
    if (!this.#isClosed) this.#child.kill('SIGKILL');
    for (const pipe of this.#pipes) pipe.destroy();
    await this.#closed;
  }

  #take(push: () => void): void {
    push();
    for (let frame = this.#assembler.next(); frame; frame = this.#assembler.next()) this.#ready.push(frame);
    if (this.#ready.length >= AHEAD) for (const pipe of this.#pipes) pipe.pause();
    this.#wake?.();
  }
}

function argumentsFor(
  path: string | null,
  durationS: number | null,
  decode: Omit<DecodeSettings, 'probe' | 'once'>,
  binary: FfmpegBinary,
): string[] {
  const source: CameraSource =
    path === null ? { kind: 'pattern' } : { kind: 'file', path, pace: 'fast', loop: false };
  const args = ffmpegArgs(source, { ...decode, probe: 1, once: false }, binary, path ?? '');
  const input = args.indexOf('-i');
  const threads = args.indexOf('-threads');
  if (threads >= 0 && threads < input) args[threads + 1] = DECODER_THREADS;
  // The drawn scene is made for live use.
  const slow = args.indexOf('-re');
  const inputOptions = durationS === null ? [] : ['-t', String(durationS)];
  args.splice(input, 0, ...inputOptions);
  if (slow >= 0 && slow < input) args.splice(slow, 1);
  return args;
}
