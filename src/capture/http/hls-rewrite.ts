import type { MediaPlaylist, Resource } from './hls-playlist';

/** Gives a name on loopback for an address of the camera's: `3f.ts`. */
export type HandOut = (url: string, ending: string) => string;

/**
 * Writes a playlist in which every address leads to the relay. Names end as ffmpeg wants it of their contents: with a
 * map they are fragments of MP4, else MPEG-TS, whatever the server calls them (5.1.9 and 7.1.1 refuse others,
 * `extension_picky`).
 */
export function writePlaylist(playlist: MediaPlaylist, handOut: HandOut): string {
  const { version, targetDuration, sequence, segments, isComplete } = playlist;
  const lines = ['#EXTM3U'];
  if (/^\d+$/.test(version)) lines.push(`#EXT-X-VERSION:${version}`);
  lines.push(`#EXT-X-TARGETDURATION:${targetDuration}`, `#EXT-X-MEDIA-SEQUENCE:${sequence}`);
  let key: Resource | null = null;
  let map: Resource | null = null;
  for (const segment of segments) {
    if (segment.isDiscontinuous) lines.push('#EXT-X-DISCONTINUITY');
    if (segment.key && segment.key !== key) lines.push(tag('KEY', segment.key, 'key', handOut));
    if (segment.map && segment.map !== map) lines.push(tag('MAP', segment.map, 'mp4', handOut));
    ({ key, map } = segment);
    lines.push(`#EXTINF:${segment.duration},`);
    if (segment.range) lines.push(`#EXT-X-BYTERANGE:${segment.range}`);
    lines.push(handOut(segment.url, segment.map ? 'm4s' : 'ts'));
  }
  if (isComplete) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** The newest segments, with what they need: a live stream is watched at its end. */
export function newestSegments(playlist: MediaPlaylist, count: number): MediaPlaylist {
  const left = Math.max(0, playlist.segments.length - count);
  return { ...playlist, sequence: playlist.sequence + left, segments: playlist.segments.slice(left) };
}

function tag(name: string, { url, attributes }: Resource, ending: string, handOut: HandOut): string {
  const uri = url === null ? [] : [`URI="${handOut(url, ending)}"`];
  return `#EXT-X-${name}:${[...(attributes ? [attributes] : []), ...uri].join(',')}`;
}
