import { execFile } from 'node:child_process';
import type { FfmpegBinary } from '../capture/ffmpeg-binary';

const TIMEOUT_MS = 10_000;

/** Seconds of a recording, as its file tells; null where it does not. */
export function recordingLength({ path: ffmpeg }: FfmpegBinary, path: string): Promise<number | null> {
  const args = ['-hide_banner', '-protocol_whitelist', 'file,pipe', '-i', `file:${path}`];
  return new Promise((resolve) => {
    // Without an output ffmpeg ends with an error: what it has printed before is what counts.
    execFile(ffmpeg, args, { timeout: TIMEOUT_MS, windowsHide: true }, (_error, _stdout, stderr) =>
      resolve(lengthIn(stderr)),
    );
  });
}

/** Reads the line `Duration: 00:02:19.40, start: …`. */
export function lengthIn(text: string): number | null {
  const [, hours, minutes, seconds] = /Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/.exec(text) ?? [];
  return seconds === undefined ? null : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}
