import http, { type IncomingMessage, type RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from '../../../../src/simulator/certificate';

/** An HTTP camera that does what a test says, and remembers what it was asked. */
export class ScriptedServer {
  /** Path and Authorization header of each request, in order. */
  readonly requests: {
    path: string;
    authorization: string | undefined;
    headers: IncomingMessage['headers'];
  }[] = [];
  /** Connections that are open. */
  open = 0;
  readonly #server: http.Server;

  /** @param tls makes it speak HTTPS */
  constructor(answer: RequestListener, tls?: Certificate) {
    const listener: RequestListener = (request, response) => {
      const { url: path = '', headers } = request;
      this.requests.push({ path, authorization: headers.authorization, headers });
      answer(request, response);
    };
    this.#server = tls ? https.createServer(tls, listener) : http.createServer(listener);
    this.#server.on('connection', (socket) => {
      this.open++;
      socket.once('close', () => this.open--);
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How often a path was asked for. */
  count(path: string): number {
    return this.requests.filter((request) => request.path === path).length;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
