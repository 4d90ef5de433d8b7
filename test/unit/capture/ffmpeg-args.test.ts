import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecodeSettings, ffmpegArgs } from '../../../src/capture/ffmpeg-args';
import type { FfmpegBinary } from '../../../src/capture/ffmpeg-binary';
import { markOf, thisOwner } from '../../../src/capture/mark';
import {
  type CameraSource,
  type HttpSource,
  type RtspSource,
  SYSTEM_TRUST,
} from '../../../src/capture/source';
import { patternGraph } from '../../../src/capture/test-pattern';

const V4: FfmpegBinary = {
  path: '/usr/bin/ffmpeg',
  version: '4.1',
  hasFpsMode: false,
  rtspOptions: new Set(['rtsp_transport', 'allowed_media_types', 'timeout', 'stimeout']),
};
const V5: FfmpegBinary = {
  path: '/usr/bin/ffmpeg',
  version: '5.1.9',
  hasFpsMode: true,
  rtspOptions: new Set(['rtsp_transport', 'allowed_media_types', 'timeout']),
};
const KEYFRAMES: DecodeSettings = {
  mode: 'keyframes',
  fps: 2,
  maxWidthPx: 1280,
  probe: 1,
  masks: [],
  once: false,
};
const ALL: DecodeSettings = { ...KEYFRAMES, mode: 'all' };
const RTSP: RtspSource = {
  kind: 'rtsp',
  url: 'rtsp://cam/live',
  user: 'admin',
  password: 'p@ss',
  transport: 'tcp',
  tls: SYSTEM_TRUST,
};
const FILE: CameraSource = { kind: 'file', path: '/data', pace: 'live', loop: true };

const HTTP: HttpSource = {
  kind: 'hls',
  url: 'https://cam/live',
  user: 'admin',
  password: 'p@ss',
  tls: SYSTEM_TRUST,
  everyMs: 1000,
};
/** Where a feed waits for ffmpeg. */
const FEED = 'rtsp://127.0.0.1:4711/live';
const RELAY = 'http://127.0.0.1:4711/live';

const GLOBAL = '-hide_banner -loglevel level+warning -nostats';
const READ_RTSP =
  '-threads 1 -protocol_whitelist tcp -rtsp_transport tcp -allowed_media_types video -flags low_delay ' +
  '-probesize 500000 -analyzeduration 1000000';
const NTH = "select='isnan(prev_selected_t)+gte(t-prev_selected_t,0.4950)',";
const FORWARD_ONLY =
  "setpts='if(isnan(PREV_INPTS),0,if(lte(PTS,PREV_INPTS)," +
  "st(0,ld(0)+PREV_INPTS-PTS+max(ld(1),1)),st(1,PTS-PREV_INPTS)));PTS+ld(0)',";
const WRITE = (passthrough: string, select = '', first = '') =>
  `-y -metadata ${markOf(thisOwner)} -filter_complex_threads 1 -filter_complex ` +
  `[0:v:0]${first}${FORWARD_ONLY}${select}scale=w='trunc(min(1280,iw)/2)*2':h=-2:flags=bicubic,split[jpeg][small];` +
  '[small]scale=160:90:flags=area,format=gray[grey] ' +
  `-map [jpeg] ${passthrough} -threads 1 -enc_time_base 1:90000 ` +
  '-c:v mjpeg -q:v 4 -f tee [f=image2pipe]pipe:1|[f=framecrc]pipe:4 ' +
  `-map [grey] ${passthrough} -threads 1 -c:v rawvideo -f rawvideo pipe:3`;

/** What is asked · the arguments. They hold no space of their own, except in a path. */
const SNAPSHOTS: [string, string[], string][] = [
  [
    'RTSP keyframes with ffmpeg 4',
    ffmpegArgs(RTSP, KEYFRAMES, V4, FEED),
    `${GLOBAL} ${READ_RTSP} -skip_frame nokey -i ${FEED} ${WRITE('-vsync 0')}`,
  ],
  [
    'RTSP keyframes with ffmpeg 5.1 and later',
    ffmpegArgs(RTSP, KEYFRAMES, V5, FEED),
    `${GLOBAL} ${READ_RTSP} -skip_frame nokey -i ${FEED} ${WRITE('-fps_mode passthrough')}`,
  ],
  [
    'RTSP, all frames, with ffmpeg 4',
    ffmpegArgs(RTSP, ALL, V4, FEED),
    `${GLOBAL} ${READ_RTSP} -i ${FEED} ${WRITE('-vsync 0', NTH)}`,
  ],
  [
    'RTSP, all frames, with ffmpeg 5.1 and later',
    ffmpegArgs(RTSP, ALL, V5, FEED),
    `${GLOBAL} ${READ_RTSP} -i ${FEED} ${WRITE('-fps_mode passthrough', NTH)}`,
  ],
  [
    'keyframes of a recording at its own pace',
    ffmpegArgs(FILE, KEYFRAMES, V5, '/data/-i a.mp4'),
    `${GLOBAL} -threads 1 -protocol_whitelist file,pipe -re -skip_frame nokey -i file:/data/-i a.mp4 ${WRITE('-fps_mode passthrough')}`,
  ],
  [
    'all frames of a recording at full speed',
    ffmpegArgs({ ...FILE, pace: 'fast' }, ALL, V4, '/data/a.mp4'),
    `${GLOBAL} -threads 1 -protocol_whitelist file,pipe -i file:/data/a.mp4 ${WRITE('-vsync 0', NTH)}`,
  ],
  [
    'an HLS playlist',
    ffmpegArgs(HTTP, KEYFRAMES, V5, RELAY),
    `${GLOBAL} -threads 1 -protocol_whitelist http,tcp,crypto -f hls -live_start_index -1 -flags low_delay -probesize 500000 ` +
      `-analyzeduration 1000000 -skip_frame nokey -i ${RELAY} ${WRITE('-fps_mode passthrough')}`,
  ],
  [
    'MJPEG over HTTP, in which every picture is a keyframe',
    ffmpegArgs({ ...HTTP, kind: 'mjpeg' }, ALL, V4, RELAY),
    `${GLOBAL} -threads 1 -use_wallclock_as_timestamps 1 -protocol_whitelist http,tcp -f mpjpeg -i ${RELAY} ` +
      WRITE('-vsync 0', NTH, "select='isnan(prev_pts)+gt(abs(pts-prev_pts),0)',"),
  ],
  [
    'the test pattern, whatever the mode',
    ffmpegArgs({ kind: 'pattern' }, ALL, V5),
    `${GLOBAL} -re -f lavfi -i ${patternGraph(2)} ${WRITE('-fps_mode passthrough')}`,
  ],
];

for (const [what, args, expected] of SNAPSHOTS) {
  test(`the arguments for ${what}`, () => {
    assert.deepEqual(args.join(' ').split(' '), expected.split(' '));
  });
}

test('what is opened is one argument behind -i, so that no part of it is an option', () => {
  const args = ffmpegArgs(RTSP, KEYFRAMES, V5, 'rtsp://127.0.0.1:1/-i');
  assert.equal(args.filter((arg) => arg === '-i').length, 1);
  assert.equal(args[args.indexOf('-i') + 1], 'rtsp://127.0.0.1:1/-i');
  const file = ffmpegArgs(FILE, KEYFRAMES, V5, '-y http://elsewhere');
  assert.equal(file[file.indexOf('-i') + 1], 'file:-y http://elsewhere');
});

test('neither the address of the camera nor its user or password is in the arguments', () => {
  for (const source of [RTSP, HTTP, { ...HTTP, kind: 'snapshot' as const }]) {
    const text = ffmpegArgs(source, KEYFRAMES, V5, FEED).join(' ');
    assert.doesNotMatch(text, /admin|p@ss|p%40ss|\bcam\b/);
  }
});

test('a slow camera is read longer before it counts as one without video', () => {
  const args = ffmpegArgs(RTSP, { ...KEYFRAMES, probe: 8 }, V5, FEED);
  assert.equal(args[args.indexOf('-probesize') + 1], '4000000');
  assert.equal(args[args.indexOf('-analyzeduration') + 1], '8000000');
});

test('an ffmpeg without the filter for media types is not given it', () => {
  const args = ffmpegArgs(RTSP, KEYFRAMES, { ...V5, rtspOptions: new Set() }, FEED);
  assert.ok(!args.includes('-allowed_media_types'));
});

test('the rate and the width are those of the settings', () => {
  const text = ffmpegArgs(RTSP, { ...ALL, fps: 0.5, maxWidthPx: 640 }, V5, FEED).join(' ');
  assert.match(text, /gte\(t-prev_selected_t,1\.9950\)/);
  assert.match(text, /min\(640,iw\)/);
});

test('packets that came over UDP are put in order by ffmpeg, which reads them over TCP', () => {
  const args = ffmpegArgs({ ...RTSP, transport: 'udp' }, KEYFRAMES, V5, FEED);
  assert.equal(args[args.indexOf('-rtsp_transport') + 1], 'tcp');
  assert.equal(args[args.indexOf('-reorder_queue_size') + 1], '32');
});

test('a still ends both streams after one picture', () => {
  const args = ffmpegArgs(RTSP, { ...KEYFRAMES, once: true }, V5, FEED);
  assert.equal(args.filter((arg) => arg === '-frames:v').length, 2);
});
