import { takeStill } from '../../src/capture/capture-once';
import type { Lease } from '../../src/capture/pool';
import type { CapturedFrame, SessionListener } from '../../src/capture/session';
import type { Phase } from '../../src/capture/supervise';
import { CameraError, type StageError } from '../../src/shared/errors';
import { LUMA_HEIGHT, LUMA_WIDTH } from '../../src/shared/luma';
import type { CameraHealth, FrameInfo } from '../../src/shared/messages';
import type { Camera } from './camera-settings';
import { type CaptureParts, ffmpegFinder } from './capture-parts';
import { Condition } from './condition';

/** Takes part in a camera's stream. */
export type Acquire = (listener: SessionListener) => Lease;

/** What a watch tells. */
export interface WatchListener {
  onFrame(jpeg: Buffer, frame: FrameInfo): void;
  onHealth(health: CameraHealth): void;
  /** Once when something goes wrong, and again when that changes. */
  onError(error: StageError): void;
  /** Something has changed that a status may show. */
  onChange(): void;
}

/** How a camera is at this moment; `error` is what people were told. */
export type WatchState =
  | { is: 'unusable' }
  | { is: 'stopped' }
  | { is: Phase; error: CameraError | null; wasLive: boolean };

/** The widest that a picture may be: full size for every camera there is. */
const FULL_WIDTH_PX = 7680;

/** One camera that a node watches: its hold on the stream, what people are told, and stills. */
export class CameraWatch {
  readonly camera: Camera;
  readonly #parts: CaptureParts | null;
  readonly #acquire: Acquire;
  readonly #listener: WatchListener;
  readonly #condition: Condition;
  readonly #closed = new AbortController();
  readonly #startedAt: number;
  #lease: Lease | null = null;
  #phase: Phase = 'idle';
  #wasLive = false;
  /** A user wants it opened, and has not heard yet what came of it. */
  #asked = false;
  #error: CameraError | null = null;
  /** What was sent last. */
  #health: CameraHealth | null = null;
  #still: Promise<{ jpeg: Buffer; frame: FrameInfo }> | null = null;
  #stills = 0;

  /**
   * @param parts null where they cannot be made: then the camera has that as its problem
   * @param acquire takes part in the camera's stream
   */
  constructor(camera: Camera, parts: CaptureParts | null, acquire: Acquire, listener: WatchListener) {
    this.camera = camera;
    this.#parts = parts;
    this.#acquire = acquire;
    this.#listener = listener;
    this.#condition = new Condition((error) => listener.onError(error));
    this.#startedAt = parts?.run.clock.now() ?? 0;
  }

  get state(): WatchState {
    if (this.camera.problem) return { is: 'unusable' };
    if (!this.#lease) return { is: 'stopped' };
    return { is: this.#phase, error: this.#error, wasLive: this.#wasLive };
  }

  /** Frames a second, over the last ten seconds. */
  get fps(): number {
    return this.#lease?.health('')?.fps ?? 0;
  }

  start(): void {
    if (this.#lease || this.#closed.signal.aborted) return;
    this.#condition.set(this.camera.problem);
    if (!this.camera.problem) {
      this.#lease = this.#acquire({
        onFrame: (frame) => this.#onFrame(frame),
        onPhase: (phase, error) => this.#onPhase(phase, error),
        onHealth: (error) => this.#onHealth(error),
      });
      // Another node may have the camera open for long.
      const { phase, error, told } = this.#lease.now();
      this.#onPhase(phase, error);
      this.#onHealth(told);
    }
    this.#listener.onChange();
  }

  /**
   * A user asks for it: what is wrong is then told again.
   *
   * @throws StageError where the settings cannot be used
   */
  startByCommand(): void {
    if (this.camera.problem) throw this.camera.problem;
    this.#condition.set(null);
    this.#asked = this.#phase !== 'live';
    if (this.#lease) this.#lease.start();
    else this.start();
  }

  /** Closes the camera where nobody else uses it, and says so. @param reason for people */
  stop(reason: string): void {
    const lease = this.#lease;
    if (lease) {
      this.#lease = null;
      lease.release(true);
      this.#condition.set(null);
      // Others may still have the camera open: then its state is as it was.
      if (!lease.health('')) this.#tellStopped(reason);
    }
    this.#listener.onChange();
  }

  /** Lets go without a word. @param atOnce nobody comes back for the stream */
  close(atOnce: boolean): void {
    this.#closed.abort(new Error('closed'));
    this.#lease?.release(atOnce);
    this.#lease = null;
  }

  /**
   * One picture at full size, in a session of its own. Who asks while one is taken gets the same one.
   *
   * @throws StageError where no picture comes
   */
  still(): Promise<{ jpeg: Buffer; frame: FrameInfo }> {
    this.#still ??= this.#takeStill().finally(() => {
      this.#still = null;
    });
    return this.#still;
  }

  async #takeStill(): Promise<{ jpeg: Buffer; frame: FrameInfo }> {
    const { session, still, problem } = this.camera;
    if (!session || !still || !this.#parts) throw problem ?? stopped();
    const { run, files } = this.#parts;
    const options = {
      source: still,
      maxWidthPx: FULL_WIDTH_PX,
      masks: session.decode.masks,
      firstFrameMs: session.firstFrameMs,
      signal: this.#closed.signal,
    };
    const findFfmpeg = ffmpegFinder(files, session.ffmpegPath, still);
    const { jpeg, luma, width, height } = await takeStill(options, { ...run, findFfmpeg });
    const seq = ++this.#stills;
    return {
      jpeg,
      frame: {
        camera: session.camera,
        id: `${session.camera}-${this.#startedAt.toString(36)}-still-${seq}`,
        seq,
        time: Math.round(run.clock.now()),
        pts: 0,
        age: 0,
        width,
        height,
        type: 'image/jpeg',
        keyframe: null,
        luma: { width: LUMA_WIDTH, height: LUMA_HEIGHT, data: luma },
        profile: { ...this.camera.profile },
        ...(session.decode.masks.length > 0 ? { masked: true } : {}),
        still: true,
      },
    };
  }

  #onFrame({ jpeg, info }: CapturedFrame): void {
    // A copy of its own, because all users of the camera get the same frame.
    const luma = info.luma && { ...info.luma };
    const frozen = this.#error?.code === 'CAMERA_FROZEN' ? { frozen: true as const } : {};
    this.#listener.onFrame(jpeg, { ...info, luma, profile: { ...this.camera.profile }, ...frozen });
  }

  #onPhase(phase: Phase, error: CameraError | null): void {
    this.#phase = phase;
    if (phase === 'live') this.#wasLive = true;
    // Nothing has changed for people, but somebody asked and waits for an answer.
    if (this.#asked && phase !== 'connecting' && phase !== 'queued') {
      this.#asked = false;
      if (error) this.#condition.set(error);
    }
    this.#listener.onChange();
  }

  #onHealth(error: CameraError | null): void {
    const health = this.#lease?.health(this.camera.profile.name);
    if (!health) return;
    this.#error = error;
    this.#condition.set(error);
    this.#send(health);
    this.#listener.onChange();
  }

  /** When the state or its reason has changed. */
  #send(health: CameraHealth): void {
    const last = this.#health;
    this.#health = health;
    if (last?.state !== health.state || last.code !== health.code) this.#listener.onHealth(health);
  }

  #tellStopped(reason: string): void {
    this.#error = null;
    if (!this.#health || !this.#parts) return;
    const since = Math.round(this.#parts.run.clock.now());
    const stream = null;
    this.#send({ ...this.#health, state: 'offline', since, code: '', reason, advice: '', fps: 0, stream });
  }
}

function stopped(): CameraError {
  return new CameraError('CAMERA_LOST', 'The camera is not open.', { retryable: true });
}
