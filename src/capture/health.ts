import type { Decider, Step } from '../shared/decider';
import { type CameraCode, CameraError } from '../shared/errors';
import type { CameraGrade, CameraHealthState } from '../shared/messages';
import type { Phase } from './supervise';

export interface HealthSettings {
  /** A change is told when it has lasted this long, in milliseconds: a blip is not. */
  holdMs: number;
  /** A live picture that does not change for so long is frozen, in milliseconds; 0: not looked at. */
  frozenMs: number;
}

/** How a camera is, as far as people are told. */
export interface Condition {
  state: CameraHealthState;
  /** What is wrong; null while online. */
  error: CameraError | null;
  /** When it began. */
  since: number;
}

export interface HealthState {
  settings: HealthSettings;
  phase: Phase;
  error: CameraError | null;
  /** When the phase began that was not live. */
  lostAt: number;
  /** What people know; null before the first. */
  told: Condition | null;
  /** What they will be told if it lasts. */
  pending: Condition | null;
  /** Over the last hour: when it was opened again, and when it was silent for too long. The newest ones. */
  reconnects: number[];
  stalls: number[];
  /** Over the last minute: broken pictures and lost packets. */
  troubles: { at: number; count: number }[];
  /** Since when the picture is the same; null while it changes. */
  sameSince: number | null;
}

export type HealthEvent =
  | { type: 'start'; settings: HealthSettings }
  | { type: 'phase'; phase: Phase; error: CameraError | null }
  /** A frame that is, or is not, the same as the one before it, pixel by pixel. */
  | { type: 'frame'; same: boolean }
  | { type: 'stall' }
  | { type: 'trouble'; count: number };

/** What people are told has changed. */
export interface HealthOutput {
  type: 'tell';
}

type Result = Step<HealthState, HealthOutput>;

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** As many are kept for the grades. */
const MAX_TIMES = 200;
/** Above this many broken pictures and lost packets in a minute pictures are no evidence any more. */
const POOR_TROUBLES = 30;
/** These are told at once: waiting mends none of them. */
const LASTING: ReadonlySet<CameraCode> = new Set([
  'CAMERA_URL',
  'CAMERA_FFMPEG_MISSING',
  'CAMERA_FFMPEG_OPTION',
  'CAMERA_AUTH',
  'CAMERA_NOT_FOUND',
  'CAMERA_TLS',
  'CAMERA_REFUSED',
  'CAMERA_FILE',
  'CAMERA_NO_VIDEO',
  'CAMERA_ENDED',
]);

/** Decides what people are told of a camera, and when: online, degraded or offline, with hold times. */
export const health: Decider<HealthState, HealthEvent, HealthOutput> = (before, event, now) => {
  if (event.type === 'start') return judge({ ...(before ?? initial(event.settings, now)) }, now);
  if (!before) throw new Error('The first event must be a start.');
  return judge(after(before, event, now), now);
};

/** How good the connection is: the grades of Frigate (its camera metrics), without its rate of frames. */
export function gradeOf(state: HealthState, now: number): CameraGrade {
  const reconnects = within(state.reconnects, now, HOUR_MS).length;
  const stalls = within(state.stalls, now, HOUR_MS).length;
  if (reconnects > 10 || stalls > 100) return 'unusable';
  if (reconnects === 0 && stalls < 5) return 'excellent';
  return reconnects <= 2 ? 'fair' : 'poor';
}

/** Broken pictures and lost packets of the last minute. */
export function troublesOf({ troubles }: HealthState, now: number): number {
  return troubles.reduce((sum, { at, count }) => (at > now - MINUTE_MS ? sum + count : sum), 0);
}

/** Times of the last hour. */
export function inLastHour(times: readonly number[], now: number): number {
  return within(times, now, HOUR_MS).length;
}

function initial(settings: HealthSettings, now: number): HealthState {
  return {
    settings,
    phase: 'idle',
    error: null,
    lostAt: now,
    told: null,
    pending: null,
    reconnects: [],
    stalls: [],
    troubles: [],
    sameSince: null,
  };
}

function after(
  state: HealthState,
  event: Exclude<HealthEvent, { type: 'start' }> | { type: 'wake' },
  now: number,
): HealthState {
  switch (event.type) {
    case 'phase': {
      const { phase, error } = event;
      const lostAt = state.phase === 'live' && phase !== 'live' ? now : state.lostAt;
      const isRetry = error !== null && (phase === 'waiting' || phase === 'held');
      const reconnects = isRetry ? added(state.reconnects, now) : state.reconnects;
      const stalls = phase === 'stalled' ? added(state.stalls, now) : state.stalls;
      return { ...state, phase, error, lostAt, reconnects, stalls, sameSince: null };
    }
    case 'frame':
      return { ...state, sameSince: event.same ? (state.sameSince ?? now) : null };
    case 'stall':
      return { ...state, stalls: added(state.stalls, now) };
    case 'trouble':
      return { ...state, troubles: withTrouble(state.troubles, now, event.count) };
    case 'wake':
      return state;
  }
}

/** Compares how it is with what was told, and tells where that has lasted. */
function judge(state: HealthState, now: number): Result {
  const is = conditionOf(state, now);
  const { told, settings } = state;
  if (!is || isSame(is, told)) return stay({ ...state, pending: null }, now);
  const pending = isSame(is, state.pending) ? (state.pending as Condition) : is;
  const isLasting = is.error !== null && LASTING.has(is.error.code);
  const isBack = is.state === 'online' && told?.state === 'offline';
  if (!told || isLasting || isBack || now - pending.since >= settings.holdMs) {
    const since = told?.state === is.state ? told.since : is.since;
    return stay({ ...state, told: { ...is, since }, pending: null }, now, [{ type: 'tell' }]);
  }
  return stay({ ...state, pending }, now);
}

/** null where there is nothing to say: it is being opened for the first time, or was stopped. */
function conditionOf(state: HealthState, now: number): Condition | null {
  const { phase, error, settings, sameSince, lostAt } = state;
  if (phase !== 'live') return error ? { state: 'offline', error, since: lostAt } : null;
  if (settings.frozenMs > 0 && sameSince !== null && now - sameSince >= settings.frozenMs)
    return { state: 'degraded', error: frozen(now - sameSince), since: sameSince };
  const troubles = troublesOf(state, now);
  if (troubles >= POOR_TROUBLES) return { state: 'degraded', error: broken(troubles), since: now };
  if (gradeOf(state, now) === 'unusable')
    return { state: 'degraded', error: unsteady(inLastHour(state.reconnects, now)), since: now };
  return { state: 'online', error: null, since: now };
}

function isSame(a: Condition, b: Condition | null): boolean {
  return b !== null && a.state === b.state && (a.error?.code ?? '') === (b.error?.code ?? '');
}

function stay(state: HealthState, now: number, outputs: HealthOutput[] = []): Result {
  return { state, outputs, wakeAt: wakeAt(state, now) };
}

function wakeAt({ pending, settings, sameSince, phase, troubles, told }: HealthState, now: number) {
  const times: number[] = [];
  if (pending) times.push(pending.since + settings.holdMs);
  if (phase === 'live' && sameSince !== null && settings.frozenMs > 0)
    times.push(sameSince + settings.frozenMs);
  // What is only a matter of counts gets better when they grow old.
  if (told?.error?.code === 'CAMERA_POOR') times.push(now + MINUTE_MS);
  else if (troubles.length > 0 && pending) times.push(now + MINUTE_MS);
  const later = times.filter((at) => at > now);
  return later.length > 0 ? Math.min(...later) : null;
}

function within(times: readonly number[], now: number, ms: number): number[] {
  return times.filter((at) => at > now - ms);
}

function added(times: readonly number[], now: number): number[] {
  return [...within(times, now, HOUR_MS).slice(1 - MAX_TIMES), now];
}

/** Counted by the second, so that a flood of them takes no more room than a minute has. */
function withTrouble(troubles: HealthState['troubles'], now: number, count: number): HealthState['troubles'] {
  const recent = troubles.filter(({ at }) => at > now - MINUTE_MS);
  const last = recent.at(-1);
  if (!last || now - last.at >= 1000) return [...recent, { at: now, count }];
  return [...recent.slice(0, -1), { at: last.at, count: last.count + count }];
}

function frozen(ms: number): CameraError {
  return new CameraError(
    'CAMERA_FROZEN',
    `The picture has not changed for ${(ms / 1000).toFixed(0)} s, although the stream goes on.`,
    {
      retryable: true,
      advice:
        'Look at the camera; restart it. Where nothing can change in the picture, raise the time, or set it to 0.',
    },
  );
}

function broken(count: number): CameraError {
  return new CameraError(
    'CAMERA_POOR',
    `${count} pictures or packets were broken or lost in the last minute.`,
    {
      retryable: true,
      advice: 'Use TCP, lower the bitrate in the camera, or check the network between here and there.',
    },
  );
}

function unsteady(reconnects: number): CameraError {
  return new CameraError('CAMERA_POOR', `The camera was opened again ${reconnects} times in the last hour.`, {
    retryable: true,
    advice: 'Check its power and network; see the reasons in the log of the last hour.',
  });
}
