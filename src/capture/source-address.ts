import { CameraError } from '../shared/errors';

/** What an address may begin with, for each kind of source that has one. */
export type AddressKind = 'rtsp' | 'hls' | 'mjpeg' | 'snapshot';

/** An address as it may be shown, and what was in it that may not. */
export interface CameraAddress {
  /** Without user information. */
  url: string;
  user: string;
  password: string;
}

const SCHEMES: Record<AddressKind, readonly string[]> = {
  rtsp: ['rtsp', 'rtsps'],
  hls: ['http', 'https'],
  mjpeg: ['http', 'https'],
  snapshot: ['http', 'https'],
};

const EXAMPLES: Record<AddressKind, string> = {
  rtsp: 'rtsp://192.168.1.20:554/stream1',
  hls: 'http://192.168.1.20/live/index.m3u8',
  mjpeg: 'http://192.168.1.20/video.mjpg',
  snapshot: 'http://192.168.1.20/snapshot.jpg',
};

/** Ways to carry video that need a gateway. */
const BRIDGED = new Set([
  'webrtc',
  'whep',
  'whip',
  'ws',
  'wss',
  'srt',
  'rtmp',
  'rtmps',
  'rtp',
  'udp',
  'tcp',
  'onvif',
  'dvrip',
  'bubble',
  'tapo',
  'kasa',
  'homekit',
]);

/**
 * Reads the address of a camera as a user typed it. nodes/rtsp-camera.html does the same, and a test holds both
 * together.
 *
 * @throws CameraError CAMERA_URL where it is empty, not a URL, or not of this kind; the address is not repeated
 */
export function cameraAddress(address: string, kind: AddressKind): CameraAddress {
  const advice = `Use an address such as ${EXAMPLES[kind]}.`;
  if (address === '') throw wrong('The camera has no address yet.', advice);
  checkScheme(address, kind, advice);
  if (/\s/.test(address)) throw wrong('The address of the camera has a space or a line break in it.', advice);
  // A NUL would end an argument of ffmpeg.
  if (/\p{Cc}/u.test(address)) {
    throw wrong('The address of the camera has a control character in it.', `Type it anew. ${advice}`);
  }
  const parts = splitUserInfo(address);
  if (!URL.canParse(parts.url) || new URL(parts.url).hostname === '') {
    throw wrong('The address of the camera is not a valid URL.', advice);
  }
  return parts;
}

/** Also keeps ffmpeg's own pseudo-protocols (concat:, file:) and options (-i) out. */
function checkScheme(address: string, kind: AddressKind, advice: string): void {
  const schemes = SCHEMES[kind];
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[1]?.toLowerCase();
  if (scheme && schemes.includes(scheme)) return;
  const begins = schemes.map((one) => `${one}://`).join(' or ');
  throw wrong(`The address of the camera does not begin with ${begins}.`, otherAdvice(scheme, kind, advice));
}

/** What to choose for an address that is meant for something else, where that is known. */
function otherAdvice(scheme: string | undefined, kind: AddressKind, advice: string): string {
  if (scheme === undefined) return advice;
  if (BRIDGED.has(scheme)) {
    return `Nothing here speaks ${scheme}. A gateway such as go2rtc or MediaMTX makes rtsp:// of it.`;
  }
  if (scheme === 'file') return `For a recording choose the source "recording" and give its path. ${advice}`;
  if (kind === 'rtsp' && (scheme === 'http' || scheme === 'https')) {
    return 'For http:// choose the source HLS, MJPEG or snapshot, or use the rtsp:// address of the camera.';
  }
  if (kind !== 'rtsp' && (scheme === 'rtsp' || scheme === 'rtsps')) {
    return 'For rtsp:// choose the source "network camera (RTSP)".';
  }
  return advice;
}

function wrong(message: string, advice: string): CameraError {
  return new CameraError('CAMERA_URL', message, { advice });
}

/** Splits by hand: people type passwords with / ? # and @ unescaped, which a URL parser cuts in the wrong place. */
function splitUserInfo(address: string): CameraAddress {
  const at = address.indexOf('://') + 3;
  const start = address.slice(0, at).toLowerCase();
  const rest = address.slice(at);
  const authority = rest.split('/', 1)[0] ?? '';
  const inner = authority.lastIndexOf('@');
  // A password may hold slashes, and a path may hold an @: what looks like a host decides.
  const isCut = (inner >= 0 || authority.includes(':')) && !isHost(authority.slice(inner + 1));
  const end = isCut ? rest.lastIndexOf('@') : inner;
  if (end < 0) return { url: start + rest, user: '', password: '' };
  const info = rest.slice(0, end);
  const colon = info.indexOf(':');
  return {
    url: start + rest.slice(end + 1),
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
