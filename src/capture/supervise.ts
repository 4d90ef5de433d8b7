import type { Decider, Step } from '../shared/decider';
import type { CameraCode, CameraError } from '../shared/errors';
import { fellSilent, noPicture, playedOut } from './loss';
import { nextPause, type Pause } from './reconnect';
import { gapAfter, type Patience, stallDeadline } from './watchdog';

/** Life of one camera's stream. `queued`: it has waited for its turn for some time; what has just asked is `connecting`. */
export type Phase =
  | 'idle'
  | 'queued'
  | 'connecting'
  | 'live'
  | 'stalled'
  | 'waiting'
  | 'held'
  | 'failed'
  | 'ended';

/** How long it is waited for what; the time for the first frame runs from the moment when it may be opened. */
export type SuperviseSettings = Patience;

export interface SuperviseState {
  phase: Phase;
  settings: SuperviseSettings;
  /** When the phase began. */
  since: number;
  /** First frame of this ffmpeg, or of the one that was lost last; null where it gave none. */
  liveSince: number | null;
  /** When the camera went out of sight: the last loss, or the start. */
  lostAt: number;
  /** Arrival of the newest frame; null before the first one of this ffmpeg. */
  lastFrameAt: number | null;
  /** Time between two frames in milliseconds: rises at once, falls slowly; null until two have come. */
  intervalMs: number | null;
  /** When it was let in, so that the time for the first frame runs; null while it waits for its turn. */
  openedAt: number | null;
  /** Arrival of the newest video, and of the oldest keyframe that gave no frame yet, as packets tell; null for none. */
  lastVideoAt: number | null;
  videoGapMs: number | null;
  awaitedKeyframeAt: number | null;
  /** No silence counts before this: the process was blocked, and reads what has waited. */
  excusedUntil: number;
  /** It was told to end only to be opened in another way: nothing is wrong. */
  reopening: boolean;
  pause: Pause;
  /** When the next try is due, while waiting or held. */
  retryAt: number | null;
  /** How long ffmpeg may read to understand the stream: doubled for cameras that need it. */
  probe: number;
  /** Whether an ffmpeg runs, or has been told to end and has not done so yet. */
  open: boolean;
  /** What is wrong; null while live. */
  error: CameraError | null;
  /** Tries to open since the start, without the first. */
  reconnects: number;
  /** Silences that were too long, since the start. */
  stalls: number;
}

export type SuperviseEvent =
  /** `byUser`: somebody asks for it now, also where a wrong password is held. */
  | { type: 'start'; settings: SuperviseSettings; byUser?: boolean }
  | { type: 'stop' }
  /** Its turn has come: the time for the first frame runs. */
  | { type: 'opened' }
  | { type: 'frame' }
  /** Video comes; how long ago its newest packet and its newest keyframe came, in milliseconds. */
  | { type: 'traffic'; videoAgoMs: number; keyframeAgoMs: number | null }
  /** It is to be opened in another way, such as with all frames decoded. */
  | { type: 'reopen' }
  /**
   * ffmpeg has ended, or could not be started. `error`: why, if it was a loss. `played`: it was a recording that came
   * to its end, and whether another is to follow. `random`: 0 to 1, for the jitter. `waitMs`: how long not to try
   * again; left out, it depends on the error.
   */
  | {
      type: 'exit';
      error: CameraError;
      played: 'no' | 'more' | 'all';
      random: number;
      waitMs?: number;
    };

export type SuperviseOutput =
  | { type: 'open'; probe: number; byUser: boolean }
  | { type: 'close' }
  | { type: 'phase'; phase: Phase };

type Result = Step<SuperviseState, SuperviseOutput>;

/** A camera that sent frames for this long is well: the next loss begins with short pauses again. */
const HEALTHY_MS = 60_000;
/** Largest `probe`: 8 s of stream and 4 MB, for cameras that send no parameter sets with their description. */
const MAX_PROBE = 8;
const SHORTEST_RECORDING_MS = 1000;
/** A turn that comes sooner is not worth a word. */
const QUEUED_MS = 2000;
/** A wake that comes later than this tells that the process was blocked: timers of an idle one are some ms late. */
const LATE_MS = 50;
/** After that, what has waited in sockets and pipes is read first; as long as the decoder takes it for old. */
const CATCH_UP_MS = 1000;
/** These do not heal by themselves: only a new deploy helps. */
const FATAL: ReadonlySet<CameraCode> = new Set(['CAMERA_URL', 'CAMERA_FFMPEG_OPTION']);

/**
 * Decides when a camera's ffmpeg is started, ended and started again. For a live camera every end that was not
 * asked for is a loss, and tries go on for ever; only the pauses differ.
 */
export const supervise: Decider<SuperviseState, SuperviseEvent, SuperviseOutput> = (state, event, now) => {
  if (event.type === 'start') return onStart(state, event.settings, event.byUser ?? false, now);
  if (!state) throw new Error('The first event must be a start.');
  switch (event.type) {
    case 'stop':
      return enter(
        { ...state, retryAt: null, error: null },
        'idle',
        now,
        state.open ? [{ type: 'close' }] : [],
      );
    case 'opened':
      if (state.phase === 'queued') return enter({ ...state, openedAt: now }, 'connecting', now, []);
      return state.phase === 'connecting' ? same({ ...state, openedAt: now }) : same(state);
    case 'frame':
      return onFrame(state, now);
    case 'traffic':
      return onTraffic(state, event, now);
    case 'reopen':
      if (state.phase !== 'live') return same(state);
      return enter({ ...state, ...UNSEEN, reopening: true }, 'connecting', now, [{ type: 'close' }]);
    case 'exit':
      return onExit(state, event, now);
    case 'wake':
      return onWake(state, now);
  }
};

/** What is known only of an ffmpeg that runs. */
const UNSEEN = {
  openedAt: null,
  lastFrameAt: null,
  intervalMs: null,
  lastVideoAt: null,
  videoGapMs: null,
  awaitedKeyframeAt: null,
  reopening: false,
};

function initial(settings: SuperviseSettings, now: number): SuperviseState {
  return {
    phase: 'idle',
    settings,
    since: now,
    liveSince: null,
    lostAt: now,
    ...UNSEEN,
    excusedUntil: Number.NEGATIVE_INFINITY,
    pause: { lengthMs: 0, outageSince: null },
    retryAt: null,
    probe: 1,
    open: false,
    error: null,
    reconnects: 0,
    stalls: 0,
  };
}

function onStart(
  state: SuperviseState | undefined,
  settings: SuperviseSettings,
  byUser: boolean,
  now: number,
): Result {
  if (state && ['queued', 'connecting', 'live'].includes(state.phase)) return same(state);
  // An ffmpeg that is still ending holds a session: the new one starts when it has gone.
  if (state?.open) return enter({ ...initial(settings, now), open: true }, 'waiting', now, []);
  return open(initial(settings, now), now, byUser);
}

function open(state: SuperviseState, now: number, byUser = false): Result {
  const opened = { ...state, ...UNSEEN, open: true, retryAt: null, liveSince: null };
  return enter(opened, 'connecting', now, [{ type: 'open', probe: state.probe, byUser }]);
}

function onFrame(state: SuperviseState, now: number): Result {
  if (state.reopening || (state.phase !== 'connecting' && state.phase !== 'live')) return same(state);
  const gap = state.lastFrameAt === null ? null : now - state.lastFrameAt;
  const intervalMs = gap === null ? null : gapAfter(state.intervalMs, gap);
  const fed = { ...state, lastFrameAt: now, intervalMs, error: null };
  if (state.phase === 'connecting') return enter({ ...fed, liveSince: now }, 'live', now, []);
  return same(fed);
}

function onTraffic(
  state: SuperviseState,
  { videoAgoMs, keyframeAgoMs }: Extract<SuperviseEvent, { type: 'traffic' }>,
  now: number,
): Result {
  if (state.reopening || (state.phase !== 'connecting' && state.phase !== 'live')) return same(state);
  const lastVideoAt = now - videoAgoMs;
  const gap = state.lastVideoAt === null ? null : lastVideoAt - state.lastVideoAt;
  const videoGapMs = gap === null ? null : gapAfter(state.videoGapMs, gap);
  const keyframeAt = keyframeAgoMs === null ? null : now - keyframeAgoMs;
  return same({ ...state, lastVideoAt, videoGapMs, awaitedKeyframeAt: awaited(state, keyframeAt) });
}

/** Not the newest keyframe: those that go on to come would give a decoder that hangs ever more time. */
function awaited(
  { lastFrameAt, awaitedKeyframeAt }: SuperviseState,
  keyframeAt: number | null,
): number | null {
  if (keyframeAt === null || lastFrameAt === null || keyframeAt <= lastFrameAt) return null;
  return awaitedKeyframeAt !== null && awaitedKeyframeAt > lastFrameAt ? awaitedKeyframeAt : keyframeAt;
}

function onExit(
  state: SuperviseState,
  event: Extract<SuperviseEvent, { type: 'exit' }>,
  now: number,
): Result {
  const closed = { ...state, open: false };
  if (state.phase === 'idle') return same(closed);
  // A start came while the old ffmpeg was still ending.
  if (state.phase === 'waiting' || state.reopening) return open(closed, now);
  if (state.phase === 'live' && event.played === 'all')
    return enter({ ...closed, error: playedOut() }, 'ended', now, []);
  if (state.phase === 'live' && event.played === 'more') {
    // A recording of a single picture must not start ffmpeg ten times a second.
    const retryAt = Math.max(now, state.since + SHORTEST_RECORDING_MS);
    return retryAt === now ? open(closed, now) : enter({ ...closed, retryAt }, 'waiting', now, []);
  }
  const error = causeOf(state, event.error, now);
  if (FATAL.has(error.code)) return enter({ ...closed, error }, 'failed', now, []);
  const probe = error.code === 'CAMERA_NO_VIDEO' ? Math.min(state.probe * 2, MAX_PROBE) : state.probe;
  const last = wasHealthy(state) ? { lengthMs: 0, outageSince: null } : state.pause;
  const isOther = probe !== state.probe || error.code === 'CAMERA_UDP';
  const pause = nextPause(error.code, last, now, event.random, isOther);
  const phase = error.code === 'CAMERA_AUTH' ? 'held' : 'waiting';
  const next = { ...closed, error, probe, pause, retryAt: now + (event.waitMs ?? pause.lengthMs) };
  return enter({ ...next, reconnects: state.reconnects + 1 }, phase, now, []);
}

/**
 * What is told of a try that has failed. A camera that never answers is noticed here, or by the one who has asked it, who
 * may have been as patient: whose timer was first must not decide on the word, because each change is told to people.
 */
function causeOf(state: SuperviseState, error: CameraError, now: number): CameraError {
  const { phase, openedAt, settings } = state;
  if (phase === 'stalled' && state.error) return state.error;
  if (phase !== 'connecting' || openedAt === null || error.code !== 'CAMERA_NETWORK') return error;
  return now >= openedAt + settings.firstFrameMs - LATE_MS ? noPicture(now - openedAt) : error;
}

function onWake(state: SuperviseState, now: number): Result {
  if (
    (state.phase === 'waiting' || state.phase === 'held') &&
    state.retryAt !== null &&
    now >= state.retryAt
  ) {
    return open(state, now);
  }
  const turn = turnDeadline(state);
  if (turn !== null && now >= turn) return enter(state, 'queued', now, []);
  const deadline = silenceDeadline(state);
  if (deadline === null || now < deadline) return same(state);
  if (now - deadline > LATE_MS) return same({ ...state, excusedUntil: now + CATCH_UP_MS });
  const error =
    state.lastFrameAt === null
      ? noPicture(now - (state.openedAt ?? state.since))
      : fellSilent(now - state.lastFrameAt);
  // The phase `stalled` lasts until ffmpeg has gone: only then another session may be opened.
  return enter({ ...state, error, stalls: state.stalls + 1 }, 'stalled', now, [{ type: 'close' }]);
}

/** When a camera that has not been let in counts as queued: null where none waits. */
function turnDeadline({ phase, openedAt, reopening, since }: SuperviseState): number | null {
  return phase === 'connecting' && openedAt === null && !reopening ? since + QUEUED_MS : null;
}

/** When the silence is too long: null where nothing is awaited. */
function silenceDeadline(state: SuperviseState): number | null {
  const deadline = patience(state);
  return deadline === null ? null : Math.max(deadline, state.excusedUntil);
}

function patience(state: SuperviseState): number | null {
  const { phase, settings, lastFrameAt, openedAt, reopening } = state;
  if (phase === 'connecting') {
    return openedAt === null || reopening ? null : openedAt + settings.firstFrameMs;
  }
  if (phase !== 'live' || lastFrameAt === null) return null;
  return stallDeadline({ ...state, lastFrameAt, frameGapMs: state.intervalMs }, settings);
}

function enter(state: SuperviseState, phase: Phase, now: number, outputs: SuperviseOutput[]): Result {
  const lostAt = state.phase === 'live' ? now : state.lostAt;
  const next = { ...state, phase, since: now, lostAt };
  // One that is opened in another way stays `connecting`.
  const told: SuperviseOutput[] = phase === state.phase ? [] : [{ type: 'phase', phase }];
  return { state: next, outputs: [...outputs, ...told], wakeAt: wakeAt(next) };
}

function same(state: SuperviseState): Result {
  return { state, outputs: [], wakeAt: wakeAt(state) };
}

function wasHealthy({ liveSince, lastFrameAt }: SuperviseState): boolean {
  return liveSince !== null && lastFrameAt !== null && lastFrameAt - liveSince >= HEALTHY_MS;
}

function wakeAt(state: SuperviseState): number | null {
  return state.retryAt ?? turnDeadline(state) ?? silenceDeadline(state);
}
