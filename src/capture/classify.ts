import { type CameraCode, CameraError } from '../shared/errors';

interface TextClass {
  pattern: RegExp;
  code: CameraCode;
  message: string;
  advice: string;
}

/**
 * What ffmpeg prints, and what it means (texts of 4.1, 5.1 and 7.1; reference/ingest.md §1a). The first that fits
 * counts. Its exit code tells nothing: a lost camera ends it with 0.
 */
const CLASSES: TextClass[] = [
  {
    pattern: /failed: 40[13]|401 Unauthorized|403 Forbidden/,
    code: 'CAMERA_AUTH',
    message: 'The camera refuses the user or password.',
    advice:
      'Check both in the camera node. The next try comes late, so that the camera does not lock its user out.',
  },
  {
    pattern: /failed: 404|404 (Stream )?Not Found|Server returned 404/i,
    code: 'CAMERA_NOT_FOUND',
    message: 'The camera does not know this path.',
    advice: 'Check the part of the address behind the host: it names the stream or channel.',
  },
  {
    pattern: /failed: (453|500|503|429)/,
    code: 'CAMERA_BUSY',
    message: 'The camera has no session left.',
    advice: 'Close other viewers of this camera or recorder, or raise its limit of sessions.',
  },
  {
    pattern: /certificate|\bTLS\b|handshake/i,
    code: 'CAMERA_TLS',
    message: 'No secure connection to the camera could be made.',
    advice: 'Check the certificate of the camera, or use rtsp:// within a network that you trust.',
  },
  {
    pattern: /does not contain any stream|matches no streams/,
    code: 'CAMERA_NO_VIDEO',
    message: 'No video was found in the stream.',
    advice: 'Check that the address names a video stream. Slow cameras are read longer at the next try.',
  },
  {
    pattern: /Unrecognized option|Option .* not found|Error (parsing|splitting) /,
    code: 'CAMERA_FFMPEG_OPTION',
    message: 'This ffmpeg does not understand an option that is needed.',
    advice: 'Use ffmpeg 4.1 or later. If it is, please report this with the version of your ffmpeg.',
  },
  {
    pattern:
      /Connection refused|No route|resolve host|Name or service|Connection reset|timed out|Network is unreachable|Broken pipe/i,
    code: 'CAMERA_NETWORK',
    message: 'The camera cannot be reached.',
    advice: 'Check its power, the network, and the host and port in the address.',
  },
  {
    pattern: /No such file or directory|Permission denied|Is a directory/,
    code: 'CAMERA_FILE',
    message: 'The recording cannot be read.',
    advice: 'Check the path, and that Node-RED may read it.',
  },
  {
    pattern: /Invalid data found|Protocol not found|Invalid argument|method .* failed/,
    code: 'CAMERA_PROTOCOL',
    message: 'What answers at this address does not speak as expected.',
    advice: 'Check host, port and path. A reset connection and a wrong kind of file look the same.',
  },
];

/**
 * Finds out from ffmpeg's error text why it ended.
 *
 * @param text what it printed on stderr, without secrets
 * @returns CAMERA_LOST where it printed nothing that is known: a camera that is switched off leaves no text
 */
export function classifyExit(text: string): CameraError {
  const found = CLASSES.find(({ pattern }) => pattern.test(withoutDecoderLines(text)));
  const detail = lastLines(text);
  if (!found) {
    return new CameraError('CAMERA_LOST', 'The stream of the camera ended.', {
      retryable: true,
      advice: 'The camera was restarted or the network was cut. It is opened again.',
      detail,
    });
  }
  const retryable = found.code !== 'CAMERA_FFMPEG_OPTION';
  return new CameraError(found.code, found.message, { retryable, advice: found.advice, detail });
}

/** A broken picture is told with words of the classes ("Invalid data found"), but never ends the stream. */
function withoutDecoderLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/error while decoding|packet to decoder/i.test(line))
    .join('\n');
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ');
}
