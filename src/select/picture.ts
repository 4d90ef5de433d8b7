import { InputError } from '../shared/errors';

export type PictureType = 'image/jpeg' | 'image/png' | 'image/webp';

/**
 * The picture in a payload, told by its first bytes.
 *
 * @throws InputError INPUT_NOT_IMAGE where it is not a JPEG, PNG or WebP picture in a Buffer
 */
export function pictureOf(payload: unknown): { picture: Buffer; type: PictureType } {
  if (!Buffer.isBuffer(payload))
    throw notPicture(payload === undefined ? 'nothing' : `a payload of type ${typeof payload}`);
  const found = MARKS.find(({ at, mark }) => payload.subarray(at, at + mark.length).equals(mark));
  if (!found) throw notPicture(`${payload.length} bytes of something else`);
  return { picture: payload, type: found.type };
}

/** The error for a payload that is no picture. `got` goes on from "carries"; `detail` is technical, for support. */
export function notPicture(got: string, detail = ''): InputError {
  return new InputError('INPUT_NOT_IMAGE', `The message must carry a picture, but carries ${got}.`, {
    advice: 'Send a JPEG, PNG or WebP picture as a Buffer in msg.payload.',
    detail,
  });
}

/** Where each format's own mark stands. */
const MARKS: readonly { type: PictureType; at: number; mark: Buffer }[] = [
  { type: 'image/jpeg', at: 0, mark: Buffer.from('ffd8ff', 'hex') }, // ITU-T T.81, B.1.1.3: SOI and the next marker
  { type: 'image/png', at: 0, mark: Buffer.from('89504e470d0a1a0a', 'hex') }, // W3C PNG, 5.2
  { type: 'image/webp', at: 8, mark: Buffer.from('WEBP', 'latin1') }, // RFC 9649, 2.4
];
