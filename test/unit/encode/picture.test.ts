import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import type { PictureOptions } from '../../../src/encode/options';
import { encodePicture } from '../../../src/encode/picture';
import { type EncodeCode, EncodeError } from '../../../src/shared/errors';
import { colourAt, frameOf, plainPicture, redAndBlue, UNCHANGED } from './pictures';

const encode = (data: Buffer, changes: Partial<PictureOptions> = {}) =>
  encodePicture([frameOf(data)], { ...UNCHANGED, ...changes });

/** Turned by 90° as phones and some cameras store it: upright it is `height × width`, red at the top. */
async function sideways(width: number, height: number): Promise<Buffer> {
  const picture = await (await redAndBlue(width, height)).png().toBuffer();
  return sharp(picture).withMetadata({ orientation: 6 }).jpeg().toBuffer();
}

function failsWith(code: EncodeCode) {
  return (error: unknown) =>
    error instanceof EncodeError && error.code === code && error.cause.advice.length > 0;
}

describe('encodePicture, of one frame', () => {
  it('hands on a picture that needs no change as the very Buffer that came', async () => {
    const source = await plainPicture({ width: 640, height: 360 }).jpeg({ quality: 95 }).toBuffer();
    const picture = await encode(source, { maxWidthPx: 640, quality: 10 });
    assert.equal(picture.data, source);
    assert.deepEqual(
      { ...picture, data: null },
      {
        data: null,
        type: 'image/jpeg',
        width: 640,
        height: 360,
        bytes: source.length,
        tokens: 389,
        masked: false,
      },
    );
  });

  it('shrinks to the limits, and leaves the Buffer that came as it is', async () => {
    const source = await (await redAndBlue(1280, 720)).jpeg().toBuffer();
    const before = Buffer.from(source);
    const picture = await encode(source, { maxWidthPx: 640, maxHeightPx: 200 });
    assert.deepEqual([picture.width, picture.height], [356, 200]);
    const { width, height, format } = await sharp(picture.data).metadata();
    assert.deepEqual([width, height, format], [356, 200, 'jpeg']);
    assert.ok(source.equals(before));
  });

  it('never enlarges', async () => {
    const source = await plainPicture({ width: 320, height: 180 }).png().toBuffer();
    const { width, height } = await encode(source, { maxWidthPx: 640 });
    assert.deepEqual([width, height], [320, 180]);
  });

  it('crops before it shrinks', async () => {
    const source = await (await redAndBlue(400, 200)).jpeg().toBuffer();
    const picture = await encode(source, {
      crop: { x: 0.5, y: 0, width: 0.5, height: 1 },
      maxWidthPx: 100,
    });
    assert.deepEqual([picture.width, picture.height], [100, 100]);
    assert.equal(await colourAt(picture.data, 0.1, 0.5), 'blue');
  });

  it('turns a picture upright as EXIF says, crops it as it is seen, and drops the metadata', async () => {
    const source = await sideways(200, 100);
    const upright = await encode(source);
    assert.deepEqual([upright.width, upright.height], [100, 200]);
    assert.equal(await colourAt(upright.data, 0.5, 0.1), 'red');
    assert.equal(await colourAt(upright.data, 0.5, 0.9), 'blue');
    const { exif, orientation } = await sharp(upright.data).metadata();
    assert.deepEqual([exif, orientation], [undefined, undefined]);

    const top = await encode(source, { crop: { x: 0, y: 0, width: 1, height: 0.4 }, maxWidthPx: 50 });
    assert.deepEqual([top.width, top.height], [50, 40]);
    assert.equal(await colourAt(top.data, 0.5, 0.95), 'red');
  });

  for (const format of ['jpeg', 'png', 'webp'] as const) {
    it(`writes ${format}`, async () => {
      const source = await plainPicture({}).gif().toBuffer();
      const picture = await encode(source, { format });
      assert.equal(picture.type, `image/${format}`);
      assert.equal((await sharp(picture.data).metadata()).format, format);
    });
  }

  it('makes smaller files of lower quality', async () => {
    const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
    const source = await sharp({
      create: { width: 300, height: 200, channels: 3, background: '#888', noise },
    })
      .png()
      .toBuffer();
    for (const format of ['jpeg', 'webp'] as const) {
      const low = await encode(source, { format, quality: 20 });
      const high = await encode(source, { format, quality: 90 });
      assert.ok(low.bytes < high.bytes / 2, `${format}: ${low.bytes} and ${high.bytes}`);
    }
  });

  it('keeps the colours of a PNG, whatever the quality', async () => {
    const source = await sharp(await (await redAndBlue(64, 32)).png().toBuffer())
      .resize(60)
      .png()
      .toBuffer();
    const picture = await encode(source, { format: 'png', quality: 1, maxWidthPx: 59 });
    assert.equal((await sharp(picture.data).metadata()).isPalette, false);
  });

  it('shows what is transparent as white in a JPEG', async () => {
    const clear = { r: 0, g: 0, b: 0, alpha: 0 };
    const source = await sharp({ create: { width: 20, height: 20, channels: 4, background: clear } })
      .png()
      .toBuffer();
    assert.equal(await colourAt((await encode(source)).data, 0.5, 0.5), 'white');
  });

  it('takes the first picture of an animation, even where the format is the one wanted', async () => {
    const frames = [
      await plainPicture({ colour: '#f00' }).png().toBuffer(),
      await plainPicture({ colour: '#00f' }).png().toBuffer(),
    ];
    const source = await sharp(frames, { join: { animated: true } })
      .webp()
      .toBuffer();
    assert.equal((await sharp(source).metadata()).pages, 2);
    const picture = await encode(source, { format: 'webp' });
    assert.equal((await sharp(picture.data).metadata()).pages ?? 1, 1);
    assert.equal(await colourAt(picture.data, 0.5, 0.5), 'red');
  });

  it('makes plain colours of a CMYK picture, which many models cannot read', async () => {
    const source = await plainPicture({}).toColourspace('cmyk').jpeg().toBuffer();
    assert.equal((await sharp(source).metadata()).space, 'cmyk');
    assert.equal((await sharp((await encode(source)).data).metadata()).space, 'srgb');
  });

  it('says whether privacy masks were drawn', async () => {
    const data = await plainPicture({}).jpeg().toBuffer();
    assert.equal((await encodePicture([frameOf(data, { masked: true })], UNCHANGED)).masked, true);
  });

  it('tells ENCODE_CROP where nothing is left', async () => {
    const source = await plainPicture({ width: 64, height: 36 }).jpeg().toBuffer();
    await assert.rejects(
      encode(source, { crop: { x: 0.5, y: 0.5, width: 0.001, height: 0.5 } }),
      failsWith('ENCODE_CROP'),
    );
  });

  it('tells ENCODE_FAILED for a picture that is cut off or damaged', async () => {
    const source = await (await redAndBlue(640, 360)).jpeg().toBuffer();
    const half = source.subarray(0, source.length / 2);
    await assert.rejects(encode(half, { maxWidthPx: 64 }), failsWith('ENCODE_FAILED'));
    const junk = Buffer.concat([source.subarray(0, 4), Buffer.alloc(500)]);
    await assert.rejects(encode(junk), failsWith('ENCODE_FAILED'));
  });

  it('refuses a small file that unpacks to gigabytes', async () => {
    const bomb = await plainPicture({ width: 9000, height: 9000 }).png({ compressionLevel: 9 }).toBuffer();
    assert.ok(bomb.length < 1_000_000);
    await assert.rejects(encode(bomb, { maxWidthPx: 640 }), (error) => {
      assert.ok(failsWith('ENCODE_FAILED')(error));
      assert.match((error as Error).message, /too large/);
      return true;
    });
  });
});

describe('encodePicture, of several frames', () => {
  const SHEET: PictureOptions = { ...UNCHANGED, sheetFrames: 4, maxWidthPx: 400, format: 'png' };
  const plain = (colour: string) => plainPicture({ width: 320, height: 180, colour }).jpeg().toBuffer();

  it('puts them in reading order within the limits, and names their times', async () => {
    const colours = ['#f00', '#00f', '#00f', '#f00'];
    const frames = await Promise.all(
      colours.map(async (colour, index) => frameOf(await plain(colour), { time: index * 1000 })),
    );
    const picture = await encodePicture(frames, SHEET);
    assert.deepEqual([picture.width, picture.height], [400, 224]);
    assert.deepEqual(picture.times, [0, 1000, 2000, 3000]);
    assert.equal(picture.tokens, 148);
    const seen = await Promise.all(
      [
        [0.25, 0.3],
        [0.75, 0.3],
        [0.25, 0.8],
        [0.75, 0.8],
      ].map(([x, y]) => colourAt(picture.data, x as number, y as number)),
    );
    assert.deepEqual(seen, ['red', 'blue', 'blue', 'red']);
    const { width, height, channels } = await sharp(picture.data).metadata();
    assert.deepEqual([width, height, channels], [400, 224, 3]);
  });

  it('draws the time of capture, in the time zone of the camera, into each cell', async () => {
    const data = await plain('#f00');
    const at = async (time: number, timeZone: string) =>
      (await encodePicture([frameOf(data, { time, timeZone })], SHEET)).data.toString('base64');
    const noon = Date.UTC(2026, 10, 22, 12);
    assert.equal(await colourAt((await encodePicture([frameOf(data)], SHEET)).data, 0.002, 0.01), 'black');
    assert.notEqual(await at(noon, 'UTC'), await at(noon + 1000, 'UTC'));
    assert.equal(await at(noon, 'Europe/Berlin'), await at(noon + 3_600_000, 'UTC'));
  });

  it('puts bars beside a frame of another shape, and crops each frame', async () => {
    const upright = await plainPicture({ width: 90, height: 180, colour: '#f00' }).jpeg().toBuffer();
    const frames = [frameOf(upright), frameOf(await plain('#00f'), { time: 1 })];
    const picture = await encodePicture(frames, { ...SHEET, sheetColumns: 2, maxWidthPx: 0 });
    assert.deepEqual([picture.width, picture.height], [642, 180]);
    assert.equal(await colourAt(picture.data, 0.02, 0.5), 'black');
    assert.equal(await colourAt(picture.data, 0.25, 0.5), 'red');
    assert.equal(await colourAt(picture.data, 0.75, 0.5), 'blue');

    const cropped = await encodePicture(frames, {
      ...SHEET,
      maxWidthPx: 0,
      crop: { x: 0, y: 0, width: 0.5, height: 0.5 },
      sheetColumns: 1,
    });
    assert.deepEqual([cropped.width, cropped.height], [160, 182]);
  });

  it('takes frames in shades of grey beside coloured ones', async () => {
    const grey = await plainPicture({ width: 320, height: 180 }).greyscale().jpeg().toBuffer();
    const picture = await encodePicture([frameOf(grey), frameOf(await plain('#00f'))], SHEET);
    assert.equal(await colourAt(picture.data, 0.75, 0.5), 'blue');
  });

  it('tells ENCODE_FAILED where one of the frames is damaged', async () => {
    const good = await plain('#f00');
    const frames = [frameOf(good.subarray(0, 300)), frameOf(good)];
    await assert.rejects(encodePicture(frames, SHEET), failsWith('ENCODE_FAILED'));
  });
});
