import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Somebody who scans ports must not keep ffmpeg out, nor fill memory. */
const MAX_WAITING = 8;
const MAX_LINE_BYTES = 4096;

/**
 * A door on loopback for one guest, who is known by the token in its first line. It closes behind that guest; others
 * are sent away.
 */
export class Doorway {
  readonly #token: string;
  readonly #onGuest: (socket: Socket, firstBytes: Buffer) => void;
  readonly #waiting = new Set<Socket>();
  #server: Server | null = null;

  /** @param onGuest gets the guest's socket, without listeners and paused, and what was read of it */
  constructor(token: string, onGuest: (socket: Socket, firstBytes: Buffer) => void) {
    this.#token = token;
    this.#onGuest = onGuest;
  }

  /** @returns the port, on 127.0.0.1 */
  open(): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => this.#knock(socket));
      this.#server = server;
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        // Such as "too many open files" at an accept: the one who knocked will notice.
        server.off('error', reject).on('error', () => {});
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#server?.close();
    this.#server = null;
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting.clear();
  }

  #knock(socket: Socket): void {
    if (this.#waiting.size >= MAX_WAITING || !this.#server) {
      socket.destroy();
      return;
    }
    let read: Buffer = Buffer.alloc(0);
    this.#waiting.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#waiting.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      const end = read.indexOf('\n');
      if (end < 0 && read.length < MAX_LINE_BYTES) return;
      if (end >= 0 && this.#isGuest(read.toString('latin1', 0, end))) this.#letIn(socket, read);
      else socket.destroy();
    });
  }

  #isGuest(line: string): boolean {
    const path = /^[A-Z_]+ rtsp:\/\/127\.0\.0\.1:\d+\/([\da-f]+)[/ ]/.exec(line)?.[1];
    return path === this.#token;
  }

  #letIn(socket: Socket, read: Buffer): void {
    socket.pause();
    socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error');
    this.#waiting.delete(socket);
    this.close();
    this.#onGuest(socket, read);
  }
}
