import { mayHaveLogin } from '../../src/capture/credential-hosts';
import type { FileAccess } from '../../src/capture/file-access';
import { type PrivacyMask, privacyMasks } from '../../src/capture/privacy-mask';
import type { SessionSettings } from '../../src/capture/session';
import {
  type CameraSource,
  type HttpSource,
  httpSource,
  type RtspSource,
  rtspSource,
  type TlsTrust,
} from '../../src/capture/source';
import { cameraAddress } from '../../src/capture/source-address';
import { CameraError, StageError } from '../../src/shared/errors';
import type { CameraProfile } from '../../src/shared/messages';
import { isTimeZone } from '../../src/shared/time';
import type { Settings } from './settings';

/** A camera as its settings make it. */
export interface Camera {
  profile: CameraProfile;
  /** null where `problem` says what is wrong with the settings. */
  session: SessionSettings | null;
  /** Where full-size stills are taken; null with `session`. */
  still: CameraSource | null;
  problem: StageError | null;
}

export interface CameraContext {
  /** Stable id of the camera. */
  id: string;
  /** Where its name is empty. */
  fallbackName: string;
  files: FileAccess;
  login: { user?: string; password?: string };
  /** Hosts to which the login may be sent; null for wherever the address leads. */
  loginHosts: { own: string; allowed: readonly string[] } | null;
}

const KINDS = ['rtsp', 'hls', 'mjpeg', 'snapshot', 'file', 'pattern'] as const;
/** Every polled picture is passed on, however often. */
const ANY_FPS = 30;

/** Reads the settings of a camera: of an rtsp-camera node, its dialog, or an entry of a list. Never throws. */
export function readCamera(settings: Settings, context: CameraContext): Camera {
  const profile = readProfile(settings, context.fallbackName);
  try {
    const session = readSession(settings, context);
    const still = readStill(settings, context, session.source);
    const problem = settings.error();
    if (session.decode.masks.length > 0) profile.hasMasks = true;
    return problem ? { profile, session: null, still: null, problem } : { profile, session, still, problem };
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    // A variable that is not set reads as empty: to say so is more help than that there is no address.
    return { profile, session: null, still: null, problem: settings.error() ?? error };
  }
}

function readProfile(settings: Settings, fallbackName: string): CameraProfile {
  const timeZone = settings.text('timeZone');
  if (!isTimeZone(timeZone))
    settings.problem(`timeZone "${timeZone.slice(0, 40)}" is not known; use one such as Europe/Berlin`);
  return { name: settings.text('name', fallbackName), description: settings.text('description'), timeZone };
}

/** @throws StageError where the address, the path or a mask cannot be used */
function readSession(settings: Settings, context: CameraContext): SessionSettings {
  const kind = settings.choice('kind', KINDS, 'rtsp');
  const fps = settings.number('fps', { default: 2, min: 0.05, max: 30 });
  return {
    camera: context.id,
    ffmpegPath: settings.text('ffmpegPath'),
    decode: {
      mode: settings.choice('mode', ['keyframes', 'all', 'auto'] as const, 'keyframes'),
      fps: kind === 'snapshot' ? ANY_FPS : fps,
      maxWidthPx: settings.integer('width', { default: 1280, min: 160, max: 7680 }),
      masks: readMasks(settings),
    },
    firstFrameMs: 1000 * settings.number('firstFrameS', { default: 30, min: 1, max: 600 }),
    silenceMs: 1000 * settings.number('silenceS', { default: 0, min: 0, max: 3600 }),
    health: {
      holdMs: 1000 * settings.number('holdS', { default: 10, min: 0, max: 600 }),
      frozenMs: 1000 * settings.number('frozenS', { default: 300, min: 0, max: 86_400 }),
    },
    // Last, as it throws: what is wrong with the other fields is told together.
    source: readSource(settings, context, kind),
  };
}

/** @throws ConfigError where a mask cannot be used: to leave it out would show what nobody may see */
function readMasks(settings: Settings): PrivacyMask[] {
  const raw = settings.raw('masks');
  if (typeof raw !== 'string') return privacyMasks(raw);
  try {
    return privacyMasks(raw.trim() === '' ? [] : JSON.parse(raw));
  } catch (error) {
    if (error instanceof StageError) throw error;
    // Something that is no list gets the words for that.
    return privacyMasks({});
  }
}

/** @throws CameraError where the address or path cannot be used */
function readSource(settings: Settings, context: CameraContext, kind: (typeof KINDS)[number]): CameraSource {
  switch (kind) {
    case 'pattern':
      return { kind };
    case 'file':
      return {
        kind,
        path: readPath(settings, context.files),
        pace: settings.choice('pace', ['live', 'fast'] as const, 'live'),
        loop: settings.flag('loop', true),
      };
    case 'rtsp':
      return readRtsp(settings, context, settings.text('url'));
    default:
      return readHttp(settings, context, kind, settings.text('url'));
  }
}

function readPath(settings: Settings, files: FileAccess): string {
  const path = settings.text('path');
  if (path !== '') return files.resolve(path);
  throw new CameraError('CAMERA_FILE', 'The camera has no file or folder yet.', {
    advice: 'Open the camera node and fill in the path of a recording.',
  });
}

function readRtsp(settings: Settings, context: CameraContext, url: string): RtspSource {
  const transport = settings.choice('transport', ['tcp', 'udp'] as const, 'tcp');
  const source = rtspSource(url, context.login, transport, readTrust(settings));
  checkLogin(source, url, context);
  return source;
}

function readHttp(
  settings: Settings,
  context: CameraContext,
  kind: HttpSource['kind'],
  url: string,
): HttpSource {
  const everyMs = 1000 * settings.number('everyS', { default: 2, min: 0.2, max: 3600 });
  const source = httpSource(kind, url, context.login, { tls: readTrust(settings), everyMs });
  checkLogin(source, url, context);
  return source;
}

/** The main stream, where another one is watched; a snapshot over HTTP does as well. */
function readStill(settings: Settings, context: CameraContext, watched: CameraSource): CameraSource {
  const url = settings.text('mainUrl');
  if (url === '' || !('url' in watched)) return watched;
  return /^https?:/i.test(url)
    ? readHttp(settings, context, 'snapshot', url)
    : readRtsp(settings, context, url);
}

function readTrust(settings: Settings): TlsTrust {
  const verify = settings.choice('tlsVerify', ['system', 'pin', 'any'] as const, 'system');
  if (verify !== 'pin') return { verify, fingerprint: '' };
  const fingerprint = settings.text('tlsFingerprint').replace(/[:\s]/g, '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(fingerprint)) {
    settings.problem(
      'tlsFingerprint is not a SHA-256 fingerprint, which has 64 digits (0 to 9, A to F), with or without colons',
    );
  }
  return { verify, fingerprint };
}

/** @throws CameraError where the address holds a login, or the login was not given for this host */
function checkLogin(source: RtspSource | HttpSource, address: string, { loginHosts }: CameraContext): void {
  if (loginHosts === null) return;
  const inAddress = cameraAddress(address, source.kind);
  if (inAddress.user !== '' || inAddress.password !== '') {
    throw new CameraError('CAMERA_URL', 'The address holds a user or a password.', {
      advice: 'Put them into an rtsp-camera node, and write its name as "credential" into the entry.',
    });
  }
  const { hostname } = new URL(source.url);
  const hasLogin = source.user !== '' || source.password !== '';
  if (!hasLogin || mayHaveLogin(hostname, loginHosts.own, loginHosts.allowed)) return;
  throw new CameraError('CAMERA_REFUSED', `The credential was not given for the host ${hostname}.`, {
    advice: 'Add the host or its network to "Login also for" of the camera node that holds the credential.',
  });
}
