import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../shared/clock';
import { asError, type CameraError } from '../../shared/errors';
import { Login, type LoginOptions, type Try } from './authenticate';
import { InterleavedReader, type InterleavedSink } from './interleaved';
import { closedEarly, loginUnknown, loginWanted, lost, noAnswer, notRtsp, refusal } from './refusals';
import {
  allOf,
  formatAnswer,
  formatRequest,
  header,
  type RtspAnswer,
  type RtspHeaders,
  type RtspMessage,
  type RtspRequest,
} from './rtsp-message';

/** A request to the camera; CSeq and login are put in by the link. */
export interface Question {
  method: string;
  url: string;
  headers: RtspHeaders;
  body?: Buffer;
  /** False for what keeps a session alive: no answer, or a bad one, changes nothing. */
  essential: boolean;
}

export interface CameraLinkListener
  extends Pick<InterleavedSink, 'packet' | 'media' | 'isChannel' | 'isPassed'> {
  /** All of a chunk has been told. */
  chunkEnd(): void;
  /** More may be written: what went out was full. */
  drained(): void;
  /** The link is of no use any more; told once. Not told after `close`. */
  failed(error: CameraError): void;
}

interface Pending {
  question: Question;
  onAnswer: (answer: RtspAnswer) => void;
  tried: Try;
  timer: Timer;
}

/** ffmpeg sends one request after the other; keep-alives that get no answer may pile up a little. */
const MAX_PENDING = 16;

/**
 * The one connection to a camera: requests are sent with login where the camera asks for it, answers find their
 * requests, packets pass through.
 */
export class CameraLink {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #answerMs: number;
  readonly #listener: CameraLinkListener;
  readonly #login: Login;
  readonly #reader: InterleavedReader;
  readonly #pending = new Map<number, Pending>();
  #cseq = 0;
  #answers = 0;
  #playing = false;
  #ended = false;

  constructor(
    socket: Socket,
    parts: { clock: Clock; answerMs: number; login: LoginOptions; listener: CameraLinkListener },
  ) {
    const { listener } = parts;
    this.#socket = socket;
    this.#clock = parts.clock;
    this.#answerMs = parts.answerMs;
    this.#listener = listener;
    this.#login = new Login(parts.login);
    this.#reader = new InterleavedReader({
      packet: (channel, bytes, start, end, length) => listener.packet(channel, bytes, start, end, length),
      media: (bytes) => listener.media(bytes),
      message: (message) => this.#message(message),
      isChannel: (channel) => listener.isChannel(channel),
      isPassed: (channel) => listener.isPassed(channel),
    });
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('drain', () => listener.drained());
    socket.on('end', () => this.#closed('closed'));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#closed(error.code === 'ECONNRESET' ? 'reset' : 'closed'),
    );
    socket.on('close', () => this.#closed('closed'));
  }

  /** The camera's address, as connected to. */
  get remoteAddress(): string {
    return this.#socket.remoteAddress ?? '';
  }

  get localAddress(): string {
    return this.#socket.localAddress ?? '';
  }

  /** False once it has failed or was closed. */
  get isAlive(): boolean {
    return !this.#ended;
  }

  /** The camera plays: from now on its end is a loss, and bytes that slip between packets are left out. */
  plays(): void {
    this.#playing = true;
    this.#reader.tolerant = true;
  }

  /**
   * @param onAnswer called at once when the answer is read, before the packets behind it; not called where the link
   *   fails first, nor for what is not essential and gets no answer
   */
  ask(question: Question, onAnswer: (answer: RtspAnswer) => void): void {
    this.#send(question, onAnswer, false);
  }

  /** Packets to the camera, framed. @returns false where it should wait for `drained` */
  write(bytes: Buffer): boolean {
    return this.#ended || this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends the connection. Resolves when the socket is closed. */
  close(): Promise<void> {
    this.#end();
    const socket = this.#socket;
    if (socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      socket.once('close', () => resolve());
      // Sends what is written, such as a TEARDOWN, before it closes.
      socket.destroySoon();
      // With data unread and nobody to read it, the end would not be noticed.
      socket.resume();
    });
  }

  /** Closes at once, whatever was written. */
  destroy(): void {
    this.#end();
    this.#socket.destroy();
  }

  #end(): void {
    this.#ended = true;
    for (const { timer } of this.#pending.values()) timer.clear();
    this.#pending.clear();
  }

  #fail(error: CameraError): void {
    if (this.#ended) return;
    this.#end();
    this.#listener.failed(error);
  }

  #closed(how: 'closed' | 'reset'): void {
    this.#fail(this.#playing ? lost(how) : closedEarly(how, this.#answers));
  }

  #read(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      this.#reader.push(chunk);
    } catch (thrown) {
      this.#fail(notRtsp(asError(thrown).message));
    }
    this.#listener.chunkEnd();
  }

  #send(question: Question, onAnswer: Pending['onAnswer'], renewed: boolean): void {
    if (this.#ended) return;
    const { method, url, headers, body, essential } = question;
    this.#cseq += 1;
    const cseq = this.#cseq;
    const { header: login, nonce, proven } = this.#login.next({ method, url });
    const loginHeader: RtspHeaders = login === null ? [] : [['Authorization', login]];
    const timer = this.#clock.setTimeout(() => {
      this.#pending.delete(cseq);
      if (essential) this.#fail(noAnswer(method, this.#answerMs));
    }, this.#answerMs);
    this.#pending.set(cseq, { question, onAnswer, tried: { nonce, proven, renewed }, timer });
    this.#dropOldest();
    this.#socket.write(
      formatRequest(method, url, [['CSeq', String(cseq)], ...headers, ...loginHeader], body),
    );
  }

  #dropOldest(): void {
    if (this.#pending.size <= MAX_PENDING) return;
    const [oldest] = this.#pending;
    if (!oldest) return;
    oldest[1].timer.clear();
    this.#pending.delete(oldest[0]);
  }

  #message(message: RtspMessage): void {
    if (this.#ended) return;
    if (message.kind === 'request') this.#decline(message);
    // 100 Continue and its like come before the answer.
    else if (message.status >= 200) this.#answer(message);
  }

  #answer(answer: RtspAnswer): void {
    this.#answers += 1;
    const pending = this.#take(header(answer.headers, 'CSeq'));
    if (!pending) return;
    const { question, onAnswer, tried } = pending;
    if (answer.status !== 401) {
      if (tried.nonce !== null) this.#login.accepted(tried.nonce);
      onAnswer(answer);
      return;
    }
    const after = this.#login.refused(allOf(answer.headers, 'WWW-Authenticate'), tried);
    if (after === 'send-again') this.#send(question, onAnswer, tried.nonce !== null);
    else if (!question.essential) onAnswer(answer);
    else if (after === 'no-credentials') this.#fail(loginWanted());
    else if (after === 'unknown-scheme') this.#fail(loginUnknown());
    else this.#fail(refusal(401, question.method));
  }

  /** By its number; else the oldest: some cameras answer with a number of their own, or none. */
  #take(cseq: string): Pending | null {
    const number = Number(cseq || Number.NaN);
    const found = this.#pending.has(number) ? number : this.#pending.keys().next().value;
    const pending = found === undefined ? undefined : this.#pending.get(found);
    if (found === undefined || !pending) return null;
    this.#pending.delete(found);
    pending.timer.clear();
    return pending;
  }

  /** Some cameras ask, too: whether we are alive, or to set something. */
  #decline({ method, headers }: RtspRequest): void {
    const known = method === 'OPTIONS' || method === 'GET_PARAMETER';
    const cseq: RtspHeaders = [['CSeq', header(headers, 'CSeq')]];
    this.#socket.write(known ? formatAnswer(200, 'OK', cseq) : formatAnswer(501, 'Not Implemented', cseq));
  }
}
