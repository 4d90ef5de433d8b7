import type { SelectReason, SkipReason } from '../shared/messages';
import { filled, fullBucket, hasMoreThanReserve, spent, stretch } from './bucket';
import { follow, type Moment } from './movement';
import {
  type About,
  type DecideOptions,
  type FrameEvent,
  type Held,
  NEW_SELECT,
  type SelectOutput,
  type SelectState,
} from './select-state';
import type { Sight } from './watch';

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
/** Frames from before an event are this far apart, or as far as the camera's are: keyframes, but no gap in the stream. */
const BEFORE_STEP_MS = 1000;
const BEFORE_STEP_MOST_MS = 5000;

/**
 * Where frames are far apart, and what is in them is elsewhere each time, it may be somebody else: then spacing grows no
 * further, so that whoever passes in ten seconds is seen.
 */
const SHIFTS_SPACING_MS = 8000;

/** A lamp that goes on and off is told once in this time; heartbeats show it as well. */
const LIGHT_EVERY_MS = 600_000;

/**
 * Where something moves from the very first frame on, nobody knows yet whether it is a tree: one more frame, when
 * the camera's exposure has settled, shows it.
 */
const LIVELY_FROM_MS = 800;

/** One step: a copy of the state, and what is told. */
export class Turn {
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
    if (moment === 'start') this.#begin(time, stepMs);
    else if (state.best && time > state.movement.startedAt + BEST_TO_MS) this.sendBest();
    const spacingMs = this.#options.spacingS * 1000;
    if (moment === 'resumes') this.#closeUp(spacingMs);
    if (moment === 'shifts') this.#closeUp(Math.max(spacingMs, SHIFTS_SPACING_MS));

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

  /**
   * Sends the sharpest frame of the first second, if there is one. It is part of the start, and no limit holds it back:
   * of what passes quickly the start shows a half, and this frame alone all.
   */
  sendBest(): void {
    const { best } = this.state;
    if (!best) return;
    this.state.best = null;
    this.#select(best, 'motion', 0);
  }

  reset(): void {
    for (const held of this.state.before) this.#skip(held, 'quiet');
    if (this.state.best) this.#skip(this.state.best, 'spacing');
    Object.assign(this.state, NEW_SELECT, { perMinute: this.state.perMinute });
  }

  get #perMinute(): number {
    return this.state.perMinute ?? this.#options.maxPerMinute;
  }

  /** Whether the limit lets a later frame or the end of an event go: what is left below is for those who come next. */
  get #hasToken(): boolean {
    return (
      this.#perMinute === 0 || !this.state.bucket || hasMoreThanReserve(this.state.bucket, this.#perMinute)
    );
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
  #begin(time: number, stepMs: number): void {
    const { state } = this;
    this.sendBest();
    const held = state.before;
    state.before = [];
    const step = Math.min(BEFORE_STEP_MOST_MS, Math.max(BEFORE_STEP_MS, stepMs));
    const oldest = time - this.#options.preRollS * 1000 - step;
    for (const frame of held)
      if (frame.time < oldest) this.#skip(frame, 'quiet');
      else this.#select({ ...frame, event: state.movement.events }, 'before', 0);
    state.spacingMs = this.#options.spacingS * 1000;
    state.dueAt = time + state.spacingMs;
  }

  /** Spacing that has grown is this much again, from the last frame sent. */
  #closeUp(spacingMs: number): void {
    const { state } = this;
    if (state.spacingMs <= spacingMs) return;
    state.spacingMs = spacingMs;
    state.dueAt = Math.min(state.dueAt, (state.selectedAt ?? 0) + spacingMs);
  }

  /** Whether a frame has a reason to be selected. */
  #holds(reason: SelectReason, time: number, earlyMs: number, sight: Sight | null, moment: Moment): boolean {
    const { state } = this;
    const { mode, heartbeatS } = this.#options;
    const reached = (dueAt: number) => time >= dueAt || time + earlyMs > dueAt;
    const lastAt = state.selectedAt ?? Number.NEGATIVE_INFINITY;
    switch (reason) {
      case 'start':
        return moment === 'start';
      case 'end':
        return moment === 'end' && this.#hasToken;
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
    if (moment === 'end') return 'limit';
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
  return moment === 'moves' || moment === 'shifts' || moment === 'resumes' || moment === 'stays';
}

/** The next moment of a fixed grid, so that intervals do not drift with the frames: the first one after `time`. */
function nextInterval(dueAt: number | null, time: number, intervalMs: number): number {
  if (dueAt === null) return time + intervalMs;
  if (dueAt > time) return dueAt;
  return dueAt + intervalMs * (1 + Math.floor((time - dueAt) / intervalMs));
}
