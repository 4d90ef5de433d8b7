import type { CameraHealth } from '../shared/messages';
import type { SuperviseState } from './supervise';

/** Over how long the frame rate is told, in milliseconds. */
const RATE_WINDOW_MS = 10_000;

interface Figures {
  id: string;
  name: string;
  /** Arrivals of the newest frames in order, on the clock of `now`. */
  arrivals: readonly number[];
  frames: number;
  /** Monotonic, in milliseconds. */
  now: number;
}

/** How a camera is, in words and figures for people and for monitoring. */
export function healthOf(state: SuperviseState, { id, name, arrivals, frames, now }: Figures): CameraHealth {
  const recent = arrivals.filter((at) => at > now - RATE_WINDOW_MS);
  const online = state.phase === 'live';
  return {
    id,
    name,
    state: online ? 'online' : 'offline',
    since: Math.round(online && state.liveSince !== null ? state.liveSince : state.lostAt),
    code: online ? '' : (state.error?.code ?? ''),
    reason: online ? '' : (state.error?.message ?? ''),
    advice: online ? '' : (state.error?.cause.advice ?? ''),
    grade: 'excellent',
    fps: frameRate(recent),
    frameAgeMs: null,
    frames,
    dropped: 0,
    stream: null,
    reconnects: state.reconnects,
    reconnectsPerHour: 0,
    stallsPerHour: 0,
    corruptionsPerMinute: 0,
  };
}

/** Frames a second between the first and the last arrival, rounded to hundredths. */
function frameRate(arrivals: readonly number[]): number {
  const first = arrivals[0];
  const last = arrivals.at(-1);
  if (first === undefined || last === undefined || last <= first) return 0;
  return Math.round(((arrivals.length - 1) * 100_000) / (last - first)) / 100;
}
