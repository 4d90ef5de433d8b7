import { randomBytes } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers one request. `path` is what follows the token, without its slash. */
export type Answerer = (path: string, request: IncomingMessage, response: ServerResponse) => void;

/** ffmpeg asks for a playlist and two segments at once at the most. */
const MAX_CONNECTIONS = 8;

/**
 * Where ffmpeg connects to: a port on 127.0.0.1, and a path that nobody can guess, so that no other user of this
 * machine and no web page watches the camera.
 */
export class LoopbackServer {
  readonly #server: http.Server;
  readonly #prefix = `/${randomBytes(16).toString('hex')}/`;

  constructor(answer: Answerer) {
    this.#server = http.createServer((request, response) => {
      const path = request.url ?? '';
      if (request.method === 'GET' && path.startsWith(this.#prefix)) {
        answer(path.slice(this.#prefix.length), request, response);
      } else response.writeHead(404).end();
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    // ffmpeg keeps its connection from one playlist to the next, however long that takes.
    this.#server.keepAliveTimeout = 0;
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** @returns the address of a path below the token */
  async listen(path: string): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}${this.#prefix}${path}`;
  }

  /** Ends all connections. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
