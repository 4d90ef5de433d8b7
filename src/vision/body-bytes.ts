import { randomUUID } from 'node:crypto';
import { chatBody, pictureUrl } from './chat-body';
import type { VisionRequest } from './client';
import type { Dialect } from './dialect';

/** Stands where a picture goes while the rest is written; nothing that anybody has typed holds it. */
const MARK = randomUUID();

/**
 * The body of a chat completions request as the bytes of its JSON. As an object, the package would look through each
 * character of the pictures for what JSON escapes and encode them as UTF-8, and base64 needs neither: that was a tenth of
 * the time of a call with a picture of 65 kB.
 */
export function bodyBytes(request: VisionRequest, dialect: Dialect): Buffer {
  const urls: string[] = [];
  const body = chatBody(request, dialect, (picture) => {
    urls.push(pictureUrl(picture));
    return MARK;
  });
  const parts = JSON.stringify(body).split(MARK);
  return Buffer.concat(
    parts.flatMap((part, index) => [Buffer.from(part), Buffer.from(urls[index] ?? '', 'latin1')]),
  );
}
