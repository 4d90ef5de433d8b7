import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../shared/clock';
import type { CameraError } from '../../shared/errors';
import type { StreamInfo } from '../feed';
import type { HttpSource } from '../source';
import type { CameraHttp } from './camera-http';
import type { HttpTraffic } from './http-traffic';

/** What every kind of source is built from. */
export interface WayParts {
  source: HttpSource;
  http: CameraHttp;
  traffic: HttpTraffic;
  clock: Clock;
  onStream(stream: StreamInfo): void;
  /** It has ended by itself. */
  onEnd(error: CameraError): void;
}

/** How one kind of HTTP source is brought to ffmpeg. */
export interface Way {
  /** The path at which ffmpeg begins. */
  readonly entry: string;
  /**
   * Makes the first request to the camera.
   *
   * @throws CameraError
   */
  start(): Promise<void>;
  /** ffmpeg asks for something. */
  answer(path: string, request: IncomingMessage, response: ServerResponse): void;
  /** Releases its timers; the connections are ended by others. */
  stop(): void;
}
