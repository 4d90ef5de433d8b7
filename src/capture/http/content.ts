import type { IncomingHttpHeaders } from 'node:http';
import { CameraError } from '../../shared/errors';

/** No video and no picture, whatever comes in it: the log-in page of a camera, mostly. */
const PAGE = /^(text\/(html|plain|xml|css)|application\/(json|xml|xhtml\+xml|javascript))\b/i;

/** The type without its parameters, in lower case; '' where none is given. */
export function contentType(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** A web page or data in place of video or pictures. */
export function isPage(headers: IncomingHttpHeaders): boolean {
  return PAGE.test(contentType(headers));
}

/**
 * @param got what came, in words: `a web page (text/html)`
 * @param wanted what should have come, with its article: `a picture`
 */
export function wrongContent(got: string, wanted: string): CameraError {
  return new CameraError('CAMERA_PROTOCOL', `The camera gives ${got} in place of ${wanted}.`, {
    retryable: true,
    advice: 'Check the path of the address, and that the kind of source fits to it; open it in a browser.',
  });
}
