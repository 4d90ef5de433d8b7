import type { Clock } from '../shared/clock';
import { KeyedRunner } from '../shared/decider';
import { asError, CameraError } from '../shared/errors';
import { LUMA_HEIGHT, LUMA_WIDTH } from '../shared/luma';
import type { CameraHealth, FrameInfo } from '../shared/messages';
import { redact } from '../shared/redact';
import type { Spawn } from './children';
import { classifyExit } from './classify';
import { Decoder } from './decoder';
import { EventTime } from './event-time';
import { type DecodeSettings, ffmpegArgs } from './ffmpeg-args';
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
  /** The ffmpeg that the user set; '' for the one that is found. */
  ffmpegPath: string;
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
  readonly #eventTime: EventTime;
  #decoder: Decoder | null = null;
  /** Counts starts: what belongs to an earlier one is ignored. */
  #generation = 0;
  #seq = 0;
  /** On the monotonic clock, in milliseconds. */
  #arrivals: number[] = [];
  #files: string[] = [];
  #nextFile = 0;
  #onGone: (() => void) | null = null;

  constructor(settings: SessionSettings, parts: SessionParts, listener: SessionListener) {
    this.#settings = settings;
    this.#parts = parts;
    this.#listener = listener;
    this.#startedAt = parts.clock.now();
    this.#eventTime = new EventTime(parts.clock, isFast(settings.source));
    this.#runner = new KeyedRunner({
      step: supervise,
      clock: parts.clock,
      maxKeys: 1,
      onOutput: (_key, output) => this.#carryOut(output),
    });
  }

  /** Opens the camera; also tries again at once where it has ended, failed or waits. */
  start(): void {
    const phase = this.#runner.peek(KEY)?.phase;
    if (phase === 'connecting' || phase === 'live') return;
    const { firstFrameMs, silenceMs } = this.#settings;
    this.#nextFile = 0;
    this.#dispatch({ type: 'start', settings: { firstFrameMs, silenceMs } });
  }

  /** Ends ffmpeg, orderly. No frame comes after it; resolves when the process has gone, within three seconds. */
  stop(): Promise<void> {
    this.#dispatch({ type: 'stop' });
    this.#generation++;
    if (!this.#runner.peek(KEY)?.open) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onGone = resolve;
    });
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
      now: clock.monotonic(),
    });
  }

  #dispatch(event: SuperviseEvent): void {
    this.#runner.dispatch(KEY, event);
  }

  #carryOut(output: SuperviseOutput): void {
    switch (output.type) {
      case 'open':
        this.#open(output.probe, ++this.#generation).catch((error) =>
          this.#onExit(asCameraError(error, secretsOf(this.#settings.source)), 'no'),
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
    // Stopped, or given up, meanwhile: the supervision still waits for the end of what it has opened.
    if (generation !== this.#generation || this.#runner.peek(KEY)?.phase !== 'connecting') {
      this.#onExit(classifyExit(''), 'no');
      return;
    }
    this.#eventTime.restart();
    this.#decoder = new Decoder({
      path: binary.path,
      args: ffmpegArgs(source, { ...decode, probe }, binary, file),
      secrets: secretsOf(source),
      paced: isFast(source),
      clock: this.#parts.clock,
      spawn: this.#parts.spawn,
      onFrame: (frame) => this.#onFrame(frame),
      onExit: (text) => {
        this.#decoder = null;
        this.#onExit(classifyExit(text), this.#played());
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

  /** Counts only where a picture came: then the text is about broken ones, which recordings often have at their ends. */
  #played(): 'no' | 'more' | 'all' {
    const { source } = this.#settings;
    if (source.kind !== 'file') return 'no';
    return source.loop || this.#nextFile < this.#files.length ? 'more' : 'all';
  }

  #onExit(error: CameraError, played: 'no' | 'more' | 'all'): void {
    this.#dispatch({ type: 'exit', error, played, random: this.#parts.random() });
    if (!this.#runner.peek(KEY)?.open) this.#onGone?.();
  }

  #onFrame({ jpeg, luma, ptsMs }: DecodedFrame): void {
    const { camera, decode, source } = this.#settings;
    const size = jpegSize(jpeg);
    if (!size) return;
    this.#seq++;
    this.#arrivals = [...this.#arrivals.slice(1 - MAX_ARRIVALS), this.#parts.clock.monotonic()];
    this.#dispatch({ type: 'frame' });
    this.#listener.onFrame({
      jpeg,
      info: {
        camera,
        id: `${camera}-${this.#startedAt.toString(36)}-${this.#seq}`,
        seq: this.#seq,
        ...this.#eventTime.of(ptsMs),
        ...size,
        type: 'image/jpeg',
        keyframe: source.kind !== 'pattern' && decode.mode === 'keyframes' ? true : null,
        luma: { width: LUMA_WIDTH, height: LUMA_HEIGHT, data: luma },
      },
    });
  }
}

function isFast(source: CameraSource): boolean {
  return source.kind === 'file' && source.pace === 'fast';
}

/** Arrivals kept for the frame rate: 10 s at 30 frames a second. */
const MAX_ARRIVALS = 300;

/** The second is how Basic authentication sends it, in base64: a camera may repeat what it was sent. */
function secretsOf(source: CameraSource): string[] {
  return source.kind === 'rtsp' ? [source.password, `${source.user}:${source.password}`] : [];
}

/** Node names the arguments of a process that it cannot start, and the password is in one of them. */
function asCameraError(thrown: unknown, secrets: readonly string[]): CameraError {
  if (thrown instanceof CameraError) return thrown;
  return new CameraError('CAMERA_LOST', 'ffmpeg could not be started.', {
    retryable: true,
    advice: 'It is tried again. See the detail; if it lasts, install ffmpeg anew, or report this.',
    detail: redact(asError(thrown).message, secrets),
  });
}
