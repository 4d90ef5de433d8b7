import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecodeSettings, ffmpegArgs } from '../../../src/capture/ffmpeg-args';
import type { FfmpegBinary } from '../../../src/capture/ffmpeg-binary';
import type { CameraSource, RtspSource } from '../../../src/capture/source';
import { SYSTEM_TRUST } from '../../../src/capture/source';
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
const KEYFRAMES: DecodeSettings = { mode: 'keyframes', fps: 2, maxWidthPx: 1280, probe: 1 };
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

const GLOBAL = '-hide_banner -loglevel level+error -nostats';
const READ_RTSP = (timeout: string) =>
  `-threads 1 -rtsp_transport tcp ${timeout} 15000000 -allowed_media_types video -flags low_delay ` +
  '-probesize 500000 -analyzeduration 1000000';
const NTH = "select='isnan(prev_selected_t)+gte(t-prev_selected_t,0.4950)',";
const FORWARD_ONLY =
  "setpts='if(isnan(PREV_INPTS),0,if(lte(PTS,PREV_INPTS)," +
  "st(0,ld(0)+PREV_INPTS-PTS+max(ld(1),1)),st(1,PTS-PREV_INPTS)));PTS+ld(0)',";
const WRITE = (passthrough: string, select = '') =>
  `-y -map 0:v:0 -an -vf ${FORWARD_ONLY}${select}scale=w='trunc(min(1280,iw)/2)*2':h=-2 ${passthrough} -enc_time_base -1 ` +
  '-threads 1 -c:v mjpeg -q:v 4 -f tee [f=image2pipe]pipe:1|[f=framecrc]pipe:4 ' +
  `-map 0:v:0 -an -vf ${FORWARD_ONLY}${select}scale=160:90:flags=area,format=gray ${passthrough} -threads 1 -c:v rawvideo -f rawvideo pipe:3`;

/** What is asked · the arguments. They hold no space of their own, except in a path. */
const SNAPSHOTS: [string, string[], string][] = [
  [
    'RTSP keyframes with ffmpeg 4',
    ffmpegArgs(RTSP, KEYFRAMES, V4),
    `${GLOBAL} ${READ_RTSP('-stimeout')} -skip_frame nokey -i rtsp://admin:p%40ss@cam/live ${WRITE('-vsync 0')}`,
  ],
  [
    'RTSP keyframes with ffmpeg 5.1 and later',
    ffmpegArgs(RTSP, KEYFRAMES, V5),
    `${GLOBAL} ${READ_RTSP('-timeout')} -skip_frame nokey -i rtsp://admin:p%40ss@cam/live ${WRITE('-fps_mode passthrough')}`,
  ],
  [
    'RTSP, all frames, with ffmpeg 4',
    ffmpegArgs(RTSP, ALL, V4),
    `${GLOBAL} ${READ_RTSP('-stimeout')} -i rtsp://admin:p%40ss@cam/live ${WRITE('-vsync 0', NTH)}`,
  ],
  [
    'RTSP, all frames, with ffmpeg 5.1 and later',
    ffmpegArgs(RTSP, ALL, V5),
    `${GLOBAL} ${READ_RTSP('-timeout')} -i rtsp://admin:p%40ss@cam/live ${WRITE('-fps_mode passthrough', NTH)}`,
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

test('an address is one argument behind -i, so that no part of it is an option', () => {
  const args = ffmpegArgs({ ...RTSP, url: 'rtsp://cam/-i' }, KEYFRAMES, V5);
  assert.equal(args.filter((arg) => arg === '-i').length, 1);
  assert.equal(args[args.indexOf('-i') + 1], 'rtsp://admin:p%40ss@cam/-i');
  const file = ffmpegArgs(FILE, KEYFRAMES, V5, '-y http://elsewhere');
  assert.equal(file[file.indexOf('-i') + 1], 'file:-y http://elsewhere');
});

test('a slow camera is read longer before it counts as one without video', () => {
  const args = ffmpegArgs(RTSP, { ...KEYFRAMES, probe: 8 }, V5);
  assert.equal(args[args.indexOf('-probesize') + 1], '4000000');
  assert.equal(args[args.indexOf('-analyzeduration') + 1], '8000000');
});

test('an ffmpeg without the filter for media types is not given it', () => {
  const args = ffmpegArgs(RTSP, KEYFRAMES, { ...V5, rtspOptions: new Set() });
  assert.ok(!args.includes('-allowed_media_types'));
});

test('the transport, the rate and the width are those of the settings', () => {
  const text = ffmpegArgs({ ...RTSP, transport: 'udp' }, { ...ALL, fps: 0.5, maxWidthPx: 640 }, V5).join(' ');
  assert.match(text, /-rtsp_transport udp/);
  assert.match(text, /gte\(t-prev_selected_t,1\.9950\)/);
  assert.match(text, /min\(640,iw\)/);
});
