import FfmpegCommand from 'fluent-ffmpeg';
import { LUMA_HEIGHT, LUMA_WIDTH } from '../shared/luma';
import type { FfmpegBinary } from './ffmpeg-binary';
import { markOf, thisOwner } from './mark';
import { scaledWithMasks } from './mask-filter';
import type { PrivacyMask } from './privacy-mask';
import { type CameraSource, givesPictures } from './source';
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
  /** Covered in all that leaves ffmpeg, at most 20. */
  masks: readonly PrivacyMask[];
  /** ffmpeg ends after one picture: for a still, or a test. */
  once: boolean;
}

/** Measured (reference/ingest.md §0.6): first frame after 1.7 s in place of 4.4 s on a GOP of 2 s. */
const PROBE_BYTES = 500_000;
const PROBE_US = 1_000_000;
/** Encoders with a thread a core hold back a frame a thread: with keyframes every 4 s and 8 cores that is half a minute. */
const ONE_THREAD = ['-threads', '1'];
/** Quality of the JPEGs on ffmpeg's scale of 2 (best) to 31. At 4 a 1280-pixel picture has about 100 kB. */
const JPEG_QUALITY = 4;
/**
 * Packets that may come in another order than they were sent in, where the camera sends them over UDP. Over TCP, as
 * ffmpeg sees it, it does not look for that by itself: of pictures with two packets exchanged each was broken, with
 * this none (measured with 4.1, 5.1 and 7.1). After a loss it waits for so many more; no time ends the wait.
 */
const REORDERED_PACKETS = 32;

/**
 * The arguments for one ffmpeg that decodes a source once and writes three streams: JPEGs to descriptor 1, grey
 * planes of 160×90 to descriptor 3, and a line with time stamp and size for each JPEG to descriptor 4.
 * They hold no secret.
 *
 * There is no time-out in them. ffmpeg's own would not see most stalls (reference/ingest.md §0.2), and would end a
 * camera that is slow to answer; the session has the deadlines. What ffmpeg reads comes from this process, so when
 * that has gone, ffmpeg's connection is closed and it ends. (Also its name was changed: `stimeout` up to 4.4.)
 *
 * @param input what ffmpeg opens: the feed's address on loopback, or the path of a file; the test pattern needs none
 */
export function ffmpegArgs(
  source: CameraSource,
  decode: DecodeSettings,
  binary: FfmpegBinary,
  input = '',
): string[] {
  const command = FfmpegCommand();
  addInput(command, source, decode, binary, input);
  const passthrough = binary.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', '0'];
  const each = [...passthrough, ...(decode.once ? ['-frames:v', '1'] : []), ...ONE_THREAD];
  command
    .output(`[f=image2pipe]pipe:${JPEG_FD}|[f=framecrc]pipe:${LOG_FD}`)
    .outputOptions([
      ...['-metadata', markOf(thisOwner)],
      ...['-filter_complex_threads', '1', '-filter_complex', graph(source, decode)],
      ...['-map', '[jpeg]', ...each],
      // The clock of RTP, in place of rounding time stamps to the frame rate.
      ...['-enc_time_base', '1:90000'],
      ...['-c:v', 'mjpeg', '-q:v', String(JPEG_QUALITY), '-f', 'tee'],
    ])
    .output(`pipe:${LUMA_FD}`)
    .outputOptions(['-map', '[grey]', ...each, '-c:v', 'rawvideo', '-f', 'rawvideo']);
  const global = ['-hide_banner', '-loglevel', 'level+warning', '-nostats'];
  return [...global, ...argumentsOf(command)];
}

function addInput(
  command: FfmpegCommand.FfmpegCommand,
  source: CameraSource,
  decode: DecodeSettings,
  binary: FfmpegBinary,
  input: string,
): void {
  const keyframesOnly = decode.mode === 'keyframes' ? ['-skip_frame', 'nokey'] : [];
  const live = [
    // Without `-fflags nobuffer`: it throws away what was read for probing, and the first keyframe with it.
    ...['-flags', 'low_delay'],
    ...['-probesize', String(PROBE_BYTES * decode.probe)],
    ...['-analyzeduration', String(PROBE_US * decode.probe)],
  ];
  switch (source.kind) {
    case 'rtsp':
      command.input(input).inputOptions([
        ...ONE_THREAD,
        // What a server names must not make ffmpeg open anything else.
        ...['-protocol_whitelist', 'tcp'],
        ...['-rtsp_transport', 'tcp'],
        ...(source.transport === 'udp' ? ['-reorder_queue_size', String(REORDERED_PACKETS)] : []),
        ...(binary.rtspOptions.has('allowed_media_types') ? ['-allowed_media_types', 'video'] : []),
        ...live,
        ...keyframesOnly,
      ]);
      return;
    case 'hls':
      command.input(input).inputOptions([
        ...ONE_THREAD,
        // `crypto` is for segments that are encrypted with a key of the playlist.
        ...['-protocol_whitelist', 'http,tcp,crypto'],
        // The newest segment in place of the third newest.
        ...['-f', 'hls', '-live_start_index', '-1'],
        ...live,
        ...keyframesOnly,
      ]);
      return;
    case 'mjpeg':
    case 'snapshot':
      command.input(input).inputOptions([
        ...ONE_THREAD,
        // Pictures over HTTP have no time of their own.
        ...['-use_wallclock_as_timestamps', '1'],
        ...['-protocol_whitelist', 'http,tcp', '-f', 'mpjpeg'],
      ]);
      return;
    case 'file':
      command.input(`file:${input}`).inputOptions([
        ...ONE_THREAD,
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

/** From the decoded frame to the picture, and from that to the grey plane: masks are in both, and it is scaled once. */
function graph(source: CameraSource, decode: DecodeSettings): string {
  const distinct = givesPictures(source) ? [DISTINCT] : [];
  const chosen = source.kind !== 'pattern' && decode.mode === 'all' ? [everyNth(decode.fps)] : [];
  // Rounds to even numbers, never enlarges. `bicubic` is the default of all versions but 4, which has another here.
  const scale = `scale=w='trunc(min(${decode.maxWidthPx},iw)/2)*2':h=-2:flags=bicubic`;
  const masked = scaledWithMasks(decode.masks, scale);
  const picture = [...distinct, FORWARD_ONLY, ...chosen, masked, 'split[jpeg][small]'];
  return `[0:v:0]${picture.join(',')};[small]scale=${LUMA_WIDTH}:${LUMA_HEIGHT}:flags=area,format=gray[grey]`;
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
 * last interval. Where the picture's size changes, ffmpeg begins the graph anew and forgets the shift; behind a clock
 * that was set back this ends it, and the session opens the stream again.
 */
const FORWARD_ONLY =
  "setpts='if(isnan(PREV_INPTS),0,if(lte(PTS,PREV_INPTS)," +
  "st(0,ld(0)+PREV_INPTS-PTS+max(ld(1),1)),st(1,PTS-PREV_INPTS)));PTS+ld(0)'";

/**
 * ffmpeg counts the time of pictures over HTTP in 25ths of a second: of two with the same time one is left out, as
 * FORWARD_ONLY would shift all that follow, again and again.
 */
const DISTINCT = "select='isnan(prev_pts)+gt(abs(pts-prev_pts),0)'";

/** fluent-ffmpeg is our builder only: its own way of running ffmpeg opens a second session and kills without TEARDOWN. */
function argumentsOf(command: FfmpegCommand.FfmpegCommand): string[] {
  // Not part of its types, so the version is pinned and a test holds the result.
  return (command as unknown as { _getArguments(): string[] })._getArguments();
}
