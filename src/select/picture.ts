import { InputError } from '../shared/errors';
import { type CommonPictureType, commonPictureType } from '../shared/picture';

/**
 * The picture in a payload, told by its first bytes.
 *
 * @throws InputError INPUT_NOT_IMAGE where it is not a JPEG, PNG or WebP picture in a Buffer
 */
export function pictureOf(payload: unknown): { picture: Buffer; type: CommonPictureType } {
  if (!Buffer.isBuffer(payload))
    throw notPicture(payload === undefined ? 'nothing' : `a payload of type ${typeof payload}`);
  const type = commonPictureType(payload);
  if (!type) throw notPicture(`${payload.length} bytes of something else`);
  return { picture: payload, type };
}

/** The error for a payload that is no picture. `got` goes on from "carries"; `detail` is technical, for support. */
export function notPicture(got: string, detail = ''): InputError {
  return new InputError('INPUT_NOT_IMAGE', `The message must carry a picture, but carries ${got}.`, {
    advice: 'Send a JPEG, PNG or WebP picture as a Buffer in msg.payload.',
    detail,
  });
}
