import { jpegSize } from '../capture/jpeg-size';
import type { CommonPictureType } from '../shared/picture';

/** Width and height in pixels. */
export interface PictureSize {
  width: number;
  height: number;
}

/** Size of a picture from its header; null where that cannot be read. Nothing is decoded. */
export function pictureSize(data: Buffer, type: CommonPictureType): PictureSize | null {
  const size = readers[type](data);
  return size && size.width > 0 && size.height > 0 ? size : null;
}

const readers: Record<CommonPictureType, (data: Buffer) => PictureSize | null> = {
  'image/jpeg': jpegSize,
  'image/png': pngSize,
  'image/webp': webpSize,
};

/** W3C PNG, 11.2.2: IHDR is the first chunk. */
function pngSize(data: Buffer): PictureSize | null {
  if (data.length < 24 || data.toString('latin1', 12, 16) !== 'IHDR') return null;
  return { width: data.readUInt32BE(16), height: data.readUInt32BE(20) };
}

/** RFC 9649, 2.5 to 2.7, and RFC 6386, 9.1: lossy, lossless, and with an extended header. */
function webpSize(data: Buffer): PictureSize | null {
  if (data.length < 30) return null;
  switch (data.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: data.readUInt16LE(26) & 0x3fff, height: data.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = data.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: data.readUIntLE(24, 3) + 1, height: data.readUIntLE(27, 3) + 1 };
    default:
      return null;
  }
}
