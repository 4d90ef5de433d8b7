import type { Decider, Step } from '../shared/decider';
import type { SelectReason, SkipReason } from '../shared/messages';
import { follow, type Moment, type Movement, NO_MOVEMENT } from './movement';

export type SelectMode = 'motion' | 'interval' | 'both';

export interface DecideOptions {
  mode: SelectMode;
  /** Event time from one interval frame to the next, seconds; above 0. */
  intervalS: number;
  /** Levels of brightness from which a difference counts, above 0 to 255. */
  threshold: number;
  /** Least event time between two frames of one event, seconds; 0 sends every frame that moves. */
  spacingS: number;
  /** Event time without movement after which an event may be over, seconds. */
  endAfterS: number;
  /** Longest event time without a selected frame, seconds; 0 is off. */
  heartbeatS: number;
}

/** One frame of the camera; how it differs is measured by motion.ts, in levels, 0 where the mode does not measure. */
export interface FrameEvent {
  type: 'frame';
  /** Event time, epoch milliseconds. */
  time: number;
  /** To the background and to the last frame sent. */
  score: number;
  toBackground: number;
  toSent: number;
}

export type SelectEvent = FrameEvent | { type: 'probe' } | { type: 'reset' };

/** What becomes of a frame: one for each frame, none for other events. */
export type SelectOutput = ({ select: SelectReason } | { skip: SkipReason }) & {
  score: number;
  /** Number of the event that the frame belongs to; 0 outside of events. */
  event: number;
  /** Frames passed over since the last one that was selected. */
  skipped: number;
};

/** Plain data. Times are event times, epoch milliseconds; null where it has not happened yet. */
export interface SelectState {
  time: number | null;
  movement: Movement;
  selectedAt: number | null;
  intervalDueAt: number | null;
  /** A frame was asked for and has not come yet. */
  probe: boolean;
  skipped: number;
}

const NEW: SelectState = {
  time: null,
  movement: NO_MOVEMENT,
  selectedAt: null,
  intervalDueAt: null,
  probe: false,
  skipped: 0,
};

/** Why a frame may be selected, the most important first: that one is told where several hold. */
const PRIORITY: readonly SelectReason[] = ['start', 'probe', 'end', 'motion', 'interval', 'heartbeat'];

/**
 * Cameras jitter by some tens of milliseconds: of two frames the one nearer to the due moment is taken, else a camera
 * with a frame every 2 s and a spacing of 2 s would give one every 4 s. Never earlier than this.
 */
const MAX_EARLY_MS = 250;

/**
 * Decides which frames of one camera go on. Pure, and all on the event time of the frames, so `now` plays no part;
 * it wants no wake-up, because without a frame there is nothing to select.
 */
export function selectDecider(options: DecideOptions): Decider<SelectState, SelectEvent, SelectOutput> {
  return (state = NEW, event) => {
    if (event.type === 'frame') return decideFrame(state, event, options);
    if (event.type === 'probe') return { state: { ...state, probe: true }, outputs: [], wakeAt: null };
    if (event.type === 'reset') return { state: NEW, outputs: [], wakeAt: null };
    return { state, outputs: [], wakeAt: null };
  };
}

function decideFrame(
  state: SelectState,
  frame: FrameEvent,
  options: DecideOptions,
): Step<SelectState, SelectOutput> {
  const { time, score } = frame;
  const before = notLaterThan(state, time);
  const earlyMs = before.time === null ? 0 : Math.min(MAX_EARLY_MS, (time - before.time) / 2);
  const { movement, moment } =
    options.mode === 'interval'
      ? { movement: before.movement, moment: null }
      : followFrame(before, frame, options);

  const reason = PRIORITY.find((candidate) => holds(candidate, before, frame, options, moment, earlyMs));
  const inEvent = movement.phase !== 'idle' || moment === 'end';
  const about = { score, event: inEvent ? movement.events : 0, skipped: before.skipped };
  const after = { ...before, time, movement };
  if (!reason) {
    const skip: SkipReason =
      options.mode === 'interval' ? 'waiting' : moment === 'moves' ? 'spacing' : 'quiet';
    const skipped = before.skipped + 1;
    return { state: { ...after, skipped }, outputs: [{ ...about, skip, skipped }], wakeAt: null };
  }
  const intervalDueAt = nextInterval(before.intervalDueAt, time + earlyMs, options.intervalS * 1000);
  return {
    // Whatever the reason, the frame is one of now: it answers the probe and stands for the interval as well.
    state: { ...after, selectedAt: time, intervalDueAt, probe: false, skipped: 0 },
    outputs: [{ ...about, select: reason }],
    wakeAt: null,
  };
}

function followFrame(before: SelectState, frame: FrameEvent, options: DecideOptions) {
  const { threshold, endAfterS } = options;
  return follow(before.movement, frame, { threshold, endAfterMs: endAfterS * 1000 });
}

/** Whether a frame has a reason to be selected. */
function holds(
  reason: SelectReason,
  before: SelectState,
  frame: FrameEvent,
  options: DecideOptions,
  moment: Moment,
  earlyMs: number,
): boolean {
  const { mode, threshold, spacingS, heartbeatS } = options;
  const reached = (dueAt: number) => frame.time >= dueAt || frame.time + earlyMs > dueAt;
  const lastAt = before.selectedAt ?? Number.NEGATIVE_INFINITY;
  switch (reason) {
    case 'start':
    case 'end':
      return moment === reason;
    case 'probe':
      return before.probe;
    case 'motion':
      // Where it came to rest is told once, unless the last frame sent shows it already.
      if (moment === 'settled') return frame.toSent >= threshold;
      return moment === 'moves' && reached(lastAt + spacingS * 1000);
    case 'interval':
      return mode !== 'motion' && reached(before.intervalDueAt ?? frame.time);
    case 'heartbeat':
      return heartbeatS > 0 && reached(lastAt + heartbeatS * 1000);
    case 'scene':
      return false;
  }
}

/** The next moment of a fixed grid, so that intervals do not drift with the frames: the first one after `time`. */
function nextInterval(dueAt: number | null, time: number, intervalMs: number): number {
  if (dueAt === null) return time + intervalMs;
  if (dueAt > time) return dueAt;
  return dueAt + intervalMs * (1 + Math.floor((time - dueAt) / intervalMs));
}

/** A clock that was set back must not make the camera wait: the moments remembered go back with it. */
function notLaterThan(state: SelectState, time: number): SelectState {
  const back = state.time === null ? 0 : Math.max(0, state.time - time);
  if (back === 0) return state;
  const { movement } = state;
  const earlier = (moment: number | null) => (moment === null ? null : moment - back);
  return {
    ...state,
    time,
    selectedAt: earlier(state.selectedAt),
    intervalDueAt: earlier(state.intervalDueAt),
    movement: { ...movement, movedAt: movement.movedAt - back, emptySince: earlier(movement.emptySince) },
  };
}
