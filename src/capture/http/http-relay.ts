import type { Clock } from '../../shared/clock';
import type { CameraError } from '../../shared/errors';
import type { Feed, FeedListener, StreamInfo, Traffic } from '../feed';
import type { Connector } from '../net/connect';
import { networkError } from '../net/network-error';
import type { HttpSource } from '../source';
import { CameraHttp } from './camera-http';
import { HlsWay } from './hls-way';
import { HttpTraffic } from './http-traffic';
import { LoopbackServer } from './loopback-server';
import { MjpegWay } from './mjpeg-way';
import { SnapshotWay } from './snapshot-way';
import type { Way } from './way';

export interface HttpRelayParts {
  clock: Clock;
  connector: Connector;
  listener: FeedListener;
  /** Longest wait for the first line of an answer, connection included, in milliseconds; 15,000 unless given. */
  answerMs?: number;
}

/**
 * Brings HLS, MJPEG and polled pictures to ffmpeg. Every request to the camera is made here, by our rules; ffmpeg
 * connects to nothing but this relay's port on loopback.
 */
export class HttpRelay implements Feed {
  readonly #traffic: HttpTraffic;
  readonly #http: CameraHttp;
  readonly #way: Way;
  readonly #server: LoopbackServer;
  readonly #listener: FeedListener;
  readonly #host: string;
  #stream: StreamInfo | null = null;
  /** What ended it before it was open. */
  #failure: CameraError | null = null;
  #isOver = false;
  #isListening = false;

  constructor(source: HttpSource, { clock, connector, listener, answerMs }: HttpRelayParts) {
    this.#listener = listener;
    this.#host = new URL(source.url).host;
    this.#traffic = new HttpTraffic(clock, () => {
      if (!this.#isOver) listener.onTraffic();
    });
    this.#http = new CameraHttp({ source, connector, clock, answerTimeoutMs: answerMs });
    this.#way = new WAYS[source.kind]({
      source,
      clock,
      http: this.#http,
      traffic: this.#traffic,
      onStream: (stream) => {
        this.#stream = stream;
      },
      onEnd: (error) => this.#end(error),
    });
    this.#server = new LoopbackServer((path, request, response) => this.#way.answer(path, request, response));
  }

  get traffic(): Readonly<Traffic> {
    return this.#traffic.traffic;
  }

  get stream(): StreamInfo | null {
    return this.#stream;
  }

  async open(signal?: AbortSignal): Promise<string> {
    const onAbort = () => this.#http.stop();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#way.start();
      signal?.throwIfAborted();
      if (this.#failure) throw this.#failure;
      this.#http.signal.throwIfAborted();
      this.#isListening = true;
      return await this.#server.listen(this.#way.entry);
    } catch (error) {
      await this.stop();
      signal?.throwIfAborted();
      throw networkError(error, this.#host);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    this.#way.stop();
    this.#http.stop();
    if (!this.#isListening) return;
    this.#isListening = false;
    await this.#server.stop();
  }

  /** ffmpeg may go on reading what has come; nothing more is asked of the camera. */
  #end(error: CameraError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#http.stop();
    if (this.#isListening) this.#listener.onEnd(error);
    else this.#failure = error;
  }
}

const WAYS = { hls: HlsWay, mjpeg: MjpegWay, snapshot: SnapshotWay };
