import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import sharp from 'sharp';
import { ffmpegArgs } from '../../../src/capture/ffmpeg-args';
import { type FfmpegBinary, findFfmpeg } from '../../../src/capture/ffmpeg-binary';
import { FrameLog } from '../../../src/capture/frame-log';
import { scaledWithMasks } from '../../../src/capture/mask-filter';
import type { PrivacyMask } from '../../../src/capture/privacy-mask';
import { needs } from '../../fixtures/needs';

/** To run it with another version: FFMPEG_PATH. */
const FFMPEG = process.env.FFMPEG_PATH ?? 'ffmpeg';

const TRIANGLE: PrivacyMask['points'] = [
  [0.25, 0.2],
  [0.8, 0.45],
  [0.35, 0.85],
];
/** Concave, and one corner touches an edge. */
const ARROW: PrivacyMask['points'] = [
  [0.2, 0.2],
  [0.8, 0.2],
  [0.5, 0.5],
  [0.8, 0.8],
  [0.2, 0.8],
  [0.2, 0.5],
];

test('the most masks with the most corners fit into one argument of a process, which Linux limits to 128 kB', () => {
  const masks = Array.from({ length: 20 }, (_, n): PrivacyMask => {
    const points = Array.from({ length: 50 }, (_, i): [number, number] => [
      n / 22 + (i % 2) * 0.04 + 0.0003 * i,
      i / 49,
    ]);
    return { points, style: n % 2 ? 'black' : 'blur' };
  });
  for (const some of [masks, masks.slice(0, 3), masks.slice(0, 1)]) {
    const { length } = scaledWithMasks(some, 'scale=1280:-2');
    assert.ok(length < 100_000, `${length} characters`);
  }
});

describe('privacy masks in the pictures that ffmpeg gives', {
  skip: needs('ffmpeg', spawnSync(FFMPEG, ['-version']).status === 0),
}, () => {
  let folder: string;
  let binary: FfmpegBinary;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'v2l-masks-'));
    binary = await findFfmpeg({
      configured: FFMPEG.includes('/') ? FFMPEG : '',
      env: process.env,
      bundled: null,
    });
  });
  after(() => rmSync(folder, { recursive: true }));

  /** A recording of one picture without loss: luma by pixel, and one tone of both colours by block of 2 × 2. */
  function record(
    size: string,
    luma: (x: number, y: number) => number,
    tone: typeof luma = () => 128,
  ): string {
    const [width, height] = size.split('x').map(Number) as [number, number];
    const plane = (columns: number, rows: number, value: typeof luma) =>
      Buffer.from(
        Array.from({ length: columns * rows }, (_, n) => value(n % columns, Math.floor(n / columns))),
      );
    const colour = plane(Math.ceil(width / 2), Math.ceil(height / 2), tone);
    const head = `YUV4MPEG2 W${width} H${height} F5:1 Ip A1:1 C420jpeg\nFRAME\n`;
    const file = join(folder, 'picture.y4m');
    writeFileSync(file, Buffer.concat([Buffer.from(head), plane(width, height, luma), colour, colour]));
    return file;
  }

  /** A recording of 25 white pictures that can be joined with another one. */
  function whiteRecording(size: string): Buffer {
    const file = join(folder, 'white.ts');
    const made = spawnSync(binary.path, [
      ...[
        '-hide_banner',
        '-v',
        'error',
        '-y',
        '-f',
        'lavfi',
        '-i',
        `color=white:s=${size}:r=25,format=yuv420p`,
      ],
      ...['-t', '1', '-c:v', 'mpeg2video', '-g', '1', '-q:v', '2', file],
    ]);
    assert.equal(made.status, 0, `${made.stderr}`);
    return readFileSync(file);
  }

  /** Decodes a file as a camera's stream is decoded; grey values of all JPEGs, and the grey planes. */
  async function decode(file: string, masks: PrivacyMask[], maxWidthPx = 1280) {
    const paths = ['jpeg', 'text', 'grey', 'log'].map((name) => join(folder, name));
    const fds = paths.map((path) => openSync(path, 'w'));
    const args = ffmpegArgs(
      { kind: 'file', path: folder, pace: 'fast', loop: false },
      { mode: 'keyframes', fps: 1, maxWidthPx, probe: 1, masks, once: false },
      binary,
      file,
    );
    const { status } = spawnSync(binary.path, args, { stdio: ['ignore', ...fds] });
    for (const fd of fds) closeSync(fd);
    const [jpegs, text, grey, log] = paths.map((path) => readFileSync(path)) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    assert.equal(status, 0, `${text}`);
    const pictures = [];
    let at = 0;
    for (const { bytes } of new FrameLog().push(log)) {
      const { data, info } = await sharp(jpegs.subarray(at, at + bytes))
        .raw()
        .toBuffer({ resolveWithObject: true });
      pictures.push({ data, width: info.width, height: info.height, channels: info.channels });
      at += bytes;
    }
    assert.equal(at, jpegs.length);
    assert.equal(grey.length, pictures.length * 160 * 90);
    return { pictures, grey, jpegs };
  }

  type Picture = Awaited<ReturnType<typeof decode>>['pictures'][number];

  /** Brightest colours of the pixels whose middle lies in the polygon. */
  function inside({ data, width, height, channels }: Picture, points: PrivacyMask['points']): number[] {
    const values: number[] = [];
    for (let n = 0; n < width * height; n++) {
      const [x, y] = [n % width, Math.floor(n / width)];
      if (!isInside(points, (x + 0.5) / width, (y + 0.5) / height)) continue;
      values.push(Math.max(...data.subarray(n * channels, (n + 1) * channels)));
    }
    assert.ok(values.length > 100);
    return values;
  }

  /** Whether some part of a pixel lies in the polygon. */
  function touches(points: PrivacyMask['points'], size: string) {
    const [width, height] = size.split('x').map(Number) as [number, number];
    const parts = [0.001, 0.5, 0.999];
    const hidden = Array.from({ length: width * height }, (_, n) => {
      const [x, y] = [n % width, Math.floor(n / width)];
      return parts.some((dx) => parts.some((dy) => isInside(points, (x + dx) / width, (y + dy) / height)));
    });
    return (x: number, y: number) => x < width && (hidden[y * width + x] ?? false);
  }

  function isInside(points: PrivacyMask['points'], x: number, y: number): boolean {
    let odd = false;
    points.forEach(([ax, ay], index) => {
      const [bx, by] = points[(index + 1) % points.length] as [number, number];
      if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) odd = !odd;
    });
    return odd;
  }

  const share = (values: number[], is: (value: number) => boolean) =>
    values.filter(is).length / values.length;

  const noise = (x: number, y: number, seed: number) =>
    16 + ((x * 7919 + y * 104_729 + seed * 15_485_863) % 220);

  for (const size of ['480x270', '161x121']) {
    for (const [name, points] of Object.entries({ TRIANGLE, ARROW })) {
      test(`black: what is under the ${name.toLowerCase()} changes no byte that leaves ffmpeg, at ${size}`, async () => {
        const isHidden = touches(points, size);
        const scene = (seed: number) =>
          record(
            size,
            (x, y) => noise(x, y, isHidden(x, y) ? seed : 1),
            (x, y) => {
              const block = [0, 1].some((dx) => [0, 1].some((dy) => isHidden(2 * x + dx, 2 * y + dy)));
              return noise(x, y, block ? seed : 1);
            },
          );
        const masks: PrivacyMask[] = [{ points, style: 'black' }];
        for (const maxWidthPx of [1280, 200]) {
          const one = await decode(scene(2), masks, maxWidthPx);
          const other = await decode(scene(3), masks, maxWidthPx);
          assert.ok(one.jpegs.equals(other.jpegs), `the picture of at most ${maxWidthPx} pixels`);
          assert.ok(one.grey.equals(other.grey), 'the grey plane');
        }
        const open = [await decode(scene(2), []), await decode(scene(3), [])];
        assert.ok(!open[0]?.jpegs.equals(open[1]?.jpegs ?? Buffer.alloc(0)), 'without a mask it does');
      });
    }
  }

  test('beside a mask the picture is as it was', async () => {
    const scene = record('640x360', (x, y) => noise(x >> 3, y >> 3, 1));
    const masked = await decode(scene, [{ points: TRIANGLE, style: 'black' }]);
    const open = await decode(scene, []);
    const [a, b] = [masked.pictures[0], open.pictures[0]] as [Picture, Picture];
    // The mask begins at a fifth of the height.
    const rows = 64 * 640 * 3;
    assert.ok(a.data.subarray(0, rows).equals(b.data.subarray(0, rows)));
    assert.ok(masked.grey.subarray(0, 16 * 160).equals(open.grey.subarray(0, 16 * 160)));
  });

  test('blur: of stripes nothing is left inside, and everything outside', async () => {
    const stripes = (shift: number) => record('640x360', (x) => ((x + shift) % 16 < 8 ? 235 : 16));
    const masks: PrivacyMask[] = [{ points: TRIANGLE, style: 'blur' }];
    const [picture] = (await decode(stripes(0), masks)).pictures as [Picture];
    // Without the edge, where the JPEG mixes in what is beside.
    const middle = TRIANGLE.map(([x, y]): [number, number] => [
      0.467 + (x - 0.467) * 0.7,
      0.5 + (y - 0.5) * 0.7,
    ]);
    const values = inside(picture, middle);
    assert.ok(
      values.every((value) => value > 90 && value < 165),
      'grey',
    );
    const row = [...picture.data.subarray(0, 600)];
    assert.ok(Math.max(...row) > 220 && Math.min(...row) < 30, 'outside they are as sharp as before');
    const shifted = await decode(stripes(8), masks);
    const others = inside(shifted.pictures[0] as Picture, middle);
    const most = others.reduce((far, value, n) => Math.max(far, Math.abs(value - (values[n] as number))), 0);
    assert.ok(most <= 4, `black for white and white for black look the same inside, but for ${most} of 255`);
    assert.ok(Math.abs((shifted.grey[45 * 160 + 70] as number) - 126) < 8, 'the grey plane is blurred too');
  });

  test('blur: what lies under a black mask is in no blurred one beside it', async () => {
    const left = rectangle(0, 0, 0.5, 1);
    const masks: PrivacyMask[] = [
      { points: left, style: 'black' },
      { points: rectangle(0.5, 0, 0.7, 1), style: 'blur' },
    ];
    const scene = (light: number) => record('640x360', (x) => (x < 320 ? light : 16));
    const [bright, dark] = [await decode(scene(235), masks), await decode(scene(16), masks)];
    assert.ok(bright.jpegs.equals(dark.jpegs) && bright.grey.equals(dark.grey));
  });

  for (const style of ['black', 'blur'] as const) {
    for (const sizes of [
      ['640x360', '320x240'],
      ['320x240', '640x360'],
    ]) {
      test(`${style}: the mask stays where it is when the stream changes from ${sizes.join(' to ')}`, async () => {
        const file = join(folder, 'joined.ts');
        writeFileSync(file, Buffer.concat(sizes.map(whiteRecording)));
        const corner: PrivacyMask = { points: rectangle(0, 0, 0.1, 0.1), style: 'black' };
        const { pictures } = await decode(file, [corner, { points: TRIANGLE, style }]);
        assert.ok(pictures.length >= 40, `${pictures.length} pictures`);
        const [first] = pictures as [Picture];
        for (const picture of [first, pictures[24], pictures[26], pictures.at(-1)] as Picture[]) {
          assert.deepEqual([picture.width, picture.height], [first.width, first.height]);
          const [covered, black] = [inside(picture, TRIANGLE), inside(picture, corner.points)];
          // White is white when it is blurred, and at the edges the JPEG adds waves of its own.
          assert.equal(share(covered, (value) => value < 64) > 0.9, style === 'black');
          assert.ok(share(black, (value) => value < 64) > 0.8);
          assert.ok((picture.data.at(-1) as number) > 240);
        }
      });
    }
  }
});

function rectangle(left: number, top: number, right: number, bottom: number): PrivacyMask['points'] {
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}
