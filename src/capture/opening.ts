import type { Decider, Step } from '../shared/decider';
import type { CameraCode } from '../shared/errors';

/** Someone who wants to open a camera, or has. Times are those of the decider's `now`, in milliseconds. */
interface Opening {
  id: number;
  /** The machine that is asked: name or address in lower case; '' for none, such as a recording. */
  host: string;
  /** Tells host, user and password apart without holding them; '' for no login. */
  login: string;
  /** A login on hold is tried all the same. */
  byUser: boolean;
  /** `asked` → `granted` (may connect) → `ready` (wants a process) → `running`. */
  stage: 'asked' | 'granted' | 'ready' | 'running';
  /** When it was granted; null before, and again once its video has come: then it is no opening any more. */
  openingSince: number | null;
}

interface Host {
  /** Nobody may open before this. */
  heldUntil: number;
  /** How many may open at once. */
  atOnce: number;
}

interface Login {
  /** When video last came with it; null for never. */
  workedAt: number | null;
  /** Refusals since it last worked. */
  refusals: number;
  /** Nobody may try it before this. */
  heldUntil: number;
}

export interface OpeningState {
  /** In the order in which they asked. */
  openings: Opening[];
  hosts: Map<string, Host>;
  logins: Map<string, Login>;
  /** Processes that may be started now, and when that was counted. */
  tokens: number;
  tokensAt: number;
}

export type OpeningEvent =
  /** `byUser`: somebody pressed a button, or sent a command: a login on hold is tried once more. */
  | { type: 'ask'; id: number; host: string; login: string; byUser: boolean }
  /** Connected: wants to start its process. */
  | { type: 'ready'; id: number }
  /** The first video has come. */
  | { type: 'settled'; id: number }
  /** It is over. `code`: why; null where it was stopped. */
  | { type: 'ended'; id: number; code: CameraCode | null };

export type OpeningOutput =
  | { type: 'grant'; id: number }
  /** The login is on hold for so long. */
  | { type: 'refuse'; id: number; waitMs: number }
  | { type: 'spawn'; id: number }
  /** What a refused login means, and how long not to try. Answers `ended` with CAMERA_AUTH. */
  | { type: 'judged'; id: number; code: 'CAMERA_AUTH' | 'CAMERA_BUSY'; waitMs: number };

type Result = Step<OpeningState, OpeningOutput>;

/** Processes that may be started in a millisecond, and at once. */
interface Rate {
  perMs: number;
  most: number;
}

/** Recorders refuse what comes at once (go2rtc#1616), and two are enough for 100 cameras in seconds. */
const AT_ONCE_PER_HOST = 2;
/** An opening that has not come to its video by then does not keep others back any longer. */
const OPENING_MS = 15_000;
/** live555, in most cameras, keeps a session that was not closed for 65 s. */
const BUSY_HOLD_MS = 65_000;
/** Hikvision locks an address out for 30 minutes after some wrong passwords: one try in 5 minutes, then fewer. */
const AUTH_HOLD_MS = 5 * 60_000;
const AUTH_HOLD_MAX_MS = 60 * 60_000;
/** Some recorders say 401 where they mean "too many sessions" (rroller/dahua#603): believed for a login that just worked. */
const TRUSTED_MS = 60 * 60_000;
const TRUSTED_REFUSALS = 2;
/** Starting an ffmpeg costs 0.1 to 0.25 s of CPU: four a second and core leave half of the machine to the others. */
const STARTS_PER_S_AND_CORE = 4;
/**
 * So many are connected, or connecting, at once as processes can be started in 4 s: a camera that is connected waits
 * 15 s for its ffmpeg and no longer (rtsp/proxy.ts), and cameras close what stays silent.
 */
const STARTS_AHEAD_S = 4;
/** Hosts and logins that are remembered; beyond it the longest known is forgotten. */
const MAX_REMEMBERED = 1000;

/**
 * Decides who may open a camera now, over all cameras of this process: at most two at once a host, none on a host
 * that has no session left, none with a login that was refused, one at a time with a login that has not been proven,
 * processes no faster than the machine can start them, and no camera long before its process.
 *
 * @param cores of this machine
 */
export function openings(cores: number): Decider<OpeningState, OpeningEvent, OpeningOutput> {
  const rate: Rate = { perMs: (cores * STARTS_PER_S_AND_CORE) / 1000, most: cores * STARTS_PER_S_AND_CORE };
  return (before, event, now) => {
    const state = refilled(before ?? initial(rate.most, now), rate, now);
    const outputs: OpeningOutput[] = [];
    const next = event.type === 'wake' ? state : onEvent(state, event, now, outputs);
    return settle(next, rate, now, outputs);
  };
}

function initial(tokens: number, now: number): OpeningState {
  return { openings: [], hosts: new Map(), logins: new Map(), tokens, tokensAt: now };
}

function refilled(state: OpeningState, rate: Rate, now: number): OpeningState {
  const tokens = Math.min(rate.most, state.tokens + (now - state.tokensAt) * rate.perMs);
  return { ...state, tokens, tokensAt: now };
}

function onEvent(
  state: OpeningState,
  event: OpeningEvent,
  now: number,
  outputs: OpeningOutput[],
): OpeningState {
  const found = state.openings.find(({ id }) => id === event.id);
  switch (event.type) {
    case 'ask': {
      const { id, host, login, byUser } = event;
      const opening: Opening = { id, host, login, byUser, stage: 'asked', openingSince: null };
      return { ...state, openings: [...state.openings, opening] };
    }
    case 'ready':
      return found ? replace(state, { ...found, stage: 'ready' }) : state;
    case 'settled':
      if (!found) return state;
      return proven(replace(state, { ...found, openingSince: null }), found, now);
    case 'ended': {
      if (!found) return state;
      const rest = { ...state, openings: state.openings.filter((one) => one !== found) };
      if (event.code === 'CAMERA_BUSY') return heldHost(rest, found.host, now);
      if (event.code !== 'CAMERA_AUTH') return rest;
      return onRefusal(rest, found, now, outputs);
    }
  }
}

/** The login works, and the host has room. */
function proven(state: OpeningState, { host, login }: Opening, now: number): OpeningState {
  const hosts = new Map(state.hosts);
  hosts.delete(host);
  if (login === '') return { ...state, hosts };
  return { ...state, hosts, logins: put(state.logins, login, { workedAt: now, refusals: 0, heldUntil: 0 }) };
}

function heldHost(state: OpeningState, host: string, now: number): OpeningState {
  return { ...state, hosts: put(state.hosts, host, { heldUntil: now + BUSY_HOLD_MS, atOnce: 1 }) };
}

function onRefusal(
  state: OpeningState,
  { id, host, login }: Opening,
  now: number,
  outputs: OpeningOutput[],
): OpeningState {
  // No password was sent: nobody is locked out by it.
  if (login === '') {
    outputs.push({ type: 'judged', id, code: 'CAMERA_AUTH', waitMs: AUTH_HOLD_MS });
    return state;
  }
  const known = state.logins.get(login) ?? { workedAt: null, refusals: 0, heldUntil: 0 };
  const refusals = known.refusals + 1;
  const trusted =
    known.workedAt !== null && now - known.workedAt < TRUSTED_MS && refusals <= TRUSTED_REFUSALS;
  if (trusted) {
    outputs.push({ type: 'judged', id, code: 'CAMERA_BUSY', waitMs: BUSY_HOLD_MS });
    return heldHost({ ...state, logins: put(state.logins, login, { ...known, refusals }) }, host, now);
  }
  // The first two of a login that worked once are not held against it a second time.
  const doublings = refusals - 1 - (known.workedAt === null ? 0 : TRUSTED_REFUSALS);
  const waitMs = Math.min(AUTH_HOLD_MAX_MS, AUTH_HOLD_MS * 2 ** Math.max(0, doublings));
  outputs.push({ type: 'judged', id, code: 'CAMERA_AUTH', waitMs });
  return { ...state, logins: put(state.logins, login, { ...known, refusals, heldUntil: now + waitMs }) };
}

/** Lets in all who may, in their order, and says when to look again. */
function settle(before: OpeningState, rate: Rate, now: number, outputs: OpeningOutput[]): Result {
  const state = withStarts(before, outputs);
  const openings: Opening[] = [];
  // Those that are let in now count for the ones behind them.
  const busy = state.openings.filter((one) => isOpening(one, now));
  let ahead = busy.filter(isAhead).length;
  for (const one of state.openings) {
    const { id, stage, byUser } = one;
    const holdMs = stage === 'asked' && !byUser ? loginHoldMs(state, one.login, now) : 0;
    const hasRoom = ahead < rate.most * STARTS_AHEAD_S || byUser || one.host === '';
    if (holdMs > 0) {
      outputs.push({ type: 'refuse', id, waitMs: holdMs });
    } else if (stage === 'asked' && hasRoom && mayOpen(one, busy, state, now)) {
      const granted: Opening = { ...one, stage: 'granted', openingSince: now };
      openings.push(granted);
      busy.push(granted);
      if (isAhead(granted)) ahead += 1;
      outputs.push({ type: 'grant', id });
    } else openings.push(one);
  }
  const next = { ...state, openings };
  return { state: next, outputs, wakeAt: wakeAt(next, rate, now) };
}

/** Starts processes for those that are ready, in their order. */
function withStarts(state: OpeningState, outputs: OpeningOutput[]): OpeningState {
  let { tokens } = state;
  const openings = state.openings.map((one): Opening => {
    if (one.stage !== 'ready' || tokens < 1) return one;
    tokens -= 1;
    outputs.push({ type: 'spawn', id: one.id });
    return { ...one, stage: 'running' };
  });
  return { ...state, openings, tokens };
}

/** Whether it holds a connection, or is about to, without a process. */
function isAhead({ host, stage }: Opening): boolean {
  return host !== '' && (stage === 'granted' || stage === 'ready');
}

function loginHoldMs({ logins }: OpeningState, login: string, now: number): number {
  return Math.max(0, (logins.get(login)?.heldUntil ?? 0) - now);
}

function mayOpen({ host, login }: Opening, busy: Opening[], state: OpeningState, now: number): boolean {
  if (host === '') return true;
  const { heldUntil = 0, atOnce = AT_ONCE_PER_HOST } = state.hosts.get(host) ?? {};
  if (now < heldUntil) return false;
  if (busy.filter((other) => other.host === host).length >= atOnce) return false;
  // Sixteen channels of a recorder with the same wrong password would lock its user out at once.
  const isProven = login === '' || state.logins.get(login)?.workedAt != null;
  return isProven || !busy.some((other) => other.login === login);
}

function isOpening({ openingSince }: Opening, now: number): boolean {
  return openingSince !== null && now - openingSince < OPENING_MS;
}

function wakeAt(state: OpeningState, rate: Rate, now: number): number | null {
  const times: number[] = [];
  const asked = state.openings.filter(({ stage }) => stage === 'asked');
  for (const { host } of asked) times.push(state.hosts.get(host)?.heldUntil ?? 0);
  if (asked.length > 0) {
    for (const { openingSince } of state.openings)
      if (openingSince !== null) times.push(openingSince + OPENING_MS);
  }
  if (state.openings.some(({ stage }) => stage === 'ready'))
    times.push(now + Math.ceil((1 - state.tokens) / rate.perMs));
  const later = times.filter((at) => at > now);
  return later.length > 0 ? Math.min(...later) : null;
}

function replace(state: OpeningState, opening: Opening): OpeningState {
  return { ...state, openings: state.openings.map((one) => (one.id === opening.id ? opening : one)) };
}

/** A copy with the entry as its newest. */
function put<V>(map: ReadonlyMap<string, V>, key: string, value: V): Map<string, V> {
  const copy = new Map(map);
  copy.delete(key);
  copy.set(key, value);
  if (copy.size > MAX_REMEMBERED) {
    const [oldest] = copy.keys();
    if (oldest !== undefined) copy.delete(oldest);
  }
  return copy;
}
