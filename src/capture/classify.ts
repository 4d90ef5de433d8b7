import { type CameraCode, CameraError } from '../shared/errors';
import { CAMERA_WORDS } from './camera-words';

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
    ...CAMERA_WORDS.CAMERA_AUTH,
  },
  {
    pattern: /failed: 404|404 (Stream )?Not Found|Server returned 404/i,
    code: 'CAMERA_NOT_FOUND',
    ...CAMERA_WORDS.CAMERA_NOT_FOUND,
  },
  {
    pattern: /failed: (453|500|503|429)/,
    code: 'CAMERA_BUSY',
    ...CAMERA_WORDS.CAMERA_BUSY,
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
    ...CAMERA_WORDS.CAMERA_NO_VIDEO,
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
    ...CAMERA_WORDS.CAMERA_NETWORK,
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
    ...CAMERA_WORDS.CAMERA_PROTOCOL,
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
    const { message, advice } = CAMERA_WORDS.CAMERA_LOST;
    return new CameraError('CAMERA_LOST', message, { retryable: true, advice, detail });
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
