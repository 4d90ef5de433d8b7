import http from 'node:http';
import type { Duplex } from 'node:stream';
import { asError } from '../../shared/errors';
import type { Connector, Target } from '../net/connect';

/** What a request tells the agent beside what Node's own requests know. */
export interface CameraRequestOptions extends http.RequestOptions {
  target: Target;
  signal: AbortSignal;
}

/** A camera takes few connections; a playlist and a segment may be under way at once. */
const MAX_FREE_SOCKETS = 2;

/** Gives HTTP requests connections that are made by our rules, TLS included, and keeps them for the next request. */
export class CameraAgent extends http.Agent {
  readonly #connector: Connector;

  constructor(connector: Connector) {
    super({ keepAlive: true, maxFreeSockets: MAX_FREE_SOCKETS });
    this.#connector = connector;
  }

  override createConnection(
    options: CameraRequestOptions,
    callback: (error: Error | null, stream: Duplex) => void,
  ): null {
    // Node looks at the error first: where there is one, the second argument is not read.
    const fail = (error: unknown) => (callback as (error: Error) => void)(asError(error));
    this.#connector.connect(options.target, options.signal).then((socket) => callback(null, socket), fail);
    return null;
  }
}
