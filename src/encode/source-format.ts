/** Formats of pictures that the encoder reads. */
export type SourceFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif';

/**
 * The format of a picture, from its first bytes; null where they are of none that is read here.
 *
 * Everything else is refused before an image library sees it: a vector picture or a PDF could refer to files
 * of this machine, and no camera sends one.
 */
export function sourceFormat(data: Buffer): SourceFormat | null {
  const found = SIGNATURES.find(({ at, bytes }) => data.subarray(at, at + bytes.length).equals(bytes));
  return found?.format ?? null;
}

const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** Where each format's own mark stands. */
const SIGNATURES: readonly { format: SourceFormat; at: number; bytes: Buffer }[] = [
  { format: 'jpeg', at: 0, bytes: latin1('\xff\xd8\xff') }, // ITU-T T.81: SOI and the next marker
  { format: 'png', at: 0, bytes: latin1('\x89PNG\r\n\x1a\n') }, // W3C PNG, 5.2
  { format: 'webp', at: 8, bytes: latin1('WEBP') }, // RFC 9649, 2.3
  { format: 'gif', at: 0, bytes: latin1('GIF8') }, // GIF89a, 17
  { format: 'tiff', at: 0, bytes: latin1('II*\0') }, // TIFF 6.0, section 2
  { format: 'tiff', at: 0, bytes: latin1('MM\0*') },
  { format: 'avif', at: 4, bytes: latin1('ftypavif') }, // ISO/IEC 23000-22, 9.1
];
