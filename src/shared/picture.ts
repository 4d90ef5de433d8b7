/** Formats that are read somewhere here. */
export type PictureType = CommonPictureType | 'image/gif' | 'image/tiff' | 'image/avif';

/** Formats that every model takes. */
export type CommonPictureType = 'image/jpeg' | 'image/png' | 'image/webp';

/** A small file can unpack to gigabytes. 64 megapixels are twice an 8K camera, and 200 MB in memory. */
export const MAX_PICTURE_PIXELS = 64_000_000;

/**
 * What a picture is, from its first bytes; null where they are of no format that is read here.
 *
 * Everything else is refused before an image library sees it: a vector picture or a PDF could refer to files
 * of this machine, and no camera sends one.
 */
export function pictureType(data: Buffer): PictureType | null {
  const found = MARKS.find(({ at, mark }) => data.subarray(at, at + mark.length).equals(mark));
  return found?.type ?? null;
}

/** As {@link pictureType}, for the formats that every model takes. */
export function commonPictureType(data: Buffer): CommonPictureType | null {
  const type = pictureType(data);
  return type === 'image/jpeg' || type === 'image/png' || type === 'image/webp' ? type : null;
}

const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** Where each format's own mark stands. */
const MARKS: readonly { type: PictureType; at: number; mark: Buffer }[] = [
  { type: 'image/jpeg', at: 0, mark: latin1('\xff\xd8\xff') }, // ITU-T T.81, B.1.1.3: SOI and the next marker
  { type: 'image/png', at: 0, mark: latin1('\x89PNG\r\n\x1a\n') }, // W3C PNG, 5.2
  { type: 'image/webp', at: 8, mark: latin1('WEBP') }, // RFC 9649, 2.4
  { type: 'image/gif', at: 0, mark: latin1('GIF8') }, // GIF89a, 17
  { type: 'image/tiff', at: 0, mark: latin1('II*\0') }, // TIFF 6.0, section 2
  { type: 'image/tiff', at: 0, mark: latin1('MM\0*') },
  { type: 'image/avif', at: 4, mark: latin1('ftypavif') }, // ISO/IEC 23000-22, 9.1
];
