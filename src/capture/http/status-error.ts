import { CameraError } from '../../shared/errors';
import type { AfterRefusal } from '../rtsp/authenticate';

const LOGIN_ADVICE =
  'Check user and password in the camera node. The next try comes late, so that the camera does not lock its user out.';

/** What an HTTP status other than 2xx means for a camera. */
export function statusError(status: number): CameraError {
  const detail = `HTTP status ${status}`;
  switch (status) {
    case 401:
    case 403:
      return new CameraError('CAMERA_AUTH', 'The camera refuses access to this address.', {
        retryable: true,
        advice: LOGIN_ADVICE,
        detail,
      });
    case 404:
    case 410:
      return new CameraError('CAMERA_NOT_FOUND', 'The camera does not know this path.', {
        retryable: true,
        advice: 'Check the part of the address behind the host: it names the stream or picture.',
        detail,
      });
    case 429:
    case 503:
      return new CameraError('CAMERA_BUSY', 'The camera takes no more requests now.', {
        retryable: true,
        advice: 'Close other viewers of this camera, or ask for pictures less often.',
        detail,
      });
    default:
      return new CameraError('CAMERA_PROTOCOL', `The camera answers with HTTP status ${status}.`, {
        retryable: true,
        advice: 'Check the address; open it in a browser.',
        detail,
      });
  }
}

/** Why a login was given up. */
export function loginError(after: Exclude<AfterRefusal, 'send-again'>): CameraError {
  const message = {
    'no-credentials': 'The camera asks for a user and a password.',
    'unknown-scheme': 'The camera asks for a login of a kind that is not known here.',
    'wrong-password': 'The camera refuses the user or password.',
  }[after];
  const advice = after === 'unknown-scheme' ? 'Set its authentication to Digest or Basic.' : LOGIN_ADVICE;
  return new CameraError('CAMERA_AUTH', message, { retryable: true, advice });
}
