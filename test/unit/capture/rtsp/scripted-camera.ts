import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { formatAnswer, type RtspAnswer } from '../../../../src/simulator/rtsp-answer';
import { RtspReader, type RtspRequest } from '../../../../src/simulator/rtsp-reader';

/** What the camera does with a request: an answer, bytes that are sent as they are, or nothing. */
export type Script = (request: RtspRequest, socket: Socket) => RtspAnswer | string | Buffer | undefined;

export const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=Scripted',
  't=0 0',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=control:track1',
  '',
].join('\r\n');

/** A camera that answers well. */
export const WELL: Script = ({ method, headers }): RtspAnswer => {
  if (method === 'DESCRIBE')
    return { status: 200, headers: { 'Content-Type': 'application/sdp' }, body: SDP };
  if (method === 'SETUP')
    return { status: 200, headers: { Session: 'abc;timeout=30', Transport: headers.get('transport') ?? '' } };
  return { status: 200 };
};

/** A camera that follows a script, and notes what it was asked. It sends no video by itself. */
export class ScriptedCamera {
  readonly requests: RtspRequest[] = [];
  readonly sockets: Socket[] = [];
  readonly #server: Server;

  private constructor(script: Script) {
    this.#server = createServer((socket) => {
      const reader = new RtspReader();
      this.sockets.push(socket);
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        for (const request of requestsIn(reader, chunk)) {
          this.requests.push(request);
          const answer = script(request, socket);
          if (answer === undefined) continue;
          const isRaw = typeof answer === 'string' || Buffer.isBuffer(answer);
          socket.write(isRaw ? answer : formatAnswer(request.headers.get('cseq'), answer));
        }
      });
    });
  }

  static async start(script: Script = WELL): Promise<ScriptedCamera> {
    const camera = new ScriptedCamera(script);
    await new Promise<void>((resolve) => camera.#server.listen(0, '127.0.0.1', resolve));
    return camera;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `rtsp://127.0.0.1:${this.port}/live`;
  }

  /** Methods in the order in which they were asked for; with a * where they came with a login. */
  get asked(): string {
    return this.requests
      .map(({ method, headers }) => `${method}${headers.has('authorization') ? '*' : ''}`)
      .join(' ');
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Answers to what the camera asked itself are no requests. */
function requestsIn(reader: RtspReader, chunk: Buffer): RtspRequest[] {
  return chunk.toString('latin1').startsWith('RTSP/') ? [] : reader.push(chunk);
}
