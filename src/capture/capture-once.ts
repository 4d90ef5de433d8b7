import type { CameraError } from '../shared/errors';
import type { DecodeSettings } from './ffmpeg-args';
import { Figures } from './figures';
import type { DecodedFrame } from './frame-assembler';
import { jpegSize } from './jpeg-size';
import { noPicture } from './loss';
import { Playlist } from './recordings';
import { Run, type RunParts } from './run';
import { type CameraSource, type FileSource, givesPictures } from './source';

/** One picture of a camera, outside of its watched stream. */
export interface Still extends DecodedFrame {
  width: number;
  height: number;
}

/** What was found out about a camera. */
export interface CameraTrial extends Still {
  /** From the wish to the picture, in milliseconds: with the wait for its turn. */
  firstPictureMs: number;
  /** null where the source does not tell. */
  stream: { codec: string; fps: number | null; kbps: number | null; gopMs: number | null } | null;
}

export interface OnceOptions {
  source: CameraSource;
  maxWidthPx: number;
  masks: DecodeSettings['masks'];
  /** Longest time to the picture, in milliseconds. */
  firstFrameMs: number;
  /** Ends it early. */
  signal?: AbortSignal;
}

/** After its first picture a stream is watched for so long, to see the next keyframe and a rate. */
const WATCH_MS = 6000;
/** Shorter than this gives no rate worth telling. */
const MIN_WATCH_MS = 3000;

/**
 * Takes one picture: its own session beside a watched one, which counts against the host.
 *
 * @throws CameraError where no picture came
 */
export async function takeStill(options: OnceOptions, parts: RunParts): Promise<Still> {
  return watch(options, parts, 0);
}

/**
 * Tries a camera: one session, its first picture, and what is found out about its stream in the seconds after it.
 *
 * @throws CameraError where no picture came
 */
export function tryCamera(options: OnceOptions, parts: RunParts): Promise<CameraTrial> {
  return watch(options, parts, WATCH_MS);
}

/** @param watchMs how long to look on after the first picture; 0 for not at all */
function watch(options: OnceOptions, parts: RunParts, watchMs: number): Promise<CameraTrial> {
  const { clock } = parts;
  const { source, maxWidthPx, masks, firstFrameMs, signal } = options;
  const startedAt = clock.monotonic();
  const figures = new Figures();
  const decode = { mode: givesPictures(source) ? 'all' : 'keyframes', fps: 1, maxWidthPx, masks } as const;
  return new Promise((resolve, reject) => {
    let found: CameraTrial | null = null;
    let late: CameraError | null = null;
    let timer = clock.setTimeout(() => {
      late = noPicture(firstFrameMs);
      run.stop();
    }, firstFrameMs);
    const stop = () => run.stop();
    signal?.addEventListener('abort', stop, { once: true });
    const run: Run = new Run(
      {
        source,
        decode: { ...decode, probe: 1, once: watchMs === 0 },
        byUser: true,
        answerMs: firstFrameMs,
        file: () => new Playlist(source as FileSource).next(),
      },
      parts,
      {
        onOpened: () => {},
        onBroken: () => {},
        onTraffic: ({ traffic }) => {
          figures.addTraffic(traffic, clock.monotonic());
          // All is known that was asked.
          if (found && traffic.gopMs !== null && clock.monotonic() - startedAt > MIN_WATCH_MS) run.stop();
        },
        onFrame: (frame) => {
          const size = jpegSize(frame.jpeg);
          if (found || !size) return;
          found = { ...frame, ...size, firstPictureMs: clock.monotonic() - startedAt, stream: null };
          timer.clear();
          timer = clock.setTimeout(stop, watchMs);
        },
        onEnd: (error) => {
          timer.clear();
          signal?.removeEventListener('abort', stop);
          if (found) resolve({ ...found, stream: streamOf(run, figures, clock.monotonic()) });
          else reject(late ?? error);
        },
      },
    );
  });
}

function streamOf({ feed }: Run, figures: Figures, now: number): CameraTrial['stream'] {
  if (!feed?.stream) return null;
  return { codec: feed.stream.codec, gopMs: feed.traffic.gopMs, ...figures.stream(now) };
}
