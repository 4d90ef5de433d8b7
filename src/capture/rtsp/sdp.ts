/** The video of a camera by its session description. */
export interface DescribedVideo {
  /** As in StreamInfo. */
  codec: string;
  /** Ticks of the RTP time stamps a second. */
  clockRate: number;
  /** `a=control` of the session and of the video, as they are; null where they are missing. */
  control: { session: string | null; video: string | null };
  /** The description with the video alone, and `a=control` as told. */
  sdp: string;
}

/** Names of RTP (IANA, "RTP Payload Format media types") to ours. */
const CODECS: Record<string, string> = { h264: 'h264', h265: 'h265', hevc: 'h265', jpeg: 'mjpeg' };
/** RFC 3551, table 5: JPEG needs no rtpmap. */
const JPEG_TYPE = '26';
const VIDEO_CLOCK = 90_000;

/**
 * Takes the first video track out of a session description (RFC 4566). Audio and metadata are left out: nobody would
 * decode them, and with one track ffmpeg takes its time from the packets alone, not from a camera's reports, that jump
 * when it sets its clock.
 *
 * @param text as a byte string
 * @param control `a=control` of the video for ffmpeg
 * @returns null where there is no video
 */
export function firstVideo(text: string, control: string): DescribedVideo | null {
  const lines = text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const starts = lines.flatMap((line, index) => (line.startsWith('m=') ? [index] : []));
  const start = starts.find((index) => /^m=video\s/i.test(lines[index] ?? ''));
  if (start === undefined) return null;
  const session = lines.slice(0, starts[0]);
  const video = lines.slice(
    start,
    starts.find((index) => index > start),
  );
  return {
    ...codecOf(video),
    control: { session: controlOf(session), video: controlOf(video) },
    sdp: [...session, ...video]
      .filter((line) => !isControl(line))
      .concat(`a=control:${control}`, '')
      .join('\r\n'),
  };
}

function codecOf(video: string[]): { codec: string; clockRate: number } {
  const type = /^m=video\s+\S+\s+\S+\s+(\d+)/i.exec(video[0] ?? '')?.[1] ?? '';
  const map = video.find((line) => new RegExp(`^a=rtpmap:\\s*${type}\\s`, 'i').test(line)) ?? '';
  const [, name = '', rate = ''] = /^a=rtpmap:\s*\d+\s+([^/\s]+)(?:\/(\d+))?/i.exec(map) ?? [];
  const codec = name === '' && type === JPEG_TYPE ? 'jpeg' : name.toLowerCase();
  return { codec: CODECS[codec] ?? (codec || 'unknown'), clockRate: Number(rate) || VIDEO_CLOCK };
}

function isControl(line: string): boolean {
  return /^a=control:/i.test(line);
}

function controlOf(lines: string[]): string | null {
  return lines.find(isControl)?.slice('a=control:'.length).trim() ?? null;
}
