import type { Decider } from '../shared/decider';
import type { CameraView, SelectReason, SkipReason } from '../shared/messages';
import { type Bucket, filled, fullBucket, spent, stretch } from './bucket';
import { follow, type Moment, type Movement, NO_MOVEMENT } from './movement';
import type { Sight } from './watch';

export type SelectMode = 'motion' | 'interval' | 'both';

export interface DecideOptions {
  mode: SelectMode;
  /** Event time from one interval frame to the next, seconds; above 0. */
  intervalS: number;
  /** Levels of brightness, spread over 5 × 5 pixels, from which a change counts; 1 to 255. */
  threshold: number;
  /** Event time from the first frames of an event to the next one, seconds; doubled with each. 0 sends every frame. */
  spacingS: number;
  /** What spacing grows to, seconds. */
  maxSpacingS: number;
  /** Event time without movement after which an event may be over, seconds. */
  endAfterS: number;
  /** Longest event time without a selected frame, seconds; 0 is off. */
  heartbeatS: number;
  /** How much of what was before an event is sent with it, seconds, a frame each; 0 to 10. */
  preRollS: number;
  /** Most frames of movement a minute; 0 is no limit. The start of an event is never held back. */
  maxPerMinute: number;
}

/** One frame of the camera. `id` is the driver's own: outputs name the frame by it. */
export interface FrameEvent {
  type: 'frame';
  id: number;
  /** Event time, epoch milliseconds. */
  time: number;
  /** null where the mode does not measure. */
  sight: Sight | null;
}

export type SelectEvent =
  | FrameEvent
  | { type: 'probe' }
  | { type: 'reset' }
  /** Another limit for this camera; null is that of the options again. */
  | { type: 'rate'; perMinute: number | null };

/** What is told with a frame. */
interface About {
  id: number;
  score: number;
  /** Number of the event that the frame belongs to; 0 outside of events. */
  event: number;
  zones: string[];
  /** Frames passed over since the last one that was selected. */
  skipped: number;
}

/** What becomes of a frame: one for each, at once or later. And what has become of the camera's view. */
export type SelectOutput =
  | ({ type: 'select'; reason: SelectReason } & About)
  | ({ type: 'skip'; skip: SkipReason } & About)
  | { type: 'view'; view: CameraView; time: number };

/** A frame whose turn may still come. */
interface Held {
  id: number;
  time: number;
  score: number;
  event: number;
  zones: string[];
  detail: number;
}

/** Plain data. Times are event times, epoch milliseconds; null where it has not happened yet. */
export interface SelectState {
  firstAt: number | null;
  time: number | null;
  movement: Movement;
  selectedAt: number | null;
  intervalDueAt: number | null;
  /** A frame was asked for and has not come yet. */
  probe: boolean;
  skipped: number;
  /** When the next frame of the event is due, and by how much later the one after that. */
  dueAt: number;
  spacingMs: number;
  /** The sharpest frame of the first second of the event; null where there is none (any more). */
  best: Held | null;
  /** Frames that are sent if an event begins now, the oldest first. */
  before: Held[];
  bucket: Bucket | null;
  perMinute: number | null;
  /** When the light was last told of. */
  litAt: number | null;
  /** Something has moved since the first frame, and one more was sent for it. */
  livelyTold: boolean;
}

export const NEW_SELECT: SelectState = {
  firstAt: null,
  time: null,
  movement: NO_MOVEMENT,
  selectedAt: null,
  intervalDueAt: null,
  probe: false,
  skipped: 0,
  dueAt: 0,
  spacingMs: 0,
  best: null,
  before: [],
  bucket: null,
  perMinute: null,
  litAt: null,
  livelyTold: false,
};

/** Why a frame may be selected, the most important first: that one is told where several hold. */
const PRIORITY: readonly SelectReason[] = [
  'start',
  'probe',
  'end',
  'scene',
  'motion',
  'interval',
  'heartbeat',
];

/**
 * Cameras jitter by some tens of milliseconds: of two frames the one nearer to the due moment is taken, else a camera
 * with a frame every 2 s and a spacing of 2 s would give one every 4 s. Never earlier than this.
 */
const MAX_EARLY_MS = 250;

/** The sharpest frame is looked for from here to here after the start: before, somebody is only half in the picture. */
const BEST_FROM_MS = 300;
const BEST_TO_MS = 1000;
/** If no frame comes any more, it is sent at last. */
const BEST_WAKE_MS = 1500;

/** Frames from before an event are this far apart. */
const BEFORE_STEP_MS = 1000;

/** A lamp that goes on and off is told once in this time; heartbeats show it as well. */
const LIGHT_EVERY_MS = 600_000;

/**
 * Where something moves from the very first frame on, nobody knows yet whether it is a tree: one more frame, when
 * the camera's exposure has settled, shows it.
 */
const LIVELY_FROM_MS = 800;

/**
 * Decides which frames of one camera go on. Pure, and on the event time of the frames; `now` is used for the wake-up
 * that sends the sharpest frame when no other one comes.
 */
export function selectDecider(options: DecideOptions): Decider<SelectState, SelectEvent, SelectOutput> {
  return (state = NEW_SELECT, event, now) => {
    const step = new Turn(state, options);
    switch (event.type) {
      case 'frame':
        step.frame(event);
        break;
      case 'probe':
        step.state.probe = true;
        break;
      case 'rate':
        step.state.perMinute = event.perMinute;
        step.state.bucket = null;
        break;
      case 'reset':
        step.reset();
        break;
      case 'wake':
        step.sendBest();
    }
    const { best, movement } = step.state;
    const wakeAt = best ? Math.max(now, movement.startedAt + BEST_WAKE_MS) : null;
    return { state: step.state, outputs: step.outputs, wakeAt };
  };
}

/** One step: a copy of the state, and what is told. */
class Turn {
  readonly state: SelectState;
  readonly outputs: SelectOutput[] = [];
  readonly #options: DecideOptions;

  constructor(state: SelectState, options: DecideOptions) {
    this.state = { ...state };
    this.#options = options;
  }

  frame({ id, time, sight }: FrameEvent): void {
    this.#notLaterThan(time);
    const { state } = this;
    const stepMs = state.time === null ? 0 : time - state.time;
    const earlyMs = Math.min(MAX_EARLY_MS, stepMs / 2);
    state.firstAt ??= time;
    state.time = time;
    state.bucket = filled(state.bucket ?? fullBucket(this.#perMinute), this.#perMinute, time);
    if (sight?.view) this.outputs.push({ type: 'view', view: sight.view, time });

    const moment = this.#follow(sight, stepMs);
    if (moment === 'start') this.#begin(time);
    else if (state.best && time > state.movement.startedAt + BEST_TO_MS) this.sendBest();
    if (moment === 'resumes') {
      state.spacingMs = this.#options.spacingS * 1000;
      state.dueAt = (state.selectedAt ?? 0) + state.spacingMs;
    }

    const inEvent = state.movement.phase !== 'idle' || moment === 'end';
    const frame: Held = {
      id,
      time,
      score: sight?.score ?? 0,
      event: inEvent ? state.movement.events : 0,
      zones: sight?.zones ?? [],
      detail: sight?.detail ?? 0,
    };
    const reason = PRIORITY.find((candidate) => this.#holds(candidate, time, earlyMs, sight, moment));
    if (reason) this.#select(frame, reason, earlyMs);
    else if (this.#isBest(frame, moment)) this.#holdBest(frame);
    else if (this.#isBefore(frame)) this.#holdBefore(frame);
    else this.#skip(frame, this.#why(moment, time, earlyMs));
  }

  /** Sends the sharpest frame of the first second, if there is one. */
  sendBest(): void {
    const { best } = this.state;
    if (!best) return;
    this.state.best = null;
    if (this.#hasToken) this.#select(best, 'motion', 0);
    else this.#skip(best, 'limit');
  }

  reset(): void {
    for (const held of this.state.before) this.#skip(held, 'quiet');
    if (this.state.best) this.#skip(this.state.best, 'spacing');
    Object.assign(this.state, NEW_SELECT, { perMinute: this.state.perMinute });
  }

  get #perMinute(): number {
    return this.state.perMinute ?? this.#options.maxPerMinute;
  }

  get #hasToken(): boolean {
    return this.#perMinute === 0 || (this.state.bucket?.tokens ?? 0) >= 1;
  }

  #follow(sight: Sight | null, stepMs: number): Moment {
    const { mode, threshold, endAfterS } = this.#options;
    if (!sight || mode === 'interval') return null;
    const { movement, moment } = follow(this.state.movement, sight, {
      threshold,
      endAfterMs: endAfterS * 1000,
      stepMs,
    });
    this.state.movement = movement;
    return moment;
  }

  /** An event begins: what was held of the one before is sent, and then what was before it. */
  #begin(time: number): void {
    const { state } = this;
    this.sendBest();
    const held = state.before;
    state.before = [];
    for (const frame of held) this.#select({ ...frame, event: state.movement.events }, 'before', 0);
    state.spacingMs = this.#options.spacingS * 1000;
    state.dueAt = time + state.spacingMs;
  }

  /** Whether a frame has a reason to be selected. */
  #holds(reason: SelectReason, time: number, earlyMs: number, sight: Sight | null, moment: Moment): boolean {
    const { state } = this;
    const { mode, heartbeatS } = this.#options;
    const reached = (dueAt: number) => time >= dueAt || time + earlyMs > dueAt;
    const lastAt = state.selectedAt ?? Number.NEGATIVE_INFINITY;
    switch (reason) {
      case 'start':
      case 'end':
        return moment === reason;
      case 'probe':
        return state.probe;
      case 'scene':
        return sight?.light === true && (state.litAt === null || reached(state.litAt + LIGHT_EVERY_MS));
      case 'motion':
        return isGoingOn(moment) && reached(this.#dueAt()) && this.#hasToken;
      case 'interval':
        return mode !== 'motion' && reached(state.intervalDueAt ?? time);
      case 'heartbeat':
        return heartbeatS > 0 && (reached(lastAt + heartbeatS * 1000) || this.#isLively(time, sight));
      case 'before':
        return false;
    }
  }

  #isLively(time: number, sight: Sight | null): boolean {
    const { firstAt, livelyTold } = this.state;
    if (livelyTold || !sight?.lively) return false;
    return time - (firstAt ?? time) >= LIVELY_FROM_MS;
  }

  /** When the next frame of the event is due; later where many have been sent. */
  #dueAt(): number {
    const { dueAt, spacingMs, bucket } = this.state;
    if (this.#perMinute === 0 || !bucket) return dueAt;
    return dueAt + spacingMs * (stretch(bucket, this.#perMinute) - 1);
  }

  #select(frame: Held, reason: SelectReason, earlyMs: number): void {
    const { state } = this;
    this.#tell({ type: 'select', reason, ...this.#about(frame) });
    state.skipped = 0;
    state.selectedAt = Math.max(state.selectedAt ?? frame.time, frame.time);
    if (reason === 'before') return;
    // Whatever the reason, the frame is one of now: it answers the probe and stands for the interval as well.
    const intervalMs = this.#options.intervalS * 1000;
    state.intervalDueAt = nextInterval(state.intervalDueAt, frame.time + earlyMs, intervalMs);
    state.probe = false;
    if (reason === 'heartbeat' || reason === 'interval') {
      state.livelyTold ||= state.time !== state.firstAt;
      return;
    }
    if (this.#perMinute > 0 && state.bucket) state.bucket = spent(state.bucket);
    if (reason === 'scene') state.litAt = frame.time;
    if (reason !== 'motion') return;
    state.dueAt = frame.time + state.spacingMs;
    state.spacingMs = Math.min(this.#options.maxSpacingS * 1000, state.spacingMs * 2);
  }

  #isBest({ time, detail }: Held, moment: Moment): boolean {
    const { movement, best } = this.state;
    const sinceMs = time - movement.startedAt;
    if (moment !== 'moves' || sinceMs < BEST_FROM_MS || sinceMs > BEST_TO_MS) return false;
    // Only where a second has several frames, and where the next one is not due in it anyway.
    return this.#options.spacingS * 1000 > BEST_TO_MS && detail > (best?.detail ?? 0);
  }

  #holdBest(frame: Held): void {
    if (this.state.best) this.#skip(this.state.best, 'spacing');
    this.state.best = frame;
  }

  #isBefore({ time }: Held): boolean {
    const { before, movement } = this.state;
    if (this.#options.preRollS === 0 || movement.phase !== 'idle') return false;
    const newest = before.at(-1);
    return !newest || time - newest.time >= BEFORE_STEP_MS || time < newest.time;
  }

  #holdBefore(frame: Held): void {
    const held = [...this.state.before, frame];
    const most = Math.ceil(this.#options.preRollS);
    for (const old of held.slice(0, Math.max(0, held.length - most))) this.#skip(old, 'quiet');
    this.state.before = held.slice(-most);
  }

  #skip(frame: Held, skip: SkipReason): void {
    this.state.skipped++;
    this.#tell({ type: 'skip', skip, ...this.#about(frame) });
  }

  #why(moment: Moment, time: number, earlyMs: number): SkipReason {
    if (this.#options.mode === 'interval') return 'waiting';
    if (!isGoingOn(moment)) return 'quiet';
    return time + earlyMs > this.state.dueAt ? 'limit' : 'spacing';
  }

  #about({ id, score, event, zones }: Held): About {
    return { id, score, event, zones, skipped: this.state.skipped };
  }

  #tell(output: SelectOutput): void {
    this.outputs.push(output);
  }

  /** A clock that was set back must not make the camera wait: the moments remembered go back with it. */
  #notLaterThan(time: number): void {
    const { state } = this;
    const back = state.time === null ? 0 : Math.max(0, state.time - time);
    if (back === 0) return;
    const earlier = (moment: number | null) => (moment === null ? null : moment - back);
    const { movement } = state;
    state.time = time;
    state.firstAt = earlier(state.firstAt);
    state.selectedAt = earlier(state.selectedAt);
    state.intervalDueAt = earlier(state.intervalDueAt);
    state.litAt = earlier(state.litAt);
    state.dueAt -= back;
    state.bucket = state.bucket && { ...state.bucket, at: earlier(state.bucket.at) };
    state.before = state.before.map((held) => ({ ...held, time: held.time - back }));
    state.best = state.best && { ...state.best, time: state.best.time - back };
    state.movement = {
      ...movement,
      startedAt: movement.startedAt - back,
      movedAt: movement.movedAt - back,
      emptySince: earlier(movement.emptySince),
    };
  }
}

function isGoingOn(moment: Moment): boolean {
  return moment === 'moves' || moment === 'resumes' || moment === 'stays';
}

/** The next moment of a fixed grid, so that intervals do not drift with the frames: the first one after `time`. */
function nextInterval(dueAt: number | null, time: number, intervalMs: number): number {
  if (dueAt === null) return time + intervalMs;
  if (dueAt > time) return dueAt;
  return dueAt + intervalMs * (1 + Math.floor((time - dueAt) / intervalMs));
}
