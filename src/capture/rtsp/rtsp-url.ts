import type { RtspHeaders } from './rtsp-message';
import { header } from './rtsp-message';

/** Where an RTSP URL leads. */
export interface Endpoint {
  secure: boolean;
  /** Lower case, IPv6 without brackets. */
  host: string;
  port: number;
}

/** IANA: rtsp, rtsps. */
const PORT = 554;
const SECURE_PORT = 322;
const SPLIT = /^(rtsps?):\/\/(?:[^/?#]*@)?(\[[^\]/?#]*\]|[^:/?#]*)(?::(\d{1,5}))?(?=[/?#]|$)/i;

/** @returns null where it is not an RTSP URL with a host */
export function endpointOf(url: string): Endpoint | null {
  const [, scheme, host, digits] = SPLIT.exec(url) ?? [];
  if (!scheme || !host) return null;
  const secure = scheme.toLowerCase() === 'rtsps';
  const port = digits === undefined ? (secure ? SECURE_PORT : PORT) : Number(digits);
  return port >= 1 && port <= 65535
    ? { secure, host: host.toLowerCase().replace(/^\[|\]$/g, ''), port }
    : null;
}

/** The URLs of a session: of all of it, and of the video. */
export interface SessionUrls {
  /** For PLAY, keep-alives and TEARDOWN. */
  aggregate: string;
  /** For SETUP. */
  video: string;
}

/**
 * What the URLs of a session are by the answer to DESCRIBE: RFC 2326, appendix C.1.1, read as clients read it that
 * cameras are made for (ffmpeg, live555): a relative control is put behind the base with a slash, also behind a
 * query, where resolving it as a URL would lose the query.
 *
 * @param asked URL of the DESCRIBE
 * @param headers of its answer
 */
export function sessionUrls(
  asked: string,
  headers: RtspHeaders,
  control: { session: string | null; video: string | null },
): SessionUrls {
  const base =
    absolute(header(headers, 'Content-Base'), asked) ??
    absolute(header(headers, 'Content-Location'), asked) ??
    asked;
  const aggregate = control.session && isRtsp(control.session) ? control.session : base;
  return { aggregate, video: joined(aggregate, control.video ?? '*') };
}

/** Where a redirect leads; null where that is not an RTSP URL. User information in it is not taken. */
export function redirectedUrl(location: string, asked: string): string | null {
  const url = absolute(location, asked)?.replace(/^(rtsps?:\/\/)[^/?#]*@/i, '$1');
  return url && endpointOf(url) ? url : null;
}

function isRtsp(text: string): boolean {
  return /^rtsps?:\/\//i.test(text);
}

/** Some cameras leave out the scheme, or the host too. */
function absolute(text: string, asked: string): string | null {
  if (isRtsp(text)) return text;
  const [scheme = ''] = /^rtsps?:/i.exec(asked) ?? [];
  if (text.startsWith('//')) return scheme + text;
  if (text.startsWith('/')) return origin(asked) + text;
  // A host with a port, or an address; a name alone cannot be told from a path.
  if (/^(\d+(\.\d+){3}|\[[\da-f:.]+\]|[\w.-]+:\d+)(:\d+)?(\/|$)/i.test(text)) return `${scheme}//${text}`;
  return null;
}

function joined(base: string, control: string): string {
  if (control === '*' || control === '') return base;
  if (isRtsp(control)) return control;
  if (control.startsWith('?')) return base + control;
  if (!control.startsWith('/')) return base.endsWith('/') ? base + control : `${base}/${control}`;
  // From the root where it repeats the path of the base, else behind it.
  const path = base.slice(origin(base).length).replace(/\/$/, '');
  if (path !== '' && control.startsWith(`${path}/`)) return origin(base) + control;
  return base.replace(/\/$/, '') + control;
}

function origin(url: string): string {
  return SPLIT.exec(url)?.[0] ?? '';
}
