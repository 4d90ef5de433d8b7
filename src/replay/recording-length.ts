import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { FfmpegBinary } from '../capture/ffmpeg-binary';
import { ReplayError } from './replay-error';
import { duration } from './report';

const TIMEOUT_MS = 10_000;
/** So much of the end is looked at: it begins at the keyframe before. */
const TAIL_S = 10;
/** Sound that goes on after the last picture, and what containers round. */
const TOLERANCE_S = 2;
/** As ffmpeg writes a time that is not known. */
const NO_TIME = Number('-9223372036854775808');
/** A playlist must not reach out to the network. */
const FILES_ONLY = ['-hide_banner', '-protocol_whitelist', 'file,pipe'];

/**
 * Seconds of a recording, or of the first `durationS` of it; null where nobody can tell.
 *
 * @throws ReplayError where its pictures end before that: it was cut off, which ffmpeg itself takes for its end. Figures
 * of what is left would be taken for those of the whole
 */
export async function recordingLength(
  binary: FfmpegBinary,
  path: string,
  durationS: number | null,
  signal: AbortSignal,
): Promise<number | null> {
  const stated = await statedLength(binary, path);
  const pastLast = (fromS: number) => endOfPictures(binary, path, fromS, signal);
  if (stated === null) {
    const end = await pastLast(0);
    return end === null || durationS === null ? end : Math.min(end, durationS);
  }
  const wanted = Math.min(stated, durationS ?? stated);
  const isThere = (end: number | null) => end !== null && end >= wanted - TOLERANCE_S;
  if (isThere(await pastLast(Math.max(0, wanted - TAIL_S)))) return wanted;
  // Also for those in which one cannot begin in the middle.
  const end = await pastLast(0);
  if (end === null || isThere(end)) return wanted;
  throw new ReplayError(
    `${path} says that it is ${duration(stated)} long, but its pictures end at ${duration(end)}: it was cut off. ` +
      `Get all of it, or replay what is there with --duration ${Math.max(1, Math.floor(end))}.`,
  );
}

/** Seconds that the file itself tells; null where it does not. */
function statedLength({ path: ffmpeg }: FfmpegBinary, path: string): Promise<number | null> {
  const args = [...FILES_ONLY, '-i', `file:${path}`];
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

/**
 * Where the last picture ends, in seconds from the start of the recording; null where there is none. Nothing is decoded:
 * it takes as long as the file takes to be read.
 *
 * @param fromS what is before is passed over
 */
async function endOfPictures(
  { path: ffmpeg }: FfmpegBinary,
  path: string,
  fromS: number,
  signal: AbortSignal,
): Promise<number | null> {
  // Not with 0: ffmpeg would leave out all of a recording that has no times of its own.
  const seek = fromS > 0 ? ['-ss', String(fromS)] : [];
  const input = [...FILES_ONLY, '-v', 'quiet', ...seek, '-i', `file:${path}`];
  const args = [...input, '-map', '0:v:0', '-c', 'copy', '-f', 'framecrc', 'pipe:1'];
  const child = spawn(ffmpeg, args, { stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true, signal });
  child.once('error', () => child.stdout.destroy());
  let secondsPerTick = 0;
  let end: number | null = null;
  for await (const line of createInterface({ input: child.stdout })) {
    const [, numerator, denominator] = /^#tb \d+: (\d+)\/(\d+)/.exec(line) ?? [];
    if (numerator) secondsPerTick = Number(numerator) / Number(denominator);
    // Stream, time of decoding, time of showing, duration, size, … Of the two times some containers have one only.
    const [, decoded = NO_TIME, shown = NO_TIME, ticks = 0] = line.split(',').map(Number);
    const time = Math.max(decoded, shown);
    if (line.startsWith('#') || time === NO_TIME) continue;
    end = Math.max(end ?? 0, fromS + (time + ticks) * secondsPerTick);
  }
  return end;
}
