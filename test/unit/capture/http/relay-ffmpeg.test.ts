import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { JpegScanner } from '../../../../src/capture/http/jpeg-scanner';
import { systemClock } from '../../../../src/shared/clock';
import { needs } from '../../../fixtures/needs';
import { waitFor } from '../../../fixtures/wait';
import { relayFor } from './relay-bench';
import { ScriptedServer } from './scripted-server';

const FFMPEG = process.env.FFMPEG_PATH ?? 'ffmpeg';
const skip = needs('ffmpeg', spawnSync(FFMPEG, ['-version']).status === 0);

const PICTURES = ['-use_wallclock_as_timestamps', '1', '-protocol_whitelist', 'http,tcp', '-f', 'mpjpeg'];
const HLS = [
  '-protocol_whitelist',
  'http,tcp,crypto',
  '-f',
  'hls',
  '-live_start_index',
  '-1',
  '-analyzeduration',
  '100000',
];

/** Runs the real ffmpeg on a relay's address, and counts the pictures that it decodes. */
function decode(t: TestContext, url: string, input: string[]): { frames: number; text: string } {
  const seen = { frames: 0, text: '' };
  // Counted anew: mpjpeg gives pictures within 40 ms the same time stamp, with which the encoder would end.
  const output = ['-map', '0:v:0', '-vf', 'setpts=N', '-vsync', '0', '-enc_time_base', '-1', '-threads', '1'];
  const child = spawn(
    FFMPEG,
    [
      ...['-v', 'error', '-threads', '1', ...input, '-i', url],
      ...[...output, '-c:v', 'mjpeg', '-flush_packets', '1', '-f', 'image2pipe', 'pipe:1'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const scanner = new JpegScanner();
  child.stdout.on('data', (chunk: Buffer) => {
    seen.frames += scanner.push(chunk).length;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    seen.text = (seen.text + chunk).slice(-2000);
  });
  t.after(() => child.kill('SIGKILL'));
  return seen;
}

async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = await new ScriptedServer(answer).start();
  t.after(() => server.stop());
  return `http://127.0.0.1:${server.port}`;
}

describe('the real ffmpeg on a relay', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-'));
  after(() => rmSync(folder, { recursive: true }));
  const read = (name: string) => readFileSync(join(folder, name));

  before(() => {
    const scene = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=10'];
    const run = (...args: string[]) =>
      execFileSync(FFMPEG, ['-v', 'error', '-y', ...scene, ...args], { cwd: folder });
    run('-frames:v', '3', '%d.jpg');
    const hls = '-t 30 -c:v libx264 -preset ultrafast -g 10 -f hls -hls_time 1 -hls_list_size 0'.split(' ');
    run(...hls, '-hls_segment_filename', '%d.ts', 'ts.m3u8');
    run(...hls, '-hls_segment_type', 'fmp4', '-hls_segment_filename', '%d.m4s', 'mp4.m3u8');
    assert.ok(readdirSync(folder).length > 60);
  });

  it('decodes a snapshot at once, though the next one comes an hour later', async (t) => {
    const url = await serve(t, (_request, response) => response.end(read('1.jpg')));
    const { relay } = relayFor(t, systemClock, { kind: 'snapshot', url: `${url}/`, everyMs: 3_600_000 });
    const seen = decode(t, await relay.open(), PICTURES);
    await waitFor('a frame', 20_000, () => seen.frames === 1);
    assert.equal(relay.traffic.pictures, 1);
    assert.equal(seen.text, '');
  });

  it('decodes each picture of an MJPEG stream when it comes, though boundary and lengths are wrong', async (t) => {
    let send: (name: string) => void = () => {};
    const url = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace' }).flushHeaders();
      send = (name) => {
        response.write('--x\r\nContent-Length: 7\r\n\r\n');
        response.write(read(name));
      };
    });
    const { relay } = relayFor(t, systemClock, { kind: 'mjpeg', url: `${url}/` });
    const seen = decode(t, await relay.open(), PICTURES);
    for (const count of [1, 2, 3]) {
      send(`${count}.jpg`);
      await waitFor(`frame ${count}`, 20_000, () => seen.frames === count);
    }
    assert.equal(seen.text, '');
  });

  const key = Buffer.alloc(16, 7);
  const iv = Buffer.alloc(16, 9);
  const encrypted = (plain: Buffer) => {
    const cipher = createCipheriv('aes-128-cbc', key, iv);
    return Buffer.concat([cipher.update(plain), cipher.final()]);
  };
  const kinds: [what: string, tags: string, segment: (index: number) => Buffer][] = [
    ['MPEG-TS', '', (index) => read(`${index}.ts`)],
    ['fragments of MP4', '#EXT-X-MAP:URI="init.bin"\n', (index) => read(`${index}.m4s`)],
    [
      'encrypted MPEG-TS',
      `#EXT-X-KEY:METHOD=AES-128,URI="the-key",IV=0x${iv.toString('hex')}\n`,
      (index) => encrypted(read(`${index}.ts`)),
    ],
  ];
  for (const [what, tags, segment] of kinds) {
    it(`decodes HLS of ${what}, whose segments have odd names`, async (t) => {
      let newest = 1;
      const url = await serve(t, ({ url: path = '' }, response) => {
        const index = /(\d+)\.bin$/.exec(path)?.[1];
        if (path === '/live') {
          // It goes on with each request.
          newest++;
          const sequence = newest - 2;
          const segments = [0, 1, 2].map((each) => `#EXTINF:1,\n${sequence + each}.bin\n`).join('');
          response.end(
            `#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:${sequence}\n${tags}${segments}`,
          );
        } else if (path === '/the-key') response.end(key);
        else response.end(index ? segment(Number(index)) : read('init.mp4'));
      });
      const { relay, ends } = relayFor(t, systemClock, { kind: 'hls', url: `${url}/live` });
      const seen = decode(t, await relay.open(), HLS);
      await waitFor('frames of two segments', 30_000, () => seen.frames >= 12);
      assert.equal(ends.length, 0);
      assert.equal(seen.text, '');
    });
  }
});
