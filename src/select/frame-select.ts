import { randomUUID } from 'node:crypto';
import type { Job } from '../shared/admission';
import { AdmittedWork, type WorkOutcome } from '../shared/admitted-work';
import type { Clock } from '../shared/clock';
import { KeyedRunner } from '../shared/decider';
import type { CameraZone, FrameInfo, SceneHealth, Selection } from '../shared/messages';
import { momentOf } from '../shared/time';
import type { Plane } from './blocks';
import { type CameraEvent, type CameraState, cameraDecider } from './camera';
import { healthOf } from './health';
import { broughtLuma, makeLuma } from './luma';
import { pictureOf } from './picture';
import type { DecideOptions, SelectOutput } from './select-state';
import { usableZones } from './zones';

export interface FrameSelectOptions<T> {
  decide: DecideOptions;
  /** Zones of all cameras, beside those that a frame brings in its profile. */
  zones: readonly CameraZone[];
  clock: Clock;
  /** Once for each frame pushed: within `push`, or later where the frame has to be measured or is held. */
  onOutcome(outcome: SelectOutcome<T>): void;
  /** When the view of a camera has changed. */
  onHealth(health: SceneHealth): void;
  /** Most cameras remembered; beyond it the one silent longest is forgotten. Default 1000. */
  maxCameras?: number;
  /** Makes the brightness plane of a picture that brings none. Default: with sharp. */
  makeLuma?(picture: Buffer): Promise<Plane>;
}

/** What became of a frame. `about` is what was pushed with it. */
export type SelectOutcome<T> = { about: T } & (
  | {
      type: 'decided';
      /** What the message brought, with `camera, id, seq, time` filled in where they were missing. */
      frame: Partial<FrameInfo>;
      /** Reason `skipped` where the frame was passed over. */
      selection: Selection;
    }
  | { type: 'failed'; error: Error }
  | { type: 'dropped'; reason: DropReason }
);

/**
 * busy: a newer frame of the camera came while this one waited to be measured. overflow: too many cameras waited.
 * forgotten: too many cameras. stopped: the node was closed.
 */
export type DropReason = 'busy' | 'overflow' | 'forgotten' | 'stopped';

export interface PushedFrame<T> {
  /** Should be a JPEG, PNG or WebP picture in a Buffer. */
  payload: unknown;
  /** `frame` of the message, where it has one. */
  frame?: Partial<FrameInfo>;
  about: T;
}

interface FrameJob<T> extends Job {
  camera: string;
  picture: Buffer;
  /** null where it has to be made. */
  plane: Plane | null;
  frame: Partial<FrameInfo>;
  time: number;
  about: T;
}

interface Camera<T> {
  /** Frames that were handed to the decider and have no outcome yet: the newest, and those it holds back. */
  open: Map<number, FrameJob<T>>;
  /** Frames of this camera that came without a number of their own. */
  seq: number;
}

/** A camera costs about 150 kB, two planes with fractions of a level most of it: 150 MB at the most. */
const MAX_CAMERAS = 1000;

/** As many pictures are measured at once as Node.js has threads for it; as many cameras may wait as there are. */
const MAX_MEASURING = 4;

/**
 * Chooses frames of many cameras, each with its own state. Frames of one camera are decided in the order in which
 * they come. All that is remembered is in the decider's state; here are only the frames that wait for its word.
 */
export class FrameSelect<T> {
  readonly #options: Required<FrameSelectOptions<T>>;
  readonly #measures: boolean;
  readonly #runner: KeyedRunner<CameraState, CameraEvent, SelectOutput>;
  readonly #measuring: AdmittedWork<FrameJob<T>, Plane | null>;
  /** In order of last use: the first one is the longest silent. */
  readonly #cameras = new Map<string, Camera<T>>();
  readonly #idPrefix = randomUUID();
  #ids = 0;
  #numbers = 0;
  #perMinute: number | null = null;

  constructor(options: FrameSelectOptions<T>) {
    this.#options = { maxCameras: MAX_CAMERAS, makeLuma, ...options };
    this.#measures = options.decide.mode !== 'interval';
    this.#runner = new KeyedRunner({
      step: cameraDecider(options.decide),
      clock: options.clock,
      maxKeys: this.#options.maxCameras,
      onOutput: (key, output) => this.#hear(key, output),
    });
    this.#measuring = new AdmittedWork({
      maxRunning: MAX_MEASURING,
      maxWaiting: this.#options.maxCameras,
      work: async ({ plane, picture }) => plane ?? (await this.#options.makeLuma(picture)),
      onOutcome: (outcome) => this.#measured(outcome),
    });
  }

  /** Cameras remembered. */
  get size(): number {
    return this.#cameras.size;
  }

  /**
   * Decides about a frame: at once where it brings its luma, else when that is made.
   *
   * @param key of the camera's state
   * @throws InputError INPUT_NOT_IMAGE where the payload is no picture: then there is no outcome
   */
  push(key: string, { payload, frame, about }: PushedFrame<T>): void {
    const { picture, type } = pictureOf(payload);
    const camera = this.#touch(key);
    const time = momentOf(frame?.time) ?? this.#options.clock.now();
    const job: FrameJob<T> = {
      camera: key,
      urgent: this.#runner.peek(key)?.select.probe ?? false,
      picture,
      plane: this.#measures ? broughtLuma(frame) : null,
      frame: this.#complete(key, camera, { type, ...frame, time }),
      time,
      about,
    };
    // A frame that brings its luma waits for its turn only.
    if ((job.plane || !this.#measures) && !this.#measuring.isBusy(key)) this.#decide(job, job.plane);
    else this.#measuring.push(job);
  }

  /** Asks for the next frame of a camera. */
  probe(key: string): void {
    this.#touch(key);
    this.#runner.dispatch(key, { type: 'probe' });
  }

  /** Forgets what is known of one camera, or of all (null): the next frame is its first. */
  reset(key: string | null): void {
    for (const known of key === null ? [...this.#cameras.keys()] : [key])
      if (this.#cameras.has(known)) this.#runner.dispatch(known, { type: 'reset' });
  }

  /**
   * Sets another limit of frames of movement a minute, for one camera or for all (null).
   *
   * @param perMinute null is the one of the settings again
   */
  limit(key: string | null, perMinute: number | null): void {
    if (key === null) this.#perMinute = perMinute;
    else this.#touch(key);
    for (const known of key === null ? [...this.#cameras.keys()] : [key])
      this.#runner.dispatch(known, { type: 'rate', perMinute });
  }

  /**
   * Forgets everything: frames that are being measured or held are dropped.
   *
   * @param signal ends the waiting for pictures that are being measured
   */
  async stop(signal: AbortSignal): Promise<void> {
    this.#runner.stop();
    const stopped = this.#measuring.stop(signal);
    for (const { open } of this.#cameras.values()) this.#dropAll(open, 'stopped');
    this.#cameras.clear();
    await stopped;
  }

  #touch(key: string): Camera<T> {
    const known = this.#cameras.get(key);
    const camera = known ?? { open: new Map(), seq: 0 };
    this.#cameras.delete(key);
    this.#cameras.set(key, camera);
    const [oldest] = this.#cameras.keys();
    if (oldest !== undefined && this.#cameras.size > this.#options.maxCameras) this.#forget(oldest);
    if (!known && this.#perMinute !== null)
      this.#runner.dispatch(key, { type: 'rate', perMinute: this.#perMinute });
    return camera;
  }

  #forget(key: string): void {
    const camera = this.#cameras.get(key);
    this.#cameras.delete(key);
    this.#runner.forget(key);
    this.#measuring.forget(key);
    if (camera) this.#dropAll(camera.open, 'forgotten');
  }

  #dropAll(open: Map<number, FrameJob<T>>, reason: DropReason): void {
    const jobs = [...open.values()];
    open.clear();
    for (const { about } of jobs) this.#options.onOutcome({ type: 'dropped', about, reason });
  }

  #complete(key: string, camera: Camera<T>, frame: Partial<FrameInfo>): Partial<FrameInfo> {
    if (frame.camera && frame.id && frame.seq !== undefined) return frame;
    camera.seq++;
    this.#ids++;
    return {
      ...frame,
      camera: frame.camera || key,
      id: frame.id || `${this.#idPrefix}-${this.#ids}`,
      seq: frame.seq ?? camera.seq,
    };
  }

  #measured(outcome: WorkOutcome<FrameJob<T>, Plane | null>): void {
    const { about } = outcome.job;
    if (outcome.type === 'done') this.#decide(outcome.job, outcome.result);
    else if (outcome.type === 'failed')
      this.#options.onOutcome({ type: 'failed', error: outcome.error, about });
    else this.#options.onOutcome({ type: 'dropped', about, reason: outcome.reason });
  }

  /** @param plane null where the mode does not measure */
  #decide(job: FrameJob<T>, plane: Plane | null): void {
    const { camera: key, time, frame } = job;
    const id = ++this.#numbers;
    this.#touch(key).open.set(id, job);
    const brought = usableZones(frame.profile?.zones);
    const zones = brought.length > 0 ? [...this.#options.zones, ...brought] : this.#options.zones;
    this.#runner.dispatch(key, { type: 'frame', id, time, plane, zones }, time);
  }

  /** The decider has spoken about a frame, this one or one that it held. */
  #hear(key: string, output: SelectOutput): void {
    if (output.type === 'view') {
      this.#options.onHealth(healthOf(key, output.view, output.time));
      return;
    }
    const open = this.#cameras.get(key)?.open;
    const job = open?.get(output.id);
    if (!open || !job) return;
    open.delete(output.id);
    const { frame, about } = job;
    this.#options.onOutcome({ type: 'decided', frame, selection: selectionOf(output), about });
  }
}

/** As it travels on the message. */
function selectionOf(output: Extract<SelectOutput, { id: number }>): Selection {
  const { event, skipped, zones } = output;
  const score = Math.round(output.score * 10) / 10;
  const about = { score, event, zones, skipped };
  return output.type === 'select'
    ? { reason: output.reason, ...about }
    : { reason: 'skipped', skip: output.skip, ...about };
}
