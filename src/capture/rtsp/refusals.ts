import { CameraError } from '../../shared/errors';
import { CAMERA_WORDS } from '../camera-words';

/** The errors that end a feed over RTSP. All may pass by themselves, unless told otherwise. */

type Worded = keyof typeof CAMERA_WORDS;

function worded(code: Worded, detail: string): CameraError {
  const { message, advice } = CAMERA_WORDS[code];
  return new CameraError(code, message, { retryable: true, advice, detail });
}

/** RFC 2326, section 11: those that cameras give when they have no session or bandwidth left (ingest.md §1 row 9). */
const BUSY = [429, 453, 500, 503];

/** What it means that the camera answered with an error. */
export function refusal(status: number, method: string): CameraError {
  const detail = `${method} was answered with ${status}.`;
  if (status === 401 || status === 403) return worded('CAMERA_AUTH', detail);
  if (status === 404) return worded('CAMERA_NOT_FOUND', detail);
  if (BUSY.includes(status)) return worded('CAMERA_BUSY', detail);
  return new CameraError('CAMERA_PROTOCOL', `The camera answers with the error ${status}.`, {
    retryable: true,
    advice: CAMERA_WORDS.CAMERA_PROTOCOL.advice,
    detail,
  });
}

export function loginWanted(): CameraError {
  return new CameraError('CAMERA_AUTH', 'The camera wants a user and a password, and none is set.', {
    retryable: true,
    advice: 'Enter both in the camera node.',
  });
}

export function loginUnknown(): CameraError {
  return new CameraError('CAMERA_AUTH', 'The camera asks for a kind of login that is not known here.', {
    retryable: true,
    advice: 'Set the camera to Digest (MD5 or SHA-256) or Basic authentication for RTSP.',
  });
}

export function noAnswer(method: string, waitedMs: number): CameraError {
  const seconds = Math.round(waitedMs / 100) / 10;
  return new CameraError(
    'CAMERA_NETWORK',
    `The camera accepts connections, but gave no answer in ${seconds} s.`,
    {
      retryable: true,
      advice:
        'Restart the camera if this stays. For a camera that is slow to start, raise the time it may take.',
      detail: `No answer to ${method}.`,
    },
  );
}

/** The camera closed before it had played. */
export function closedEarly(how: 'closed' | 'reset', answers: number): CameraError {
  return new CameraError('CAMERA_NETWORK', `The camera ${how} the connection before it sent video.`, {
    retryable: true,
    advice: 'Check the port in the address. Some cameras do this while they start, or when too many watch.',
    detail:
      answers === 0 ? `Connection ${how} before any answer.` : `Connection ${how} after ${answers} answers.`,
  });
}

/** The camera closed while it played. */
export function lost(how: 'closed' | 'reset'): CameraError {
  return worded('CAMERA_LOST', `Connection ${how} by the camera.`);
}

export function notRtsp(detail: string): CameraError {
  return worded('CAMERA_PROTOCOL', detail);
}

export function noVideo(): CameraError {
  return worded('CAMERA_NO_VIDEO', 'The description of the stream has no video.');
}

/** @param host where the camera sends us */
export function sentElsewhere(host: string): CameraError {
  return new CameraError('CAMERA_REFUSED', `The camera sends us to another host, ${host}.`, {
    advice: 'If this is right, use the address of that host in the camera node.',
  });
}

export function sentToPlain(): CameraError {
  return new CameraError('CAMERA_REFUSED', 'The camera sends us from a secure address to one that is not.', {
    advice: 'Switch the redirect off in the camera, or use its rtsp:// address if you trust the network.',
  });
}

export function sentInCircles(): CameraError {
  return new CameraError('CAMERA_REFUSED', 'The camera sends us from one address to the next without end.', {
    advice: 'Use the address of the stream itself in the camera node.',
  });
}

export function udpSilent(): CameraError {
  return new CameraError('CAMERA_UDP', 'Nothing arrives from the camera over UDP.', {
    retryable: true,
    advice: 'A firewall may be in between. TCP is used for the next try.',
  });
}

/** ffmpeg was expected on loopback, and did not come. */
export function nobodyCame(): CameraError {
  return new CameraError('CAMERA_LOST', 'ffmpeg did not come for the stream.', {
    retryable: true,
    advice: 'This machine may be overloaded, or forbid connections on 127.0.0.1.',
  });
}

/** A part of this machine failed that should not. */
export function broken(reason: string): CameraError {
  return new CameraError('CAMERA_LOST', 'The stream of the camera could not be passed on.', {
    retryable: true,
    advice: 'It is opened again. If this stays, see whether this machine has ports and descriptors left.',
    detail: reason,
  });
}
