import type { CameraBehaviour } from '../simulator/simulated-camera';
import { typedOptions } from './command-line';
import { sizeFrom, statusFrom } from './fault-list';
import { faultsFrom, type TimedFault } from './fault-text';
import { numberFrom, UsageError } from './usage-error';

/** What `camera` was asked to do. */
export interface CameraCommand {
  behaviour: CameraBehaviour;
  /** Port of the first camera; 0 for free ones. */
  port: number;
  count: number;
  faults: TimedFault[];
  video: VideoWish;
}

export interface VideoWish {
  /** A file; the drawn scene if left out. */
  input?: string;
  codec: 'h264' | 'h265';
  width: number;
  height: number;
  fps: number;
  gop: number;
  bitrateKbps: number;
}

export const USAGE = `Usage: npx @video-to-llm/node-red camera [options]

A simulated RTSP camera that fails in the ways real ones do. Ctrl+C ends it.

  --fault FAULT         NAME, NAME@SECONDS or NAME:VALUE@SECONDS, such as stall@20, status:453, corrupt:5@10.
                        SECONDS count from the start. Several --fault follow each other: --fault stall@20 --fault none@40
  --fault list          shows all faults
  --host ADDRESS        where it listens (127.0.0.1; 0.0.0.0 for all addresses of this machine)
  --port PORT           (8554)
  --path PATH           (/live)
  --count N             so many cameras, on this port and the next ones (1)
  --user, --password    who may watch (everybody)
  --auth digest|basic   (digest where there is a user)
  --tls                 rtsps:// with a self-signed certificate
  --transport tcp|udp   the only way it has (both)
  --sessions N          so many sessions at once (any number)
  --full CODE[/METHOD]  what one session too many is answered (453/SETUP)
  --stale SECONDS       so long a lost connection keeps its session (0; many real ones: 65). Needs --sessions
  --session-timeout S   ends sessions that ask for nothing for so long (never)
  --audio               a track of sound beside the video
  --mid-gop             sessions begin between two keyframes
  --input FILE          what it shows: the first minute of a file, in a loop (a drawn room with a visitor)
  --codec h264|h265     (h264)
  --size WxH            (1280x720)
  --fps N               pictures a second (15)
  --gop N               pictures from one keyframe to the next (30)
  --bitrate KBITS       kilobits a second (2000)
  --help
`;

const OPTIONS = {
  fault: { type: 'string', multiple: true, default: [] as string[] },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8554' },
  path: { type: 'string', default: '/live' },
  count: { type: 'string', default: '1' },
  user: { type: 'string' },
  password: { type: 'string' },
  auth: { type: 'string' },
  tls: { type: 'boolean', default: false },
  transport: { type: 'string' },
  sessions: { type: 'string' },
  full: { type: 'string' },
  stale: { type: 'string' },
  'session-timeout': { type: 'string' },
  audio: { type: 'boolean', default: false },
  'mid-gop': { type: 'boolean', default: false },
  input: { type: 'string' },
  codec: { type: 'string', default: 'h264' },
  size: { type: 'string', default: '1280x720' },
  fps: { type: 'string', default: '15' },
  gop: { type: 'string', default: '30' },
  bitrate: { type: 'string', default: '2000' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/**
 * Reads the arguments of `camera`.
 *
 * @returns what to do, or what to show and be done
 * @throws UsageError where an option is not known or its value cannot be used
 */
export function readCameraArguments(args: string[]): CameraCommand | 'help' | 'list' {
  const given = typedOptions(args, OPTIONS);
  if (given.help) return 'help';
  if (given.fault.includes('list')) return 'list';
  const port = numberFrom('--port', given.port, { min: 0, max: 65_535, whole: true });
  const count = numberFrom('--count', given.count, { min: 1, max: 1000, whole: true });
  if (port + count > 65_536) throw new UsageError('--count: there are not that many ports above --port.');
  return {
    port,
    count,
    faults: faultsFrom(given.fault),
    video: videoFrom(given),
    behaviour: { ...loginFrom(given), ...limitsFrom(given), ...placeFrom(given) },
  };
}

type Given = ReturnType<typeof typedOptions<typeof OPTIONS>>;

function videoFrom(given: Given): VideoWish {
  const codec = oneOf('--codec', given.codec, ['h264', 'h265']);
  return {
    input: given.input,
    codec,
    ...sizeFrom('--size', given.size),
    fps: numberFrom('--fps', given.fps, { min: 1, max: 60 }),
    gop: numberFrom('--gop', given.gop, { min: 1, max: 3600, whole: true }),
    bitrateKbps: numberFrom('--bitrate', given.bitrate, { min: 50, max: 50_000, whole: true }),
  };
}

function loginFrom({ user, password, auth }: Given): CameraBehaviour {
  if (auth !== undefined && user === undefined) throw new UsageError('--auth needs --user and --password.');
  if ((user === undefined) !== (password === undefined))
    throw new UsageError('--user and --password are only good together.');
  if (user === undefined) return {};
  return { auth: oneOf('--auth', auth ?? 'digest', ['digest', 'basic'] as const), user, password };
}

function limitsFrom(given: Given): CameraBehaviour {
  const { sessions, full, stale } = given;
  if (sessions === undefined && (full ?? stale) !== undefined)
    throw new UsageError(`--${full === undefined ? 'stale' : 'full'} needs --sessions.`);
  const timeout = given['session-timeout'];
  const whole = (what: string, text: string | undefined, max: number) =>
    text === undefined ? undefined : numberFrom(what, text, { min: 1, max, whole: true });
  const refusal = full === undefined ? undefined : statusFrom('--full', full);
  return {
    maxSessions: whole('--sessions', sessions, 10_000),
    fullStatus: refusal?.status,
    fullOn: refusal?.on,
    staleS: stale === undefined ? undefined : numberFrom('--stale', stale, { min: 0, max: 3600 }),
    sessionTimeoutS: whole('--session-timeout', timeout, 3600),
    endsSilentSessions: timeout !== undefined,
  };
}

function placeFrom(given: Given): CameraBehaviour {
  if (!/^(\/[\w.~-]+)+$/.test(given.path))
    throw new UsageError('--path: expected a path such as /live, of letters, digits and - . _ ~');
  const { transport, host, path, tls, audio } = given;
  const transports = transport === undefined ? undefined : [oneOf('--transport', transport, ['tcp', 'udp'])];
  return { host, path, tls, audio, midGop: given['mid-gop'], transports };
}

function oneOf<T extends string>(what: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === text);
  if (found) return found;
  throw new UsageError(`${what}: expected ${allowed.join(' or ')}, got "${text.slice(0, 40)}".`);
}
