import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { firstVideo } from '../../../../src/capture/rtsp/sdp';

const SESSION = ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=Media Presentation', 'c=IN IP4 0.0.0.0', 't=0 0'];
const AUDIO = ['m=audio 0 RTP/AVP 0', 'a=control:trackID=2', 'a=rtpmap:0 PCMU/8000'];
const VIDEO = ['m=video 0 RTP/AVP 96', 'b=AS:5000', 'a=control:trackID=1', 'a=rtpmap:96 H264/90000'];
const METADATA = [
  'm=application 0 RTP/AVP 107',
  'a=control:trackID=3',
  'a=rtpmap:107 vnd.onvif.metadata/90000',
];

function read(...lines: string[]) {
  return firstVideo(`${lines.join('\r\n')}\r\n`, 'video');
}

describe('the description of a stream', () => {
  test('only the first video is left of it', () => {
    const second = VIDEO.map((line) => line.replace('trackID=1', 'trackID=9'));
    const video = read(...SESSION, 'a=control:*', ...AUDIO, ...VIDEO, ...METADATA, ...second);
    assert.deepEqual(video, {
      codec: 'h264',
      clockRate: 90_000,
      control: { session: '*', video: 'trackID=1' },
      sdp: [...SESSION, ...VIDEO.filter((line) => !line.includes('control')), 'a=control:video', ''].join(
        '\r\n',
      ),
    });
  });

  for (const [name, lines] of [
    ['sound alone', [...SESSION, ...AUDIO]],
    ['no track', SESSION],
    ['nothing', []],
  ] as const)
    test(`${name} is no video`, () => assert.equal(read(...lines), null));

  const codecs: [string, string[], string, number][] = [
    ['H.265', ['m=video 0 RTP/AVP 98', 'a=rtpmap:98 H265/90000'], 'h265', 90_000],
    ['HEVC', ['m=video 0 RTP/AVP 98', 'a=rtpmap:98 HEVC/90000'], 'h265', 90_000],
    ['JPEG by its number', ['m=video 0 RTP/AVP 26'], 'mjpeg', 90_000],
    ['JPEG by its name', ['m=video 0 RTP/AVP 26', 'a=rtpmap:26 JPEG/90000'], 'mjpeg', 90_000],
    ['another', ['m=video 0 RTP/AVP 97', 'a=rtpmap:97 MP4V-ES/1000'], 'mp4v-es', 1000],
    ['the map of another type', ['m=video 0 RTP/AVP 96', 'a=rtpmap:97 JPEG/90000'], 'unknown', 90_000],
    [
      'the first of two types',
      ['m=video 0 RTP/AVP 98 96', 'a=rtpmap:96 H264/90000', 'a=rtpmap:98 H265/90000'],
      'h265',
      90_000,
    ],
  ];
  for (const [name, lines, codec, clockRate] of codecs)
    test(`codec: ${name}`, () => {
      const video = read(...SESSION, ...lines);
      assert.deepEqual([video?.codec, video?.clockRate], [codec, clockRate]);
    });

  test('spaces at line ends and bare line feeds are no harm', () => {
    const video = firstVideo([...SESSION, ...VIDEO].map((line) => `${line} \n`).join(''), 'video');
    assert.equal(video?.control.video, 'trackID=1');
    assert.ok(video?.sdp.includes('a=rtpmap:96 H264/90000\r\n'));
  });

  test('a description without control says so', () => {
    assert.deepEqual(read(...SESSION, 'm=video 0 RTP/AVP 26')?.control, { session: null, video: null });
  });
});
