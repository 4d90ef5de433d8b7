import { randomUUID } from 'node:crypto';
import type { Clock } from '../shared/clock';
import { KeyedRunner } from '../shared/decider';
import type { FrameInfo, Selection } from '../shared/messages';
import { momentOf } from '../shared/time';
import {
  type DecideOptions,
  type SelectEvent,
  type SelectOutput,
  type SelectState,
  selectDecider,
} from './decide';
import type { Plane } from './grid';
import { broughtLuma, makeLuma } from './luma';
import { difference, keepSent, learn, newScene, type Scene } from './motion';
import { NewestWins, type WorkOutcome } from './newest-wins';
import { pictureOf } from './picture';

export interface FrameSelectOptions<T> {
  decide: DecideOptions;
  clock: Clock;
  /** Once for each frame pushed; within `push` where the frame brings its luma. */
  onOutcome(outcome: SelectOutcome<T>): void;
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
  /** A newer frame of the camera came while this one waited, or the camera was forgotten. */
  | { type: 'dropped' }
);

export interface PushedFrame<T> {
  /** Should be a JPEG, PNG or WebP picture in a Buffer. */
  payload: unknown;
  /** `frame` of the message, where it has one. */
  frame?: Partial<FrameInfo>;
  about: T;
}

interface Job<T> {
  key: string;
  picture: Buffer;
  /** null where it has to be made. */
  plane: Plane | null;
  frame: Partial<FrameInfo>;
  time: number;
  about: T;
}

interface Camera<T> {
  scene: Scene | null;
  lane: NewestWins<Job<T>, Plane>;
  /** Frames of this camera that came without a number of their own. */
  seq: number;
}

/** A camera costs about 115 kB (two planes with fractions of a level): 115 MB at the most. */
const MAX_CAMERAS = 1000;

/** Where the mode does not measure, nothing differs. */
const NOT_MEASURED = { score: 0, toBackground: 0, toSent: 0 };

/**
 * Chooses frames of many cameras, each with its own state: measures how a frame differs and lets the decider
 * decide. Frames of one camera are decided in the order in which they come.
 */
export class FrameSelect<T> {
  readonly #options: Required<FrameSelectOptions<T>>;
  readonly #measures: boolean;
  readonly #runner: KeyedRunner<SelectState, SelectEvent, SelectOutput>;
  /** In order of last use: the first one is the longest silent. */
  readonly #cameras = new Map<string, Camera<T>>();
  readonly #idPrefix = randomUUID();
  #ids = 0;
  #output: SelectOutput | null = null;

  constructor(options: FrameSelectOptions<T>) {
    this.#options = { maxCameras: MAX_CAMERAS, makeLuma, ...options };
    this.#measures = options.decide.mode !== 'interval';
    this.#runner = new KeyedRunner({
      step: selectDecider(options.decide),
      clock: options.clock,
      maxKeys: this.#options.maxCameras,
      onOutput: (_key, output) => {
        this.#output = output;
      },
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
    const plane = this.#measures ? broughtLuma(frame) : null;
    const job = {
      key,
      picture,
      plane,
      frame: this.#complete(key, camera, { type, ...frame, time }),
      time,
      about,
    };
    if ((plane || !this.#measures) && !camera.lane.busy) this.#decide(camera, job, plane);
    else camera.lane.push(job);
  }

  /** Asks for the next frame of a camera. */
  probe(key: string): void {
    this.#touch(key);
    this.#runner.dispatch(key, { type: 'probe' });
  }

  /** Forgets what is known of one camera, or of all (null): the next frame is its first. */
  reset(key: string | null): void {
    for (const known of key === null ? [...this.#cameras.keys()] : [key]) {
      const camera = this.#cameras.get(known);
      if (!camera) continue;
      camera.scene = null;
      this.#runner.dispatch(known, { type: 'reset' });
    }
  }

  /** Forgets everything: frames that are still being measured are dropped. */
  stop(): void {
    for (const key of [...this.#cameras.keys()]) this.#forget(key);
  }

  #touch(key: string): Camera<T> {
    const camera = this.#cameras.get(key) ?? { scene: null, lane: this.#lane(), seq: 0 };
    this.#cameras.delete(key);
    this.#cameras.set(key, camera);
    const [oldest] = this.#cameras.keys();
    if (oldest !== undefined && this.#cameras.size > this.#options.maxCameras) this.#forget(oldest);
    return camera;
  }

  #forget(key: string): void {
    const camera = this.#cameras.get(key);
    this.#cameras.delete(key);
    this.#runner.forget(key);
    camera?.lane.stop();
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

  /** One frame of a camera is measured at a time. A frame that brings its luma waits for its turn only. */
  #lane(): NewestWins<Job<T>, Plane> {
    const measure = async ({ plane, picture }: Job<T>) => plane ?? (await this.#options.makeLuma(picture));
    return new NewestWins(measure, (outcome: WorkOutcome<Job<T>, Plane>) => {
      const { item: job } = outcome;
      const camera = this.#cameras.get(job.key);
      if (outcome.type === 'done' && camera) this.#decide(camera, job, outcome.result);
      else if (outcome.type === 'failed')
        this.#options.onOutcome({ type: 'failed', error: outcome.error, about: job.about });
      else this.#options.onOutcome({ type: 'dropped', about: job.about });
    });
  }

  /** @param plane null where the mode does not measure */
  #decide(camera: Camera<T>, { key, frame, time, about }: Job<T>, plane: Plane | null): void {
    if (plane) camera.scene ??= newScene(plane, time);
    const { scene } = camera;
    const found = plane && scene ? difference(scene, plane) : null;
    const { score, toBackground, toSent } = found ?? NOT_MEASURED;
    this.#output = null;
    this.#runner.dispatch(key, { type: 'frame', time, score, toBackground, toSent }, time);
    const output = this.#output;
    if (!output) throw new Error('the decider said nothing about a frame');
    if (plane && scene && found) {
      learn(scene, plane, found, this.#options.decide.threshold, time);
      if ('select' in output) keepSent(scene, plane);
    }
    this.#options.onOutcome({ type: 'decided', frame, selection: selectionOf(output), about });
  }
}

/** As it travels on the message. */
function selectionOf(output: SelectOutput): Selection {
  const { event, skipped } = output;
  const score = Math.round(output.score * 10) / 10;
  const about = { score, event, zones: [], skipped };
  return 'select' in output
    ? { reason: output.select, ...about }
    : { reason: 'skipped', skip: output.skip, ...about };
}
