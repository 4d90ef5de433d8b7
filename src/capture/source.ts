import { type AddressKind, type CameraAddress, cameraAddress } from './source-address';

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

/** Whether it gives pictures, not a stream of video: each is whole, as a keyframe is. */
export function givesPictures({ kind }: CameraSource): boolean {
  return kind === 'mjpeg' || kind === 'snapshot';
}

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
  tls: TlsTrust = SYSTEM_TRUST,
): RtspSource {
  return { kind: 'rtsp', ...withLogin(address, 'rtsp', credentials), transport, tls };
}

/**
 * The same for a source that is read over HTTP.
 *
 * @throws CameraError CAMERA_URL where the address is empty, not a URL, or not HTTP
 */
export function httpSource(
  kind: HttpSource['kind'],
  address: string,
  credentials: { user?: string; password?: string },
  { tls = SYSTEM_TRUST, everyMs }: { tls?: TlsTrust; everyMs: number },
): HttpSource {
  return { kind, ...withLogin(address, kind, credentials), tls, everyMs };
}

function withLogin(
  address: string,
  kind: AddressKind,
  credentials: { user?: string; password?: string },
): CameraAddress {
  const { url, user, password } = cameraAddress(address, kind);
  return { url, user: credentials.user || user, password: credentials.password || password };
}
