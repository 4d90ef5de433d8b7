import type { Socket } from 'node:net';
import { InterleavedReader } from './interleaved';
import type { RtspRequest } from './rtsp-message';

export interface PlayerLinkListener {
  request(request: RtspRequest): void;
  /** Packets of ffmpeg (its RTCP) with their framing. @returns false where it should wait for `resume` */
  media(bytes: Buffer): boolean;
  /** The same packets one by one, without framing; the bytes may be kept. */
  packet(channel: number, bytes: Buffer): void;
  /** ffmpeg takes more again, after `media` of the link had returned false. */
  drained(): void;
  /** ffmpeg closed the connection; told once. */
  gone(): void;
}

/** Packets that come before the answer to PLAY: a keyframe's worth. */
const MAX_HELD_BYTES = 1024 * 1024;
/** UDP cannot be told to wait: beyond this that ffmpeg has not read, datagrams are thrown away. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** The one connection with ffmpeg. */
export class PlayerLink {
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #listener: PlayerLinkListener;
  /** Packets reach ffmpeg only behind the answer to PLAY: it throws away what comes before. */
  #state: 'deaf' | 'holds' | 'open' = 'deaf';
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isGone = false;

  constructor(socket: Socket, listener: PlayerLinkListener) {
    this.#socket = socket;
    this.#listener = listener;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** @param first what was read before */
  begin(first: Buffer): void {
    const socket = this.#socket;
    const reader = new InterleavedReader({
      packet: (channel, bytes, start, end, length) => {
        // Of a long one only the beginning is at hand; ffmpeg's reports are short.
        if (end - start === length) this.#listener.packet(channel, Buffer.from(bytes.subarray(start, end)));
      },
      media: (bytes) => {
        if (!this.#listener.media(bytes)) socket.pause();
      },
      message: (message) => {
        if (message.kind === 'request' && !this.#isGone) this.#listener.request(message);
      },
      isPassed: () => true,
      isChannel: () => false,
    });
    const read = (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch {
        // ffmpeg speaks RTSP. Whoever this is, it has no business here.
        socket.destroy();
      }
    };
    socket.setNoDelay(true);
    socket.on('data', read);
    socket.on('drain', () => this.#listener.drained());
    socket.on('end', () => this.#gone());
    socket.on('error', () => this.#gone());
    socket.on('close', () => this.#gone());
    read(first);
    socket.resume();
  }

  reply(bytes: Buffer): void {
    if (!this.#isGone) this.#socket.write(bytes);
  }

  /** Packets with their framing. @returns false where the source should wait for `drained` */
  media(bytes: Buffer): boolean {
    if (this.#isGone) return true;
    if (this.#state === 'open') return this.#socket.write(bytes);
    if (this.#state === 'holds' && this.#heldBytes + bytes.length <= MAX_HELD_BYTES) {
      this.#held.push(bytes);
      this.#heldBytes += bytes.length;
    }
    return true;
  }

  /** A packet without framing. */
  datagram(channel: number, bytes: Buffer): void {
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) return;
    const framing = Buffer.from([0x24, channel, bytes.length >> 8, bytes.length & 0xff]);
    this.#socket.cork();
    this.media(framing);
    this.media(bytes);
    this.#socket.uncork();
  }

  /** PLAY is asked: packets that come now wait for its answer. */
  hold(): void {
    this.#state = 'holds';
  }

  /** PLAY is answered. */
  letGo(): void {
    this.#state = 'open';
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const bytes of held) this.media(bytes);
  }

  resume(): void {
    this.#socket.resume();
  }

  /** ffmpeg gets what was written, and the end. */
  end(): void {
    this.#isGone = true;
    this.#held = [];
    this.#socket.end();
    this.#socket.resume();
  }

  destroy(): void {
    this.#isGone = true;
    this.#socket.destroy();
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#listener.gone();
  }
}
