import type { Clock } from '../shared/clock';
import { KeyedRunner } from '../shared/decider';
import type { Picture } from '../shared/messages';
import type { DropReason } from './drops';
import { type EncodeJob, Encoder, type Outcome } from './encoder';
import { type SheetEvent, type SheetOutput, type SheetState, sheetDecider, type WaitingFrame } from './sheet';
import type { SourceFrame } from './source-frame';

/**
 * Pictures made at once. Two bring most of what there is to gain (measured on two cores: 11.7 ms a frame of
 * 1080p with one, 7.6 with two, 6.8 with four), and leave half of Node's four worker threads to files and DNS.
 */
const MAX_RUNNING = 2;

/** Cameras with a sheet begun or a picture waiting: five times the largest fleet this is built for. */
const MAX_CAMERAS = 1000;

export type MakerOutcome<M> =
  | Outcome<M>
  /** The frame waits for its sheet, or is on one that stands for another frame. */
  | { type: 'collected'; about: M; waiting: number }
  /** Frames that had been collected. */
  | { type: 'left-out'; reason: DropReason; frames: number };

export interface PictureMakerOptions<M> {
  clock: Clock;
  /** Frames on a sheet; 1 for a picture of each frame. */
  sheetFrames: number;
  sheetMaxAgeMs: number;
  encode(frames: readonly SourceFrame[]): Promise<Picture>;
  /** Called once for each frame pushed, and for each picture that `flush` asked for. */
  onOutcome(outcome: MakerOutcome<M>): void;
}

/** Takes frames of many cameras and gives pictures: of each frame, or of several on a sheet. */
export class PictureMaker<M> {
  readonly #options: PictureMakerOptions<M>;
  readonly #encoder: Encoder<M>;
  readonly #sheets: KeyedRunner<SheetState<M>, SheetEvent<M>, SheetOutput<M>>;

  constructor(options: PictureMakerOptions<M>) {
    const { clock, encode, onOutcome, sheetFrames, sheetMaxAgeMs } = options;
    this.#options = options;
    this.#encoder = new Encoder({ maxRunning: MAX_RUNNING, maxWaiting: MAX_CAMERAS, encode, onOutcome });
    this.#sheets = new KeyedRunner({
      step: sheetDecider<M>({ frames: sheetFrames, maxAgeMs: sheetMaxAgeMs }),
      clock,
      maxKeys: MAX_CAMERAS,
      onOutput: (camera, output) => this.#onSheet(camera, output),
      onForgotten: (_camera, state = []) =>
        onOutcome({ type: 'left-out', reason: 'forgotten', frames: state.length }),
    });
  }

  /** @param camera null for a picture that belongs to none; not where frames are combined */
  push(camera: string | null, frame: WaitingFrame<M>): void {
    if (this.#options.sheetFrames > 1 && camera !== null) {
      this.#sheets.dispatch(camera, { type: 'frame', frame }, frame.time);
    } else {
      this.#encoder.push(jobOf(camera, [frame], frame));
    }
  }

  /** Sends the sheet that a camera has begun; null for those of all cameras. */
  flush(camera: string | null): void {
    this.#toSheets(camera, { type: 'flush' });
  }

  /** Drops the sheet that a camera has begun; null for those of all cameras. */
  reset(camera: string | null): void {
    this.#toSheets(camera, { type: 'reset' });
  }

  /** Drops everything. @param signal ends the waiting for pictures that are being made */
  stop(signal: AbortSignal): Promise<void> {
    this.#sheets.stop();
    return this.#encoder.stop(signal);
  }

  #toSheets(camera: string | null, event: SheetEvent<M>): void {
    for (const key of this.#sheets.keys()) {
      if (camera === null || key === camera) this.#sheets.dispatch(key, event);
    }
  }

  #onSheet(camera: string, output: SheetOutput<M>): void {
    switch (output.type) {
      case 'collected':
        this.#options.onOutcome({
          type: 'collected',
          about: output.frame.about,
          waiting: output.waiting,
        });
        break;
      case 'left-out':
        this.#options.onOutcome(output);
        break;
      case 'sheet': {
        const newest = output.frames.at(-1);
        if (newest) this.#encoder.push(jobOf(camera, output.frames, newest));
      }
    }
  }
}

/** A picture is urgent if any of its frames is. */
function jobOf<M>(
  camera: string | null,
  frames: readonly SourceFrame[],
  { about }: WaitingFrame<M>,
): EncodeJob<M> {
  return { camera, urgent: frames.some(({ urgent }) => urgent), frames, about };
}
