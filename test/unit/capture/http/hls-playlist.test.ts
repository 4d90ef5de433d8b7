import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HandedOut } from '../../../../src/capture/http/handed-out';
import {
  chooseVariant,
  codecOf,
  type MediaPlaylist,
  parsePlaylist,
  type Variant,
} from '../../../../src/capture/http/hls-playlist';
import { newestSegments, writePlaylist } from '../../../../src/capture/http/hls-rewrite';

const BASE = 'http://cam.example/live/index.m3u8?token=1';

function media(...lines: string[]): MediaPlaylist {
  const playlist = parsePlaylist(['#EXTM3U', ...lines].join('\n'), BASE);
  assert.ok(playlist.media);
  return playlist.media;
}

function variant(height: number | null, bandwidth: number, codecs = ''): Variant {
  return { url: `http://cam/${height}-${bandwidth}`, height, bandwidth, codecs };
}

describe('an HLS playlist', () => {
  it('is rewritten so that every address leads to the relay', () => {
    const text = writePlaylist(
      media(
        '#EXT-X-VERSION:7',
        '#EXT-X-TARGETDURATION:4',
        '#EXT-X-MEDIA-SEQUENCE:17',
        '#EXT-X-PLAYLIST-TYPE:EVENT',
        '#EXT-X-PART:DURATION=1,URI="part.mp4"',
        '#EXT-X-SESSION-DATA:DATA-ID="x",URI="data.json"',
        '#EXT-X-MAP:URI="init.bin",BYTERANGE="720@0"',
        '#EXT-X-KEY:METHOD=AES-128,URI="https://keys.example/1?a=1,2",IV=0x1',
        '#EXTINF:4.0,a title',
        'a.bin?x=1',
        '#EXT-X-DISCONTINUITY',
        '#EXT-X-KEY:METHOD=NONE',
        '#EXTINF:3.5,',
        '#EXT-X-BYTERANGE:100@10',
        '/other/b.bin',
        '#EXT-X-BYTERANGE:50',
        '//cdn.example/other/b.bin',
        '#EXT-X-BYTERANGE:50',
        '//cdn.example/other/b.bin',
        '#EXT-X-ENDLIST',
      ),
      (url, ending) => `<${url}>.${ending}`,
    );
    assert.deepEqual(text.trim().split('\n'), [
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-TARGETDURATION:4',
      '#EXT-X-MEDIA-SEQUENCE:17',
      '#EXT-X-KEY:METHOD=AES-128,IV=0x1,URI="<https://keys.example/1?a=1,2>.key"',
      '#EXT-X-MAP:BYTERANGE="720@0",URI="<http://cam.example/live/init.bin>.mp4"',
      '#EXTINF:4,',
      '<http://cam.example/live/a.bin?x=1>.m4s',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-KEY:METHOD=NONE',
      '#EXTINF:3.5,',
      '#EXT-X-BYTERANGE:100@10',
      '<http://cam.example/other/b.bin>.m4s',
      '#EXTINF:4,',
      '#EXT-X-BYTERANGE:50@0',
      '<http://cdn.example/other/b.bin>.m4s',
      '#EXTINF:4,',
      '#EXT-X-BYTERANGE:50@50',
      '<http://cdn.example/other/b.bin>.m4s',
      '#EXT-X-ENDLIST',
    ]);
  });

  it('is cut to its newest segments, which keep their number and key', () => {
    const all = media(
      ...['#EXT-X-MEDIA-SEQUENCE:5', '#EXT-X-KEY:METHOD=AES-128,URI="k"'],
      ...['a.ts', 'b.ts', 'c.ts'],
    );
    const text = writePlaylist(newestSegments(all, 1), (url) => url.replace(/.*\//, ''));
    assert.match(text, /MEDIA-SEQUENCE:7\n#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXTINF:10,\nc\.ts\n$/);
  });

  it('gives MPEG-TS its ending where there is no map', () => {
    assert.match(
      writePlaylist(media('#EXTINF:1,', 'x.bin'), (_url, ending) => ending),
      /\nts\n/,
    );
  });

  const refused: [what: string, text: string, code: string][] = [
    ['a web page', '<html>', 'CAMERA_PROTOCOL'],
    ['nothing', '', 'CAMERA_PROTOCOL'],
    ['a file', '#EXTM3U\nfile:///etc/passwd', 'CAMERA_REFUSED'],
    [
      'a key in a file',
      '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/passwd"\na.ts',
      'CAMERA_REFUSED',
    ],
    ['a protocol of ffmpeg', '#EXTM3U\nconcat:a|b', 'CAMERA_REFUSED'],
    ['an address that is none', '#EXTM3U\nhttp://[', 'CAMERA_PROTOCOL'],
    ['too many segments', `#EXTM3U\n${'a.ts\n'.repeat(10_001)}`, 'CAMERA_PROTOCOL'],
  ];
  for (const [what, text, code] of refused) {
    it(`is refused where it is ${what}`, () => assert.throws(() => parsePlaylist(text, BASE), { code }));
  }
});

describe('of several qualities', () => {
  const cases: [what: string, variants: Variant[], expected: number][] = [
    ['the lowest bandwidth with 480 lines', [variant(1080, 5e6), variant(480, 1e6), variant(240, 2e5)], 1],
    ['the cheaper of two that are enough', [variant(720, 9e5), variant(480, 1e6)], 0],
    ['the highest where none has 480', [variant(240, 2e5), variant(360, 5e5)], 1],
    ['the highest bandwidth where no heights are told', [variant(null, 1e5), variant(null, 3e5)], 1],
    ['the only one', [variant(null, 0)], 0],
  ];
  for (const [what, variants, expected] of cases) {
    it(`${what} is chosen`, () => assert.equal(chooseVariant(variants), variants[expected]));
  }

  it('the list tells height, bandwidth and codec', () => {
    const text =
      '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI="audio.m3u8",GROUP-ID="a",NAME="a"\n' +
      '#EXT-X-STREAM-INF:BANDWIDTH=1500,CODECS="mp4a.40.2,hvc1.1",RESOLUTION=1280x720\nv/720.m3u8\n' +
      '#EXT-X-STREAM-INF:BANDWIDTH=500\n\n/low.m3u8\n';
    const { variants } = parsePlaylist(text, BASE);
    assert.deepEqual(variants, [
      { url: 'http://cam.example/live/v/720.m3u8', bandwidth: 1500, height: 720, codecs: 'mp4a.40.2,hvc1.1' },
      { url: 'http://cam.example/low.m3u8', bandwidth: 500, height: null, codecs: '' },
    ]);
    assert.deepEqual(variants?.map(codecOf), ['h265', null]);
    assert.equal(codecOf(variant(1, 1, 'avc1.4d401f')), 'h264');
  });
});

describe('HandedOut', () => {
  it('forgets what the playlist before the last one named, over months', () => {
    const handedOut = new HandedOut();
    let name = '';
    for (let round = 0; round < 10_000; round++) {
      handedOut.nextRound();
      name = handedOut.nameOf(`http://cam/${round}.ts`, 'ts');
      handedOut.nameOf(`http://cam/${round + 1}.ts`, 'ts');
    }
    assert.equal(handedOut.urlOf(name), 'http://cam/9999.ts');
    assert.equal(handedOut.size, 3);
    assert.equal(handedOut.urlOf('1.ts'), undefined);
  });

  it('keeps the name of an address from one playlist to the next', () => {
    const handedOut = new HandedOut();
    const name = handedOut.nameOf('http://cam/a', 'ts');
    handedOut.nextRound();
    assert.equal(handedOut.nameOf('http://cam/a', 'ts'), name);
  });
});
