import type { IncomingMessage, ServerResponse } from 'node:http';
import { CameraError } from '../../shared/errors';
import type { Answer } from './camera-http';
import { contentType, isPage, wrongContent } from './content';
import { JpegScanner, MAX_PICTURE_BYTES } from './jpeg-scanner';
import { PictureStream } from './picture-stream';
import type { Way, WayParts } from './way';

/** An endless answer of JPEGs, one after the other. */
export class MjpegWay implements Way {
  readonly entry = 'live.mjpeg';
  readonly #parts: WayParts;
  readonly #stream = new PictureStream();
  readonly #scanner = new JpegScanner();
  #pictures = 0;

  constructor(parts: WayParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const answer = await this.#parts.http.get(this.#parts.source.url);
    if (isPage(answer.headers)) {
      answer.body.destroy();
      throw wrongContent(`a page (${contentType(answer.headers)})`, 'an MJPEG stream');
    }
    answer.body.on('data', (chunk: Buffer) => this.#read(chunk, answer.body));
    answer.body.once('close', () => this.#onClose(answer));
  }

  answer(path: string, _request: IncomingMessage, response: ServerResponse): void {
    if (path === this.entry) this.#stream.serve(response);
    else response.writeHead(404).end();
  }

  stop(): void {
    this.#stream.end();
  }

  #read(chunk: Buffer, body: IncomingMessage): void {
    const { traffic, onStream, onEnd } = this.#parts;
    for (const picture of this.#scanner.push(chunk)) {
      if (this.#pictures === 0) onStream({ codec: 'mjpeg' });
      this.#pictures++;
      traffic.picture();
      this.#stream.push(picture);
    }
    traffic.video(chunk.length);
    if (this.#scanner.skipped <= MAX_PICTURE_BYTES) return;
    onEnd(wrongContent('something without a JPEG in it', 'an MJPEG stream'));
    body.destroy();
  }

  #onClose({ headers }: Answer): void {
    this.#stream.end();
    this.#parts.onEnd(this.#whyClosed(contentType(headers)));
  }

  #whyClosed(type: string): CameraError {
    if (this.#pictures <= 1 && type === 'image/jpeg') {
      return wrongContent('one picture', 'an MJPEG stream: its kind is "snapshot"');
    }
    if (this.#pictures === 0) return wrongContent('no JPEG', 'an MJPEG stream');
    return new CameraError('CAMERA_LOST', 'The stream of the camera ended.', {
      retryable: true,
      advice: 'The camera was restarted or the network was cut. It is opened again.',
    });
  }
}
