import type { ChildProcess } from 'node:child_process';
import { after, before } from 'node:test';
import { prepareSpawn } from '../../src/capture/children';
import type { CapturedFrame, SessionSettings } from '../../src/capture/session';
import type { CameraSource } from '../../src/capture/source';
import type { Phase } from '../../src/capture/supervise';
import {
  type EncodedVideo,
  encodeVideo,
  SimulatedCamera,
  type SimulatedCameraOptions,
} from '../../src/simulator';
import { sceneSource } from '../../src/simulator/scene';
import { realParts, rtsp, Watch } from '../fixtures/camera-watch';
import { waitFor } from '../fixtures/wait';
import { PATIENCE_MS, SCALE } from './scale';

/** One picture in five is a keyframe, of which one comes every second. */
export const FPS = 5;
export const GOP_S = 1;

/** A video of 320 × 180 unless told otherwise, 8 s long. */
export function encoded(more: Partial<Parameters<typeof encodeVideo>[0]> = {}): Promise<EncodedVideo> {
  const source = sceneSource({ emptyS: 1, walkS: 1, stayS: 1, loopS: 8 });
  // Encoded by the system's, whichever is under test: what comes out is the same.
  return encodeVideo({ ffmpeg: 'ffmpeg', width: 320, height: 180, fps: FPS, gop: FPS, source, ...more });
}

/** A camera that is watched, with its ffmpegs. */
export class Watched extends Watch {
  /** All that were started, in order. */
  readonly ffmpegs: ChildProcess[];
  /** When each frame came and what its time stamp was, milliseconds; the newest thousand. */
  readonly arrivals: { at: number; pts: number }[];

  constructor(name: string, parts = realParts(), take: (frame: CapturedFrame) => boolean = () => false) {
    const ffmpegs: ChildProcess[] = [];
    const arrivals: { at: number; pts: number }[] = [];
    super(
      name,
      {
        ...parts,
        spawn: (path, args) => {
          const child = parts.spawn(path, args);
          ffmpegs.push(child);
          return child;
        },
      },
      (frame) => {
        arrivals.push({ at: performance.now(), pts: frame.info.pts });
        if (arrivals.length > 1000) arrivals.shift();
        return take(frame);
      },
    );
    this.ffmpegs = ffmpegs;
    this.arrivals = arrivals;
  }

  /** The ffmpeg that was started last. */
  get ffmpeg(): ChildProcess {
    const last = this.ffmpegs.at(-1);
    if (!last) throw new Error('No ffmpeg was started yet.');
    return last;
  }

  override open(source: CameraSource, settings: Partial<SessionSettings> = {}): this {
    const { silenceMs, firstFrameMs, holdMs } = SCALE;
    return super.open(source, {
      silenceMs,
      firstFrameMs,
      health: { holdMs, frozenMs: 0 },
      ...settings,
    });
  }

  /** @param after monotonic milliseconds, as of `performance.now()` */
  async phase(phase: Phase, after = 0): Promise<{ at: number; code: string }> {
    return waitFor(`the phase ${phase}`, PATIENCE_MS, () =>
      this.phases.find((one) => one.phase === phase && one.at >= after),
    );
  }

  /** How often a stream that was there was lost, for any reason. */
  get losses(): number {
    return this.phases.filter(({ phase }) => phase === 'waiting' || phase === 'stalled').length;
  }

  /** Waits for frames beyond those that have come; gives when the first of them came, monotonic milliseconds. */
  async more(frames = 1): Promise<number> {
    const from = this.frames.length;
    await waitFor('a new frame', PATIENCE_MS, () => this.frames.length > from);
    const at = performance.now();
    await waitFor(`${frames} new frames`, PATIENCE_MS, () => this.frames.length >= from + frames);
    return at;
  }
}

/** The cameras of a test file, and who watches them. All ends with the suite. */
export class Stage {
  readonly #cameras: SimulatedCamera[] = [];
  readonly #watches: Watched[] = [];
  #video: EncodedVideo | undefined;

  /** To be called within a `describe`. */
  constructor() {
    before(async () => {
      await prepareSpawn();
      this.#video = await encoded();
    });
    after(() => this.end());
  }

  get video(): EncodedVideo {
    if (!this.#video) throw new Error('The stage is not set up yet.');
    return this.#video;
  }

  async camera(options: Partial<SimulatedCameraOptions> = {}): Promise<SimulatedCamera> {
    const camera = new SimulatedCamera({ video: this.video, ...options });
    this.#cameras.push(camera);
    await camera.start();
    return camera;
  }

  /** @param parts to be shared where cameras share a machine or a login */
  watch(source: CameraSource, settings: Partial<SessionSettings> = {}, parts = realParts()): Watched {
    const watched = new Watched(`${this.#watches.length}`, parts);
    this.#watches.push(watched);
    return watched.open(source, settings);
  }

  /** A camera, and a watch on it. */
  async scene(
    options: Partial<SimulatedCameraOptions> = {},
    settings: Partial<SessionSettings> = {},
    source: Partial<CameraSource> = {},
  ): Promise<{ camera: SimulatedCamera; watch: Watched }> {
    const camera = await this.camera(options);
    return { camera, watch: this.watch(rtsp(camera.url, source), settings) };
  }

  async end(): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.stop()));
    await Promise.all(this.#cameras.map((camera) => camera.stop()));
  }
}

/** Resolves with the seconds that an ffmpeg took to go, from now on. */
export async function goneAfter(child: ChildProcess): Promise<number> {
  const from = performance.now();
  await waitFor(
    'the end of an ffmpeg',
    PATIENCE_MS,
    () => child.exitCode !== null || child.signalCode !== null,
  );
  return (performance.now() - from) / 1000;
}
