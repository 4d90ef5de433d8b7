import type { Clock } from '../shared/clock';
import { KeyedRunner } from '../shared/decider';
import { asError, CameraError } from '../shared/errors';
import type { CameraHealth, FrameInfo } from '../shared/messages';
import { type CaptureTimeState, captureTime } from './capture-time';
import type { Spawn } from './children';
import { classifyExit } from './classify';
import { Decoder } from './decoder';
import { type DecodeSettings, ffmpegArgs, LUMA_HEIGHT, LUMA_WIDTH } from './ffmpeg-args';
import type { FfmpegBinary } from './ffmpeg-binary';
import type { DecodedFrame } from './frame-assembler';
import { healthOf } from './health';
import { jpegSize } from './jpeg-size';
import { recordingsAt } from './recordings';
import type { CameraSource } from './source';
import {
  type Phase,
  type SuperviseEvent,
  type SuperviseOutput,
  type SuperviseState,
  supervise,
} from './supervise';

/** All that decides what comes out of a camera's stream: two users with the same settings share one session. */
export interface SessionSettings {
  /** Stable id of the camera. */
  camera: string;
  source: CameraSource;
  decode: Omit<DecodeSettings, 'probe'>;
  /** Longest time to the first frame, in milliseconds. */
  firstFrameMs: number;
  /** Longest silence in milliseconds; 0: found out from the stream. */
  silenceMs: number;
}

export interface SessionParts {
  clock: Clock;
  spawn: Spawn;
  /** Finds the ffmpeg to use, anew for each start. */
  findFfmpeg(): Promise<FfmpegBinary>;
  /** 0 to 1. */
  random(): number;
}

/** A frame as it leaves the decoder: its JPEG, and what is known about it. */
export interface CapturedFrame {
  jpeg: Buffer;
  info: FrameInfo;
}

/** What a session tells. Frames and phases come in the order in which they happened. */
export interface SessionListener {
  onFrame(frame: CapturedFrame): void;
  /** The phase has changed. `error`: what is wrong, null where nothing is. */
  onPhase(phase: Phase, error: CameraError | null): void;
}

/** The supervision runs for one key: a session is one camera. */
const KEY = 'camera';

/** One camera's stream: keeps one ffmpeg running until it is told to stop. */
export class Session {
  readonly #settings: SessionSettings;
  readonly #parts: SessionParts;
  readonly #listener: SessionListener;
  readonly #runner: KeyedRunner<SuperviseState, SuperviseEvent, SuperviseOutput>;
  readonly #startedAt: number;
  #decoder: Decoder | null = null;
  /** Counts starts: what belongs to an earlier one is ignored. */
  #generation = 0;
  #captureTime: CaptureTimeState | undefined;
  #firstPts: number | null = null;
  #lastTime = Number.NEGATIVE_INFINITY;
  #seq = 0;
  #arrivals: number[] = [];
  #files: string[] = [];
  #nextFile = 0;

  constructor(settings: SessionSettings, parts: SessionParts, listener: SessionListener) {
    this.#settings = settings;
    this.#parts = parts;
    this.#listener = listener;
    this.#startedAt = parts.clock.now();
    this.#runner = new KeyedRunner({
      step: supervise,
      clock: parts.clock,
      maxKeys: 1,
      onOutput: (_key, output) => this.#carryOut(output),
    });
  }

  start(): void {
    const { firstFrameMs, silenceMs } = this.#settings;
    this.#nextFile = 0;
    this.#dispatch({ type: 'start', settings: { firstFrameMs, silenceMs } });
  }

  /** Ends ffmpeg, orderly. No frame comes after it; the process is gone within three seconds. */
  stop(): void {
    this.#dispatch({ type: 'stop' });
    this.#generation++;
  }

  /** How the camera is, for output 2 and the status. */
  health(name: string): CameraHealth | null {
    const state = this.#runner.peek(KEY);
    if (!state) return null;
    const { clock } = this.#parts;
    return healthOf(state, {
      id: this.#settings.camera,
      name,
      arrivals: this.#arrivals,
      frames: this.#seq,
      now: clock.now(),
    });
  }

  #dispatch(event: SuperviseEvent): void {
    this.#runner.dispatch(KEY, event);
  }

  #carryOut(output: SuperviseOutput): void {
    switch (output.type) {
      case 'open':
        this.#open(output.probe, ++this.#generation).catch((error) =>
          this.#onExit(asCameraError(error), 'no'),
        );
        return;
      case 'close':
        this.#decoder?.stop();
        return;
      case 'phase':
        this.#listener.onPhase(output.phase, this.#runner.peek(KEY)?.error ?? null);
    }
  }

  /** Starts ffmpeg. What goes wrong before it runs is told as its end. */
  async #open(probe: number, generation: number): Promise<void> {
    const { source, decode } = this.#settings;
    const binary = await this.#parts.findFfmpeg();
    const file = source.kind === 'file' ? await this.#pickFile(source.path) : '';
    // Stopped meanwhile: the supervision still waits for the end of what it has opened.
    if (generation !== this.#generation) {
      this.#dispatch({ type: 'exit', error: classifyExit(''), played: 'no', random: 0 });
      return;
    }
    this.#captureTime = undefined;
    this.#firstPts = null;
    this.#decoder = new Decoder({
      path: binary.path,
      args: ffmpegArgs(source, { ...decode, probe }, binary, file),
      secrets: source.kind === 'rtsp' ? [source.password] : [],
      paced: source.kind === 'file' && source.pace === 'fast',
      clock: this.#parts.clock,
      spawn: this.#parts.spawn,
      onFrame: (frame) => this.#onFrame(frame),
      onExit: (text) => {
        this.#decoder = null;
        this.#onExit(classifyExit(text), text.trim() === '' ? this.#played() : 'no');
      },
    });
  }

  async #pickFile(path: string): Promise<string> {
    // Listed anew at each round, so that new recordings are seen.
    if (this.#nextFile === 0 || this.#nextFile >= this.#files.length) {
      this.#files = await recordingsAt(path);
      this.#nextFile = 0;
    }
    return this.#files[this.#nextFile++] as string;
  }

  #played(): 'no' | 'more' | 'all' {
    const { source } = this.#settings;
    if (source.kind !== 'file') return 'no';
    return source.loop || this.#nextFile < this.#files.length ? 'more' : 'all';
  }

  #onExit(error: CameraError, played: 'no' | 'more' | 'all'): void {
    this.#dispatch({ type: 'exit', error, played, random: this.#parts.random() });
  }

  #onFrame({ jpeg, luma, ptsMs }: DecodedFrame): void {
    const { clock } = this.#parts;
    const { camera, decode, source } = this.#settings;
    const size = jpegSize(jpeg);
    if (!size) return;
    const arrival = clock.now();
    const time = this.#timeOf(ptsMs, arrival);
    this.#firstPts ??= ptsMs;
    this.#seq++;
    this.#arrivals = [...this.#arrivals.filter((at) => at > arrival - 10_000), arrival].slice(-MAX_ARRIVALS);
    this.#dispatch({ type: 'frame' });
    this.#listener.onFrame({
      jpeg,
      info: {
        camera,
        id: `${camera}-${this.#startedAt.toString(36)}-${this.#seq}`,
        seq: this.#seq,
        time: Math.round(time),
        pts: Math.round(ptsMs - this.#firstPts),
        age: Math.max(0, Math.round(arrival - time)),
        ...size,
        type: 'image/jpeg',
        keyframe: source.kind !== 'pattern' && decode.mode === 'keyframes' ? true : null,
        luma: { width: LUMA_WIDTH, height: LUMA_HEIGHT, data: luma },
      },
    });
  }

  /** A recording at full speed has no arrival worth the name: its time is that of its own stamps, from now on. */
  #timeOf(ptsMs: number, arrival: number): number {
    const { source } = this.#settings;
    const isFast = source.kind === 'file' && source.pace === 'fast';
    const last = this.#captureTime;
    const next = this.#lastTime + 1;
    const believed = isFast ? (last ? ptsMs + last.offsetMs : Math.max(arrival, next)) : arrival;
    const { state, time } = captureTime(last, ptsMs, believed);
    this.#captureTime = state;
    // Time does not go back from one ffmpeg to the next either.
    this.#lastTime = Math.max(time, next);
    return this.#lastTime;
  }
}

/** Arrivals kept for the frame rate: 10 s at 30 frames a second. */
const MAX_ARRIVALS = 300;

function asCameraError(thrown: unknown): CameraError {
  if (thrown instanceof CameraError) return thrown;
  const { message } = asError(thrown);
  return new CameraError('CAMERA_LOST', 'ffmpeg could not be started.', { retryable: true, detail: message });
}
