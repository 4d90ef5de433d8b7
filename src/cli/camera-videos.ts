import { bundledFfmpeg, type FfmpegBinary, findFfmpeg } from '../capture/ffmpeg-binary';
import { type CameraFault, type EncodedVideo, encodeVideo, fileSource, junkH265 } from '../simulator';
import { sceneSource } from '../simulator/scene';
import type { VideoSource } from '../simulator/source';
import type { VideoWish } from './camera-options';
import type { NamedFault } from './fault-list';
import type { TimedFault } from './fault-text';

/** A longer file is cut: all of it is kept in memory. */
const MAX_INPUT_S = 60;
/** A short visit, and no larger than this (then enlarged), so that a small machine has drawn it in some seconds. */
const SCENE = sceneSource({ emptyS: 4, walkS: 3, stayS: 8, loopS: 20 });
const MAX_DRAWN_WIDTH = 640;
/** How long H.265 is sent in a session that began with H.264: enough for a client to see it. */
const CLOSE_AFTER_MS = 2000;

export interface CameraVideos {
  video: EncodedVideo;
  faults: { text: string; atS: number; fault: CameraFault }[];
}

/**
 * Encodes what the camera shows, and what it goes over to because of a fault.
 *
 * @param say tells the user something in a line
 * @throws where there is no ffmpeg, or it cannot read the file
 */
export async function makeVideos(
  wish: VideoWish,
  faults: TimedFault[],
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<CameraVideos> {
  const { path: ffmpeg } = await ffmpegHere();
  const { input, ...others } = wish;
  const source = input === undefined ? drawnScene : fileSource(input, { forS: MAX_INPUT_S });
  const options = { ffmpeg, ...others, source };
  say(`Encoding ${input ?? 'the scene'} at ${wish.width}x${wish.height}, once ...`);
  const video = await encodeVideo(options, signal);

  const make = async (fault: NamedFault): Promise<CameraFault> => {
    if (fault.kind === 'resolution') {
      const { width = half(wish.width), height = half(wish.height) } = fault;
      return { kind: 'switch', to: await encodeVideo({ ...options, width, height }, signal) };
    }
    if (fault.kind !== 'codec') return fault;
    const to = await encodeVideo({ ...options, codec: 'h265' }, signal).catch((error: Error) => {
      if (!/libx265/.test(error.message)) throw error;
      say('This ffmpeg has no libx265: --fault codec sends junk in the place of H.265.');
      return junkH265(video);
    });
    return { kind: 'switch', to, closeAfterMs: CLOSE_AFTER_MS };
  };
  const made: CameraVideos['faults'] = [];
  for (const { text, atS, fault } of faults) made.push({ text, atS, fault: await make(fault) });
  return { video, faults: made };
}

const drawnScene: VideoSource = ({ width, height }, fps) => {
  const share = Math.min(1, MAX_DRAWN_WIDTH / width);
  return SCENE({ width: even(width * share), height: even(height * share) }, fps);
};

function half(pixels: number): number {
  return Math.max(64, even(pixels / 2));
}

function even(pixels: number): number {
  return 2 * Math.round(pixels / 2);
}

/** Looked for as rtsp-in does it. */
function ffmpegHere(): Promise<FfmpegBinary> {
  return findFfmpeg({ configured: '', env: process.env, bundled: bundledFfmpeg() });
}
