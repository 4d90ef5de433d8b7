import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

export interface UdpWayListener {
  /** A datagram of the camera; `channel` 0 is RTP, 1 is RTCP. */
  datagram(channel: 0 | 1, bytes: Buffer): void;
}

/** Pairs that are tried until an even port and the next one are free. */
const TRIES = 50;
/** A keyframe comes in one burst; Linux gives as much as net.core.rmem_max allows. */
const RECEIVE_BYTES = 1024 * 1024;

/** Empty RTP, and an empty receiver report: they open the way through a firewall to us, and say nothing. */
const PUNCH_RTP = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const PUNCH_RTCP = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 0]);

/** Two UDP ports for the packets of one camera: RTP on an even one, RTCP on the next (RFC 3550, section 11). */
export class UdpWay {
  readonly #sockets: [rtp: UdpSocket, rtcp: UdpSocket];
  readonly #camera: string;
  #ports: [rtp: number, rtcp: number] | null = null;

  private constructor(sockets: [UdpSocket, UdpSocket], camera: string, listener: UdpWayListener) {
    this.#sockets = sockets;
    this.#camera = camera;
    sockets.forEach((socket, index) => {
      // An answer by ICMP that a port is closed is no matter.
      socket.on('error', () => {});
      socket.on('message', (bytes, { address }) => {
        if (address === camera) listener.datagram(index === 0 ? 0 : 1, bytes);
      });
    });
  }

  /**
   * @param camera its address: datagrams of others are thrown away
   * @param local our address on the way to it
   * @throws where no pair of ports is free
   */
  static async open(camera: string, local: string, listener: UdpWayListener): Promise<UdpWay> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const first = await bound(local, 0);
      const { port } = first.address();
      const second = port % 2 === 0 ? await bound(local, port + 1).catch(() => null) : null;
      if (second) return new UdpWay([first, second], camera, listener);
      first.close();
    }
    throw new Error('No pair of UDP ports is free.');
  }

  /** For the Transport header. */
  get range(): string {
    return this.#sockets.map((socket) => socket.address().port).join('-');
  }

  /** The camera's ports, as it told them. */
  reaches(rtp: number, rtcp: number): void {
    this.#ports = [rtp, rtcp];
  }

  /** To be done at PLAY. */
  punch(): void {
    this.send(0, PUNCH_RTP);
    this.send(1, PUNCH_RTCP);
  }

  send(channel: 0 | 1, bytes: Buffer): void {
    const port = this.#ports?.[channel];
    if (port) this.#sockets[channel].send(bytes, port, this.#camera, () => {});
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
    );
  }
}

function bound(address: string, port: number): Promise<UdpSocket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners('error');
      try {
        socket.setRecvBufferSize(RECEIVE_BYTES);
      } catch {
        // The system's own size then.
      }
      resolve(socket);
    });
  });
}
