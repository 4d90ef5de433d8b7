import sharp, { type Sharp } from 'sharp';
import type { PictureOptions } from '../../../src/encode/options';
import type { SourceFrame } from '../../../src/encode/source-frame';

/** Settings that change nothing about a JPEG. */
export const UNCHANGED: PictureOptions = {
  maxWidthPx: 0,
  maxHeightPx: 0,
  crop: { x: 0, y: 0, width: 1, height: 1 },
  format: 'jpeg',
  quality: 80,
  tokenModel: 'openai-patch-mini',
  sheetFrames: 1,
  sheetColumns: 0,
};

/** A picture of one colour. */
export function plainPicture({ width = 64, height = 36, colour = '#808080' }): Sharp {
  return sharp({ create: { width, height, channels: 3, background: colour } });
}

/** A JPEG whose left half is red and whose right half is blue. */
export async function redAndBlue(width: number, height: number): Promise<Sharp> {
  const half = await plainPicture({ width: width / 2, height, colour: '#f00' })
    .png()
    .toBuffer();
  return plainPicture({ width, height, colour: '#00f' }).composite([{ input: half, left: 0, top: 0 }]);
}

/** A frame as it waits to be encoded. */
export function frameOf(data: Buffer, changes: Partial<SourceFrame> = {}): SourceFrame {
  return { data, time: 0, timeZone: 'UTC', masked: false, urgent: false, ...changes };
}

export type Colour = 'red' | 'blue' | 'black' | 'white' | 'other';

/** The colour at a place (0 to 1 from the top left corner) of an encoded picture. */
export async function colourAt(picture: Buffer, x: number, y: number): Promise<Colour> {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at =
    (Math.floor(y * (info.height - 1)) * info.width + Math.floor(x * (info.width - 1))) * info.channels;
  const [red, green, blue] = [...data.subarray(at, at + 3)].map((level) =>
    level > 200 ? 'high' : level < 55 ? 'low' : 'mid',
  );
  const named: Record<string, Colour> = {
    'high low low': 'red',
    'low low high': 'blue',
    'low low low': 'black',
    'high high high': 'white',
  };
  return named[`${red} ${green} ${blue}`] ?? 'other';
}
