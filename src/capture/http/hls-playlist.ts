import { CameraError } from '../../shared/errors';

/** A list of the same video in several qualities (RFC 8216, section 4.3.4). */
export interface Variant {
  url: string;
  /** Bits a second; 0 where it is not told, against the standard. */
  bandwidth: number;
  /** Pixels; null where it is not told. */
  height: number | null;
  /** `avc1.4d401f,mp4a.40.2`; '' where it is not told. */
  codecs: string;
}

/** One piece of video, with all that is needed to read it without the pieces before it. */
export interface Segment {
  url: string;
  /** Seconds. */
  duration: number;
  /** The value of EXT-X-BYTERANGE with its beginning: `1000@0`; null: the whole file. */
  range: string | null;
  isDiscontinuous: boolean;
  key: Resource | null;
  map: Resource | null;
}

/** EXT-X-KEY or EXT-X-MAP. */
export interface Resource {
  /** null for a key of METHOD=NONE. */
  url: string | null;
  /** The attributes beside the address, as they were. */
  attributes: string;
}

export interface MediaPlaylist {
  version: string;
  /** Seconds. */
  targetDuration: number;
  /** Of the first segment. */
  sequence: number;
  /** No more segments will come. */
  isComplete: boolean;
  segments: Segment[];
}

/** What a playlist says: either of the two. */
export type Playlist = { variants: Variant[]; media: null } | { variants: null; media: MediaPlaylist };

/** A recording of a day in pieces of 10 s has 8,640. */
const MAX_SEGMENTS = 10_000;
const DEFAULT_TARGET_S = 10;

/**
 * Reads a playlist. What only speeds up or decorates (partial segments, renditions, dates) is left out.
 *
 * @param base where the playlist came from: its addresses are relative to it
 * @throws CameraError CAMERA_PROTOCOL where it is none, CAMERA_REFUSED where it leads to something else than HTTP
 */
export function parsePlaylist(text: string, base: string): Playlist {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  if (lines[0]?.replace(/^\uFEFF/, '') !== '#EXTM3U') {
    throw notHls('The answer of the camera is not an HLS playlist.');
  }
  const variants = parseVariants(lines, base);
  return variants.length > 0 ? { variants, media: null } : { variants: null, media: parseMedia(lines, base) };
}

/**
 * The one that costs least and still shows people: the lowest bandwidth of those with 480 lines or more, else the
 * highest picture. Where no heights are told, the highest bandwidth.
 */
export function chooseVariant(variants: readonly Variant[]): Variant | undefined {
  const isEnough = ({ height }: Variant) => height !== null && height >= MIN_HEIGHT;
  const enough = variants.filter(isEnough).sort((a, b) => a.bandwidth - b.bandwidth);
  const best = [...variants].sort((a, b) => (b.height ?? 0) - (a.height ?? 0) || b.bandwidth - a.bandwidth);
  return enough[0] ?? best[0];
}

/** Below, a vision model does not see what a person holds. */
const MIN_HEIGHT = 480;

/** `h264` or `h265` by the names of RFC 6381; null where it is not told or another. */
export function codecOf({ codecs }: Variant): string | null {
  if (/\bavc[13]\b/i.test(codecs)) return 'h264';
  return /\b(hvc1|hev1)\b/i.test(codecs) ? 'h265' : null;
}

function parseVariants(lines: string[], base: string): Variant[] {
  return lines.flatMap((line, index) => {
    if (!line.startsWith('#EXT-X-STREAM-INF:')) return [];
    const uri = lines.slice(index + 1).find((next) => next !== '' && !next.startsWith('#'));
    if (!uri) return [];
    const attributes = attributesOf(line);
    const height = /^\d+x(\d+)$/i.exec(attributes.get('RESOLUTION') ?? '')?.[1];
    return [
      {
        url: resolved(uri, base),
        bandwidth: Number(attributes.get('BANDWIDTH')) || 0,
        height: height ? Number(height) : null,
        codecs: attributes.get('CODECS') ?? '',
      },
    ];
  });
}

function parseMedia(lines: string[], base: string): MediaPlaylist {
  const playlist: MediaPlaylist = {
    version: '',
    targetDuration: DEFAULT_TARGET_S,
    sequence: 0,
    isComplete: false,
    segments: [],
  };
  let next: Partial<Segment> = {};
  let key: Resource | null = null;
  let map: Resource | null = null;
  let isGap = false;
  /** Where the last part of a file ended: the next may begin there without saying so. */
  let end = { url: '', at: 0 };
  for (const line of lines) {
    const [, tag = '', value = ''] = /^#(EXT[A-Z0-9-]*):?(.*)$/.exec(line) ?? [];
    switch (tag) {
      case 'EXT-X-VERSION':
        playlist.version = value;
        break;
      case 'EXT-X-TARGETDURATION':
        playlist.targetDuration = Number(value) || DEFAULT_TARGET_S;
        break;
      case 'EXT-X-MEDIA-SEQUENCE':
        playlist.sequence = Number(value) || 0;
        break;
      case 'EXT-X-ENDLIST':
        playlist.isComplete = true;
        break;
      case 'EXT-X-DISCONTINUITY':
        next.isDiscontinuous = true;
        break;
      case 'EXT-X-GAP':
        isGap = true;
        break;
      case 'EXTINF':
        next.duration = Number.parseFloat(value) || 0;
        break;
      case 'EXT-X-BYTERANGE':
        next.range = value;
        break;
      case 'EXT-X-KEY':
        key = resource(line, base);
        break;
      case 'EXT-X-MAP':
        map = resource(line, base);
        break;
    }
    if (line === '' || line.startsWith('#')) continue;
    const url = resolved(line, base);
    const range = next.range ? withStart(next.range, end.url === url ? end.at : 0) : null;
    if (range) end = { url, at: Number(range.split('@')[0]) + Number(range.split('@')[1]) };
    playlist.segments.push({
      url: isGap ? '' : url,
      duration: next.duration ?? playlist.targetDuration,
      range,
      isDiscontinuous: next.isDiscontinuous ?? false,
      key,
      map,
    });
    if (playlist.segments.length > MAX_SEGMENTS) {
      throw notHls(`The playlist has more than ${MAX_SEGMENTS} segments.`);
    }
    next = {};
    isGap = false;
  }
  return playlist;
}

function resource(line: string, base: string): Resource {
  const uri = attributesOf(line).get('URI');
  const value = line.slice(line.indexOf(':') + 1);
  return {
    url: uri === undefined ? null : resolved(uri, base),
    attributes: value.replace(/(^|,)\s*URI\s*=\s*"[^"]*"/, '').replace(/^,/, ''),
  };
}

/** Attributes of a tag by name, without quotes (RFC 8216, section 4.2). */
function attributesOf(line: string): Map<string, string> {
  const pairs = line.slice(line.indexOf(':') + 1).matchAll(/([A-Z0-9-]+)\s*=\s*(?:"([^"]*)"|([^",]*))/g);
  return new Map([...pairs].map(([, name = '', quoted, plain]) => [name, quoted ?? plain ?? '']));
}

function withStart(range: string, start: number): string {
  return range.includes('@') ? range : `${range}@${start}`;
}

function resolved(uri: string, base: string): string {
  if (!URL.canParse(uri, base)) throw notHls('The playlist has an address that cannot be read.');
  const url = new URL(uri, base);
  if (url.protocol === 'http:' || url.protocol === 'https:') return url.href;
  throw new CameraError('CAMERA_REFUSED', `The playlist leads to an address of the kind ${url.protocol}`, {
    advice: 'Only http:// and https:// are followed.',
  });
}

function notHls(message: string): CameraError {
  return new CameraError('CAMERA_PROTOCOL', message, {
    retryable: true,
    advice: 'Check the address: it should lead to a playlist, whose name often ends in .m3u8.',
  });
}
