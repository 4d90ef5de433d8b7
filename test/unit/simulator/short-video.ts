import { type EncodedVideo, encodeVideo } from '../../../src/simulator';
import { sceneSource } from '../../../src/simulator/scene';
import { FFMPEG } from './player';

/** Frames a second. */
export const FPS = 10;

/** A loop of 2 s, encoded in less than a second. */
export function shortVideo(): Promise<EncodedVideo> {
  const source = sceneSource({ emptyS: 0.5, walkS: 0.5, stayS: 0, loopS: 2 });
  return encodeVideo({ ffmpeg: FFMPEG, source, width: 256, height: 144, fps: FPS, gop: 5 });
}
