import { connect, type Socket } from 'node:net';
import type { Connector, Target } from '../../../../src/capture/net/connect';
import { CameraError } from '../../../../src/shared/errors';

/** Connects wherever it is told, without TLS, and remembers where that was. */
export class PlainConnector implements Connector {
  readonly targets: Target[] = [];
  readonly sockets: Socket[] = [];

  connect(target: Target, signal?: AbortSignal): Promise<Socket> {
    this.targets.push(target);
    return new Promise((resolve, reject) => {
      const socket = connect(target.port, target.host);
      this.sockets.push(socket);
      const onAbort = () => {
        socket.destroy();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      socket.once('error', () => reject(new CameraError('CAMERA_NETWORK', 'The camera cannot be reached.')));
      socket.once('connect', () => {
        signal?.removeEventListener('abort', onAbort);
        socket.removeAllListeners('error');
        resolve(socket);
      });
    });
  }
}
