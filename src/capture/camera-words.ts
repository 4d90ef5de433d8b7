import type { CameraCode } from '../shared/errors';

interface Words {
  /** What happened. */
  message: string;
  /** What to do. */
  advice: string;
}

/** The same words for the same cause, whether ffmpeg met it or we did. */
export const CAMERA_WORDS = {
  CAMERA_AUTH: {
    message: 'The camera refuses the user or password.',
    advice:
      'Check both in the camera node. The next try comes late, so that the camera does not lock its user out.',
  },
  CAMERA_NOT_FOUND: {
    message: 'The camera does not know this path.',
    advice: 'Check the part of the address behind the host: it names the stream or channel.',
  },
  CAMERA_BUSY: {
    message: 'The camera has no session left.',
    advice: 'Close other viewers of this camera or recorder, or raise its limit of sessions.',
  },
  CAMERA_NO_VIDEO: {
    message: 'No video was found in the stream.',
    advice: 'Check that the address names a video stream. Slow cameras are read longer at the next try.',
  },
  CAMERA_NETWORK: {
    message: 'The camera cannot be reached.',
    advice: 'Check its power, the network, and the host and port in the address.',
  },
  CAMERA_PROTOCOL: {
    message: 'What answers at this address does not speak as expected.',
    advice: 'Check host, port and path. A reset connection and a wrong kind of file look the same.',
  },
  CAMERA_LOST: {
    message: 'The stream of the camera ended.',
    advice: 'The camera was restarted or the network was cut. It is opened again.',
  },
} as const satisfies Partial<Record<CameraCode, Words>>;
