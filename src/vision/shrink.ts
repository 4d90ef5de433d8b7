import sharp from 'sharp';
import type { VisionRequest } from './client';
import type { SeriesPicture } from './series';

/** One tile of OpenAI's older models, and a quarter of what most others bill for 1280 (reference §1.2). */
const SAVING_WIDTH_PX = 512;

/** A smaller copy of a picture, for when money runs short. One that is small already is given back as it is. */
export async function shrink(picture: VisionRequest['picture']): Promise<VisionRequest['picture']> {
  const image = sharp(picture.data, { limitInputPixels: 100_000_000 });
  const { width = 0 } = await image.metadata();
  if (width <= SAVING_WIDTH_PX) return picture;
  return {
    data: await image.resize({ width: SAVING_WIDTH_PX }).jpeg({ quality: 80 }).toBuffer(),
    type: 'image/jpeg',
  };
}

/** A request with smaller pictures. A sheet is then made of those. */
export async function shrunk(
  request: VisionRequest,
  smaller: (picture: VisionRequest['picture']) => Promise<VisionRequest['picture']>,
): Promise<VisionRequest> {
  const { series } = request;
  const picture = await smaller(request.picture);
  if (!series) return { ...request, picture };
  const all: SeriesPicture[] = [];
  // One after the other, as a sheet is made.
  for (const one of series)
    all.push({ ...one, ...((await smaller(one)) as Pick<SeriesPicture, 'data' | 'type'>) });
  return { ...request, picture, series: all };
}
