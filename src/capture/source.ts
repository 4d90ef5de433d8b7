import { CameraError } from '../shared/errors';

/** How far the certificate of a server is trusted. */
export interface TlsTrust {
  /** `system`: by the machine's authorities; `pin`: this one certificate; `any`: not looked at. */
  verify: 'system' | 'pin' | 'any';
  /** SHA-256 of the certificate, 64 hexadecimal digits without colons, lower case; '' unless `pin`. */
  fingerprint: string;
}

/** As browsers do it. */
export const SYSTEM_TRUST: TlsTrust = { verify: 'system', fingerprint: '' };

/** A camera that speaks RTSP, plain or over TLS. */
export interface RtspSource {
  kind: 'rtsp';
  /** rtsp:// or rtsps://, without user information: that goes into `user` and `password`. */
  url: string;
  user: string;
  password: string;
  transport: 'tcp' | 'udp';
  tls: TlsTrust;
}

/** A camera or server that speaks HTTP: an HLS playlist, an endless MJPEG answer, or one picture at a time. */
export interface HttpSource {
  kind: 'hls' | 'mjpeg' | 'snapshot';
  /** http:// or https://, without user information. */
  url: string;
  user: string;
  password: string;
  tls: TlsTrust;
  /** For `snapshot`: a picture is asked for this often, in milliseconds; 200 to 3,600,000. */
  everyMs: number;
}

/** A recording, or a folder of recordings that are played in the order of their names. */
export interface FileSource {
  kind: 'file';
  /** Absolute path. */
  path: string;
  /** `live`: one second of the recording takes a second; `fast`: as fast as frames are taken. */
  pace: 'live' | 'fast';
  /** Begin again at the end. */
  loop: boolean;
}

/** A drawn scene with a figure that comes, stays and goes: needs neither camera nor network. */
export interface PatternSource {
  kind: 'pattern';
}

export type CameraSource = RtspSource | HttpSource | FileSource | PatternSource;

const URL_ADVICE = 'Use an address such as rtsp://192.168.1.20:554/stream1.';

/**
 * Makes an RTSP source of what a user typed. A user and password inside the address are taken out of it and used
 * where the separate fields are empty, so that the address can be shown.
 *
 * @throws CameraError CAMERA_URL where the address is empty, not a URL, or not RTSP
 */
export function rtspSource(
  address: string,
  credentials: { user?: string; password?: string },
  transport: RtspSource['transport'],
): RtspSource {
  if (address === '') {
    throw new CameraError('CAMERA_URL', 'The camera has no address yet.', { advice: URL_ADVICE });
  }
  // Also keeps ffmpeg's own pseudo-protocols (concat:, file:) and options (-i) out.
  if (!/^rtsp:\/\//i.test(address)) {
    throw new CameraError('CAMERA_URL', 'The address of the camera does not begin with rtsp://.', {
      advice: URL_ADVICE,
    });
  }
  if (/\s/.test(address)) {
    throw new CameraError('CAMERA_URL', 'The address of the camera has a space or a line break in it.', {
      advice: URL_ADVICE,
    });
  }
  // A NUL would end an argument of ffmpeg.
  if (/\p{Cc}/u.test(address)) {
    throw new CameraError('CAMERA_URL', 'The address of the camera has a control character in it.', {
      advice: `Type it anew. ${URL_ADVICE}`,
    });
  }
  const { url, user, password } = splitUserInfo(address);
  if (!URL.canParse(url) || new URL(url).hostname === '') {
    throw new CameraError('CAMERA_URL', 'The address of the camera is not a valid URL.', {
      advice: URL_ADVICE,
    });
  }
  return {
    kind: 'rtsp',
    url,
    user: credentials.user || user,
    password: credentials.password || password,
    transport,
    tls: SYSTEM_TRUST,
  };
}

/**
 * The address that ffmpeg is given, with the credentials percent-encoded: every character works that way.
 * It is a secret, and must not be shown.
 */
export function rtspAddress({ url, user, password }: RtspSource): string {
  if (user === '' && password === '') return url;
  const rest = url.slice('rtsp://'.length);
  return `rtsp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${rest}`;
}

/**
 * Splits by hand: people type passwords with / ? # and @ unescaped, which a URL parser cuts in the wrong place.
 * nodes/rtsp-camera.html does the same, and a test holds both together.
 */
function splitUserInfo(address: string): { url: string; user: string; password: string } {
  const rest = address.slice('rtsp://'.length);
  const authority = rest.split('/', 1)[0] ?? '';
  const inner = authority.lastIndexOf('@');
  // A password may hold slashes, and a path may hold an @: what looks like a host decides.
  const isCut = (inner >= 0 || authority.includes(':')) && !isHost(authority.slice(inner + 1));
  const at = isCut ? rest.lastIndexOf('@') : inner;
  if (at < 0) return { url: `rtsp://${rest}`, user: '', password: '' };
  const info = rest.slice(0, at);
  const colon = info.indexOf(':');
  return {
    url: `rtsp://${rest.slice(at + 1)}`,
    user: decoded(colon < 0 ? info : info.slice(0, colon)),
    password: decoded(colon < 0 ? '' : info.slice(colon + 1)),
  };
}

/** A name with a dot or a port, or an IPv6 address. */
function isHost(text: string): boolean {
  return /^(\[[^\]]*\]|localhost|[\w-]+(\.[\w-]+)+)(:\d+)?$|^[\w-]+:\d+$/i.test(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
