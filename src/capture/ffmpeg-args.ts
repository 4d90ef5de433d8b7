import FfmpegCommand from 'fluent-ffmpeg';
import { LUMA_HEIGHT, LUMA_WIDTH } from '../shared/luma';
import type { FfmpegBinary } from './ffmpeg-binary';
import { type CameraSource, rtspAddress } from './source';
import { patternGraph } from './test-pattern';

/** Where ffmpeg writes what; the child process is spawned with these descriptors. */
export const JPEG_FD = 1;
export const LUMA_FD = 3;
export const LOG_FD = 4;

/** What is decoded, and how. */
export interface DecodeSettings {
  /** `keyframes` decodes only those: about a fifth of the cost of `all`. */
  mode: 'keyframes' | 'all';
  /** Frames a second in mode `all`, 0.05 to 30. */
  fps: number;
  /** Pictures are made no wider than this, in pixels; the height follows. */
  maxWidthPx: number;
  /** How much of the stream ffmpeg may read to understand it: 1 is small and fast, each doubling is slower and surer. */
  probe: number;
}

/** An ffmpeg whose camera is gone ends itself after twice this: for the case that nobody is left to end it. */
const SOCKET_TIMEOUT_US = 15_000_000;
/** Measured (reference/ingest.md §0.6): first frame after 1.7 s in place of 4.4 s on a GOP of 2 s. */
const PROBE_BYTES = 500_000;
const PROBE_US = 1_000_000;
/** Encoders with a thread a core hold back a frame a thread: with keyframes every 4 s and 8 cores that is half a minute. */
const ONE_THREAD = ['-threads', '1'];
/** Quality of the JPEGs on ffmpeg's scale of 2 (best) to 31. At 4 a 1280-pixel picture has about 100 kB. */
const JPEG_QUALITY = 4;

/**
 * The arguments for one ffmpeg that decodes a source once and writes three streams: JPEGs to descriptor 1, grey
 * planes of 160×90 to descriptor 3, and a line with time stamp and size for each JPEG to descriptor 4.
 * They may hold the camera's password: do not show them.
 *
 * @param file for a file source: which file of the folder
 */
export function ffmpegArgs(
  source: CameraSource,
  decode: DecodeSettings,
  binary: FfmpegBinary,
  file = '',
): string[] {
  const passthrough = binary.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', '0'];
  const command = FfmpegCommand();
  addInput(command, source, decode, binary, file);
  const select = source.kind !== 'pattern' && decode.mode === 'all' ? `${everyNth(decode.fps)},` : '';
  const chosen = `${FORWARD_ONLY},${select}`;
  command
    // Rounds to even numbers, never enlarges. In -vf a comma inside quotes does not end the filter.
    .output(`[f=image2pipe]pipe:${JPEG_FD}|[f=framecrc]pipe:${LOG_FD}`)
    .outputOptions([
      ...['-map', '0:v:0', '-an'],
      ...['-vf', `${chosen}scale=w='trunc(min(${decode.maxWidthPx},iw)/2)*2':h=-2`],
      ...passthrough,
      // Keeps the stream's own time stamps, in place of rounding them to the frame rate.
      ...['-enc_time_base', '-1'],
      ...ONE_THREAD,
      ...['-c:v', 'mjpeg', '-q:v', String(JPEG_QUALITY), '-f', 'tee'],
    ])
    .output(`pipe:${LUMA_FD}`)
    .outputOptions([
      ...['-map', '0:v:0', '-an'],
      ...['-vf', `${chosen}scale=${LUMA_WIDTH}:${LUMA_HEIGHT}:flags=area,format=gray`],
      ...passthrough,
      ...ONE_THREAD,
      ...['-c:v', 'rawvideo', '-f', 'rawvideo'],
    ]);
  const global = ['-hide_banner', '-loglevel', 'level+error', '-nostats'];
  return [...global, ...argumentsOf(command)];
}

function addInput(
  command: FfmpegCommand.FfmpegCommand,
  source: CameraSource,
  decode: DecodeSettings,
  binary: FfmpegBinary,
  file: string,
): void {
  const keyframesOnly = decode.mode === 'keyframes' ? ['-skip_frame', 'nokey'] : [];
  switch (source.kind) {
    case 'rtsp':
      command.input(rtspAddress(source)).inputOptions([
        ...['-threads', '1'],
        ...['-rtsp_transport', source.transport],
        // ffmpeg 4 knows `timeout` too, but there it means: wait for somebody to call.
        ...[binary.rtspOptions.has('stimeout') ? '-stimeout' : '-timeout', String(SOCKET_TIMEOUT_US)],
        ...(binary.rtspOptions.has('allowed_media_types') ? ['-allowed_media_types', 'video'] : []),
        // Without `-fflags nobuffer`: it throws away what was read for probing, and the first keyframe with it.
        ...['-flags', 'low_delay'],
        ...['-probesize', String(PROBE_BYTES * decode.probe)],
        ...['-analyzeduration', String(PROBE_US * decode.probe)],
        ...keyframesOnly,
      ]);
      return;
    case 'file':
      command.input(`file:${file}`).inputOptions([
        ...['-threads', '1'],
        // A playlist must not reach out to the network.
        ...['-protocol_whitelist', 'file,pipe'],
        ...(source.pace === 'live' ? ['-re'] : []),
        ...keyframesOnly,
      ]);
      return;
    case 'pattern':
      command.input(patternGraph(decode.fps)).inputOptions(['-re', '-f', 'lavfi']);
  }
}

/**
 * Passes a frame when 1/fps has gone by since the last one. The `fps` filter would fill a jump of the camera's
 * clock with copies (+1 h gave 7,215 of them); this one takes the next frame.
 */
function everyNth(fps: number): string {
  // A little less than the interval, as time stamps are rounded.
  const interval = (1 / fps - 0.005).toFixed(4);
  return `select='isnan(prev_selected_t)+gte(t-prev_selected_t,${interval})'`;
}

/**
 * Time stamps that never go back: where the camera's clock is set back, what follows is shifted so that it goes on
 * one interval after the frame before. Otherwise the JPEG encoder of every version ends ffmpeg with "Invalid pts",
 * and some cameras set their clock with the first RTCP report of each session. Cell 0 holds the shift, cell 1 the
 * last interval.
 */
const FORWARD_ONLY =
  "setpts='if(isnan(PREV_INPTS),0,if(lte(PTS,PREV_INPTS)," +
  "st(0,ld(0)+PREV_INPTS-PTS+max(ld(1),1)),st(1,PTS-PREV_INPTS)));PTS+ld(0)'";

/** fluent-ffmpeg is our builder only: its own way of running ffmpeg opens a second session and kills without TEARDOWN. */
function argumentsOf(command: FfmpegCommand.FfmpegCommand): string[] {
  // Not part of its types, so the version is pinned and a test holds the result.
  return (command as unknown as { _getArguments(): string[] })._getArguments();
}
