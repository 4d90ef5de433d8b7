import { KeyedRunner } from '../shared/decider';
import type { CameraError } from '../shared/errors';
import { LUMA_HEIGHT, LUMA_WIDTH } from '../shared/luma';
import type { CameraHealth, FrameInfo } from '../shared/messages';
import { needsAllFrames, SELDOM_MS } from './decode-mode';
import { EventTime } from './event-time';
import type { Feed } from './feed';
import type { DecodeSettings } from './ffmpeg-args';
import type { DecodedFrame } from './frame-assembler';
import type { HealthSettings } from './health';
import { jpegSize } from './jpeg-size';
import { Playlist } from './recordings';
import { Run, type RunParts } from './run';
import { type CameraSource, givesPictures } from './source';
import {
  type Phase,
  type SuperviseEvent,
  type SuperviseOutput,
  type SuperviseState,
  supervise,
} from './supervise';
import { Vitals } from './vitals';

/** All that decides what comes out of a camera's stream: two users with the same settings share one session. */
export interface SessionSettings {
  /** Stable id of the camera. */
  camera: string;
  /** The ffmpeg that the user set; '' for the one that is found. */
  ffmpegPath: string;
  source: CameraSource;
  /** `auto`: keyframes, or all frames where keyframes come too seldom; found out once. */
  decode: Omit<DecodeSettings, 'probe' | 'mode' | 'once'> & { mode: DecodeSettings['mode'] | 'auto' };
  /** Longest time to the first frame, in milliseconds. */
  firstFrameMs: number;
  /** Longest silence in milliseconds; 0: found out from the stream. */
  silenceMs: number;
  health: HealthSettings;
}

export interface SessionParts extends RunParts {
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
  /** People are to be told: it is online, degraded or offline now, and has been for a while. `error`: why. */
  onHealth(error: CameraError | null): void;
}

/** A change of the picture's size is followed no more often than this. */
const FORMAT_EVERY_MS = 60_000;

/** The supervision runs for one key: a session is one camera. */
const KEY = 'camera';

/** One camera's stream: keeps it open until it is told to stop. */
export class Session {
  readonly #settings: SessionSettings;
  readonly #parts: SessionParts;
  readonly #listener: SessionListener;
  readonly #runner: KeyedRunner<SuperviseState, SuperviseEvent, SuperviseOutput>;
  readonly #vitals: Vitals;
  readonly #startedAt: number;
  readonly #eventTime: EventTime;
  readonly #playlist: Playlist | null;
  #run: Run | null = null;
  /** How it is decoded, once that is decided. */
  #mode: DecodeSettings['mode'] | null;
  /** Nothing came over UDP. */
  #useTcp = false;
  #seq = 0;
  /** Frames passed over in runs that have ended. */
  #dropped = 0;
  #lastPtsMs: number | null = null;
  /** When it was last opened anew for pictures of another size, monotonic. */
  #formatFollowedAt = Number.NEGATIVE_INFINITY;
  /** Arrival of the keyframe that was the newest when the last frame came. */
  #lastKeyframeAt: number | null = null;
  #onGone: (() => void) | null = null;

  constructor(settings: SessionSettings, parts: SessionParts, listener: SessionListener) {
    const { source, decode } = settings;
    this.#settings = settings;
    this.#parts = parts;
    this.#listener = listener;
    this.#startedAt = parts.clock.now();
    this.#eventTime = new EventTime(parts.clock, source.kind === 'file' && source.pace === 'fast');
    this.#playlist = source.kind === 'file' ? new Playlist(source) : null;
    this.#mode = givesPictures(source) ? 'all' : decode.mode === 'auto' ? null : decode.mode;
    const { clock } = parts;
    this.#runner = new KeyedRunner({
      step: supervise,
      clock,
      maxKeys: 1,
      onOutput: (_key, output) => this.#carryOut(output),
    });
    this.#vitals = new Vitals(clock, (error) => listener.onHealth(error));
  }

  /**
   * Opens the camera; also tries again at once where it has ended, failed or waits.
   *
   * @param byUser somebody asks for it now: a wrong password that is held is tried once more
   */
  start(byUser = false): void {
    const phase = this.#runner.peek(KEY)?.phase;
    if (phase === 'queued' || phase === 'connecting' || phase === 'live') return;
    const { firstFrameMs, silenceMs, source, health: settings } = this.#settings;
    this.#playlist?.rewind();
    this.#vitals.start(settings);
    const patience = { firstFrameMs, silenceMs, beatMs: beatMs(source) };
    this.#dispatch({ type: 'start', settings: patience, byUser });
  }

  /** Ends it, orderly. No frame comes after it; resolves when the process has gone, within three seconds. */
  stop(): Promise<void> {
    this.#dispatch({ type: 'stop' });
    this.#vitals.stop();
    if (!this.#runner.peek(KEY)?.open) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onGone = resolve;
    });
  }

  /** How the camera is, as people are told; null before there is anything to tell. */
  health(name: string): CameraHealth | null {
    const counts = {
      frames: this.#seq,
      dropped: this.#dropped + (this.#run?.dropped ?? 0),
      reconnects: this.#runner.peek(KEY)?.reconnects ?? 0,
    };
    return this.#vitals.of(this.#settings.camera, name, counts, this.#run?.feed ?? null);
  }

  #dispatch(event: SuperviseEvent): void {
    this.#runner.dispatch(KEY, event);
  }

  #carryOut(output: SuperviseOutput): void {
    switch (output.type) {
      case 'open':
        this.#open(output.probe, output.byUser);
        return;
      case 'close':
        this.#run?.stop();
        return;
      case 'phase': {
        const error = this.#runner.peek(KEY)?.error ?? null;
        this.#listener.onPhase(output.phase, error);
        if (output.phase !== 'idle') this.#vitals.phase(output.phase, error);
      }
    }
  }

  #open(probe: number, byUser: boolean): void {
    const { decode } = this.#settings;
    this.#eventTime.restart();
    this.#vitals.restart();
    this.#lastPtsMs = null;
    const options = {
      source: this.#source,
      decode: { ...decode, mode: this.#mode ?? 'keyframes', probe, once: false },
      byUser,
      answerMs: this.#settings.firstFrameMs,
      file: () => this.#playlist?.next() ?? Promise.resolve(''),
    };
    this.#run = new Run(options, this.#parts, {
      onOpened: () => this.#dispatch({ type: 'opened' }),
      onFrame: (frame) => this.#onFrame(frame),
      onTraffic: (feed) => this.#onTraffic(feed),
      onBroken: (count) => this.#vitals.broken(count),
      onEnd: (error, waitMs) => this.#onEnd(error, waitMs),
    });
  }

  get #source(): CameraSource {
    const { source } = this.#settings;
    return source.kind === 'rtsp' && this.#useTcp ? { ...source, transport: 'tcp' } : source;
  }

  #onEnd(error: CameraError, waitMs?: number): void {
    this.#dropped += this.#run?.dropped ?? 0;
    this.#run = null;
    if (error.code === 'CAMERA_UDP') this.#useTcp = true;
    const played = this.#playlist?.played() ?? 'no';
    this.#dispatch({ type: 'exit', error, played, random: this.#parts.random(), waitMs });
    if (!this.#runner.peek(KEY)?.open) this.#onGone?.();
  }

  #onTraffic({ traffic }: Feed): void {
    const now = this.#parts.clock.monotonic();
    const { lastVideoAt, lastKeyframeAt } = traffic;
    if (lastVideoAt === null) return;
    this.#vitals.traffic(traffic);
    const keyframeAgoMs = lastKeyframeAt === null ? null : now - lastKeyframeAt;
    this.#dispatch({ type: 'traffic', videoAgoMs: now - lastVideoAt, keyframeAgoMs });
    this.#decideMode(needsAllFrames(traffic, now));
    if (traffic.formatChanges > 0) this.#followFormat(now);
  }

  /** ffmpeg keeps the size of the first picture: for another one it is opened anew. Not all the time, if a camera alternates. */
  #followFormat(now: number): void {
    if (now - this.#formatFollowedAt < FORMAT_EVERY_MS) return;
    this.#formatFollowedAt = now;
    this.#dispatch({ type: 'reopen' });
  }

  #onFrame({ jpeg, luma, ptsMs }: DecodedFrame): void {
    const { camera, decode, source } = this.#settings;
    const size = jpegSize(jpeg);
    if (!size) return;
    this.#seq++;
    this.#dispatch({ type: 'frame' });
    this.#vitals.frame(luma);
    this.#listener.onFrame({
      jpeg,
      info: {
        camera,
        id: `${camera}-${this.#startedAt.toString(36)}-${this.#seq}`,
        seq: this.#seq,
        ...this.#eventTime.of(ptsMs, this.#arrivedAgoMs()),
        ...size,
        type: 'image/jpeg',
        keyframe: source.kind !== 'pattern' && this.#mode !== 'all' ? true : null,
        luma: { width: LUMA_WIDTH, height: LUMA_HEIGHT, data: luma },
        ...(decode.masks.length > 0 ? { masked: true } : {}),
      },
    });
    // Where packets do not tell, the first two keyframes do.
    if (this.#mode === null && this.#run?.feed?.traffic.keyframes == null) {
      if (this.#lastPtsMs !== null) this.#decideMode(ptsMs - this.#lastPtsMs > SELDOM_MS);
      this.#lastPtsMs = ptsMs;
    }
  }

  /** How long ago the packets of the newest frame came, where they tell: a keyframe's do. */
  #arrivedAgoMs(): number {
    const at = this.#run?.feed?.traffic.lastKeyframeAt ?? null;
    // Frames between keyframes, and one that was decoded late, are taken as they come.
    if (this.#mode === 'all' || at === null || at === this.#lastKeyframeAt) return 0;
    this.#lastKeyframeAt = at;
    return Math.max(0, this.#parts.clock.monotonic() - at);
  }

  /** Once, and for as long as the session lives. */
  #decideMode(all: boolean | null): void {
    if (this.#mode !== null || all === null) return;
    this.#mode = all ? 'all' : 'keyframes';
    if (all) this.#dispatch({ type: 'reopen' });
  }
}

/** A server of HLS gives a segment at a time: RFC 8216 names no length; 10 s is the longest that is usual. */
const HLS_SEGMENT_MS = 10_000;

function beatMs(source: CameraSource): number {
  if (source.kind === 'hls') return HLS_SEGMENT_MS;
  return source.kind === 'snapshot' ? source.everyMs : 0;
}
