import type { Decider, Step } from '../shared/decider';
import { type CameraCode, CameraError } from '../shared/errors';
import { nextPause, type Pause } from './reconnect';
import { silenceLimitMs } from './watchdog';

/** Life of one camera's stream. */
export type Phase = 'idle' | 'connecting' | 'live' | 'stalled' | 'waiting' | 'held' | 'failed' | 'ended';

export interface SuperviseSettings {
  /** Longest time from the start of ffmpeg to its first frame, in milliseconds. */
  firstFrameMs: number;
  /** Longest silence while live, in milliseconds; 0: found out from the measured interval of frames. */
  silenceMs: number;
}

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
}

export type SuperviseEvent =
  | { type: 'start'; settings: SuperviseSettings }
  | { type: 'stop' }
  | { type: 'frame' }
  /**
   * ffmpeg has ended, or could not be started. `error`: why, if it was a loss. `played`: it was a recording that came
   * to its end, and whether another is to follow. `random`: 0 to 1, for the jitter.
   */
  | { type: 'exit'; error: CameraError; played: 'no' | 'more' | 'all'; random: number };

export type SuperviseOutput =
  | { type: 'open'; probe: number }
  | { type: 'close' }
  | { type: 'phase'; phase: Phase };

type Result = Step<SuperviseState, SuperviseOutput>;

/** A camera that sent frames for this long is well: the next loss begins with short pauses again. */
const HEALTHY_MS = 60_000;
/** Largest `probe`: 8 s of stream and 4 MB, for cameras that send no parameter sets with their description. */
const MAX_PROBE = 8;
const SHORTEST_RECORDING_MS = 1000;
/** These do not heal by themselves: only a new deploy helps. */
const FATAL: ReadonlySet<CameraCode> = new Set(['CAMERA_URL', 'CAMERA_FFMPEG_OPTION']);

/**
 * Decides when a camera's ffmpeg is started, ended and started again. For a live camera every end that was not
 * asked for is a loss, and tries go on for ever; only the pauses differ.
 */
export const supervise: Decider<SuperviseState, SuperviseEvent, SuperviseOutput> = (state, event, now) => {
  if (event.type === 'start') return onStart(state, event.settings, now);
  if (!state) throw new Error('The first event must be a start.');
  switch (event.type) {
    case 'stop':
      return enter(
        { ...state, retryAt: null, error: null },
        'idle',
        now,
        state.open ? [{ type: 'close' }] : [],
      );
    case 'frame':
      return onFrame(state, now);
    case 'exit':
      return onExit(state, event, now);
    case 'wake':
      return onWake(state, now);
  }
};

function initial(settings: SuperviseSettings, now: number): SuperviseState {
  return {
    phase: 'idle',
    settings,
    since: now,
    liveSince: null,
    lostAt: now,
    lastFrameAt: null,
    intervalMs: null,
    pause: { lengthMs: 0, outageSince: null },
    retryAt: null,
    probe: 1,
    open: false,
    error: null,
    reconnects: 0,
  };
}

function onStart(state: SuperviseState | undefined, settings: SuperviseSettings, now: number): Result {
  if (state?.phase === 'connecting' || state?.phase === 'live') return same(state);
  // An ffmpeg that is still ending holds a session: the new one starts when it has gone.
  if (state?.open) return enter({ ...initial(settings, now), open: true }, 'waiting', now, []);
  return open(initial(settings, now), now);
}

function open(state: SuperviseState, now: number): Result {
  const opened = {
    ...state,
    open: true,
    retryAt: null,
    liveSince: null,
    lastFrameAt: null,
    intervalMs: null,
  };
  return enter(opened, 'connecting', now, [{ type: 'open', probe: state.probe }]);
}

function onFrame(state: SuperviseState, now: number): Result {
  if (state.phase !== 'connecting' && state.phase !== 'live') return same(state);
  const gap = state.lastFrameAt === null ? null : now - state.lastFrameAt;
  // Cameras that save bandwidth send keyframes every second, and every ten in a quiet scene: a mean would call that silent.
  const intervalMs = gap === null ? null : Math.max(gap, (state.intervalMs ?? gap) * 0.8 + gap * 0.2);
  const fed = { ...state, lastFrameAt: now, intervalMs, error: null };
  if (state.phase === 'connecting') return enter({ ...fed, liveSince: now }, 'live', now, []);
  return same(fed);
}

function onExit(
  state: SuperviseState,
  event: Extract<SuperviseEvent, { type: 'exit' }>,
  now: number,
): Result {
  const closed = { ...state, open: false };
  if (state.phase === 'idle') return same(closed);
  // A start came while the old ffmpeg was still ending.
  if (state.phase === 'waiting') return open(closed, now);
  if (state.phase === 'live' && event.played === 'all')
    return enter({ ...closed, error: ended() }, 'ended', now, []);
  if (state.phase === 'live' && event.played === 'more') {
    // A recording of a single picture must not start ffmpeg ten times a second.
    const retryAt = Math.max(now, state.since + SHORTEST_RECORDING_MS);
    return retryAt === now ? open(closed, now) : enter({ ...closed, retryAt }, 'waiting', now, []);
  }
  const error = state.phase === 'stalled' && state.error ? state.error : event.error;
  if (FATAL.has(error.code)) return enter({ ...closed, error }, 'failed', now, []);
  const probe = error.code === 'CAMERA_NO_VIDEO' ? Math.min(state.probe * 2, MAX_PROBE) : state.probe;
  const last = wasHealthy(state) ? { lengthMs: 0, outageSince: null } : state.pause;
  const pause = nextPause(error.code, last, now, event.random, probe !== state.probe);
  const phase = error.code === 'CAMERA_AUTH' ? 'held' : 'waiting';
  const next = { ...closed, error, probe, pause, retryAt: now + pause.lengthMs };
  return enter({ ...next, reconnects: state.reconnects + 1 }, phase, now, []);
}

function onWake(state: SuperviseState, now: number): Result {
  if (
    (state.phase === 'waiting' || state.phase === 'held') &&
    state.retryAt !== null &&
    now >= state.retryAt
  ) {
    return open(state, now);
  }
  const deadline = silenceDeadline(state);
  if (deadline === null || now < deadline) return same(state);
  const error = stalled(state, now);
  // The phase `stalled` lasts until ffmpeg has gone: only then another session may be opened.
  return enter({ ...state, error }, 'stalled', now, [{ type: 'close' }]);
}

/** When the silence is too long: null where nothing is awaited. */
function silenceDeadline(state: SuperviseState): number | null {
  const { phase, settings, lastFrameAt, intervalMs, since } = state;
  if (phase === 'connecting') return since + settings.firstFrameMs;
  if (phase !== 'live' || lastFrameAt === null) return null;
  return lastFrameAt + (settings.silenceMs || silenceLimitMs(intervalMs, settings.firstFrameMs));
}

function enter(state: SuperviseState, phase: Phase, now: number, outputs: SuperviseOutput[]): Result {
  const lostAt = state.phase === 'live' ? now : state.lostAt;
  const next = { ...state, phase, since: now, lostAt };
  return { state: next, outputs: [...outputs, { type: 'phase', phase }], wakeAt: wakeAt(next) };
}

function same(state: SuperviseState): Result {
  return { state, outputs: [], wakeAt: wakeAt(state) };
}

function wasHealthy({ liveSince, lastFrameAt }: SuperviseState): boolean {
  return liveSince !== null && lastFrameAt !== null && lastFrameAt - liveSince >= HEALTHY_MS;
}

function wakeAt(state: SuperviseState): number | null {
  return state.retryAt ?? silenceDeadline(state);
}

function stalled(state: SuperviseState, now: number): CameraError {
  if (state.lastFrameAt === null) {
    return new CameraError('CAMERA_STALLED', `No picture came within ${seconds(now - state.since)} s.`, {
      retryable: true,
      advice:
        'Check that the host and port in the address are those of the camera, and that it is on. If it is slow to start, raise the time for the first picture.',
    });
  }
  return new CameraError(
    'CAMERA_STALLED',
    `The camera has sent no picture for ${seconds(now - state.lastFrameAt)} s.`,
    {
      retryable: true,
      advice:
        'The connection is opened again. If this repeats, check the network, or allow a longer silence.',
    },
  );
}

function ended(): CameraError {
  return new CameraError('CAMERA_ENDED', 'The recording has been played to its end.', {
    advice: 'Switch on "begin again at the end", or send the command "start".',
  });
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(0);
}
