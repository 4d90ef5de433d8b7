import http, { type IncomingMessage } from 'node:http';
import type net from 'node:net';
import type { Clock } from '../../shared/clock';
import { CameraError } from '../../shared/errors';
import { REDIRECT_STATUSES } from '../../shared/redirect-statuses';
import type { Connector } from '../net/connect';
import { Deadline } from '../net/deadline';
import { networkError } from '../net/network-error';
import { Login, type Try } from '../rtsp/authenticate';
import { type HttpSource, SYSTEM_TRUST } from '../source';
import { CameraAgent, type CameraRequestOptions } from './camera-agent';
import { loginError, statusError } from './status-error';

/** An answer of 2xx. */
export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Where it came from in the end: addresses in a playlist are relative to it. */
  url: string;
  /** Must be read or destroyed. */
  body: IncomingMessage;
}

export interface CameraHttpOptions {
  source: Pick<HttpSource, 'url' | 'user' | 'password' | 'tls'>;
  connector: Connector;
  clock: Clock;
  /** From the request to the first line of the answer, connection included, in milliseconds. */
  answerTimeoutMs?: number;
}

/** Some cameras begin to encode when they are asked. The connection alone may take 10 s. */
const ANSWER_TIMEOUT_MS = 15_000;
/** Browsers follow 20, and no camera needs more than a few. */
const MAX_REDIRECTS = 5;

/**
 * Makes all requests for one source. User, password and the trust in its certificate are for the scheme, host and
 * port that the user gave; whatever a redirect or playlist names beside is asked without login, and trusted as
 * browsers do.
 */
export class CameraHttp {
  readonly #source: CameraHttpOptions['source'];
  readonly #home: string;
  readonly #clock: Clock;
  readonly #answerTimeoutMs: number;
  readonly #agent: CameraAgent;
  readonly #login: Login;
  readonly #stop = new AbortController();
  /** The source itself is on this machine: then its playlists may lead there as well. */
  #fromLoopback = false;

  constructor({ source, connector, clock, answerTimeoutMs = ANSWER_TIMEOUT_MS }: CameraHttpOptions) {
    this.#source = source;
    this.#home = new URL(source.url).origin;
    this.#clock = clock;
    this.#answerTimeoutMs = answerTimeoutMs;
    this.#agent = new CameraAgent(connector);
    this.#login = new Login(source);
  }

  /** Aborted by {@link stop}. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * Asks, follows redirects and logs in.
   *
   * @param url http:// or https://
   * @param headers beside our own
   * @throws CameraError by what went wrong; the reason of {@link signal} after a stop
   */
  async get(url: string, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
    let at = new URL(url);
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      if (at.protocol !== 'http:' && at.protocol !== 'https:') {
        throw new CameraError('CAMERA_REFUSED', `A server leads to an address of the kind ${at.protocol}`, {
          advice: 'Only http:// and https:// are followed.',
        });
      }
      const body = await this.#ask(at, headers);
      const status = body.statusCode ?? 0;
      if (status >= 200 && status < 300) return { status, headers: body.headers, url: at.href, body };
      const { location } = body.headers;
      body.destroy();
      if (!REDIRECT_STATUSES.has(status) || !location || !URL.canParse(location, at))
        throw statusError(status);
      at = new URL(location, at);
    }
    throw new CameraError('CAMERA_PROTOCOL', 'The camera leads from one address to the next without end.', {
      retryable: true,
      advice: 'Check the address; open it in a browser.',
    });
  }

  /** Ends all requests and connections. */
  stop(): void {
    this.#stop.abort(new Error('The relay was stopped.'));
    this.#agent.destroy();
  }

  /** One address, with login where it is the source's own and asks for it. */
  async #ask(url: URL, headers: http.OutgoingHttpHeaders): Promise<IncomingMessage> {
    if (url.origin !== this.#home) return this.#send(url, headers);
    let last: Try = { nonce: null, proven: false, renewed: false };
    for (;;) {
      const { header, nonce, proven } = this.#login.next({ method: 'GET', url: url.pathname + url.search });
      const body = await this.#send(url, header ? { ...headers, authorization: header } : headers);
      if (body.statusCode !== 401) {
        if (nonce !== null) this.#login.accepted(nonce);
        return body;
      }
      const asked = body.headersDistinct['www-authenticate'] ?? [];
      body.destroy();
      const after = this.#login.refused(asked, { nonce, proven, renewed: last.renewed });
      if (after !== 'send-again') throw loginError(after);
      last = { nonce, proven, renewed: nonce !== null };
    }
  }

  async #send(url: URL, headers: http.OutgoingHttpHeaders): Promise<IncomingMessage> {
    const deadline = new Deadline(this.#clock, this.#answerTimeoutMs, this.#stop.signal);
    deadline.waitsFor = `${url.hostname} does not answer the request`;
    try {
      return await this.#request(url, headers, deadline.signal);
    } finally {
      deadline.done();
    }
  }

  #request(url: URL, headers: http.OutgoingHttpHeaders, signal: AbortSignal): Promise<IncomingMessage> {
    const isHome = url.origin === this.#home;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    const tls = isHome ? this.#source.tls : SYSTEM_TRUST;
    const options: CameraRequestOptions = {
      host,
      port,
      path: url.pathname + url.search,
      agent: this.#agent,
      signal,
      headers: { ...OUR_HEADERS, ...headers, host: url.host },
      target: {
        host,
        port,
        tls: url.protocol === 'https:' ? tls : null,
        origin: isHome ? 'user' : 'server',
        fromLoopback: this.#fromLoopback,
      },
    };
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const request = http.request(options);
      let hasAnswer = false;
      request.once('response', (body) => {
        hasAnswer = true;
        if (isHome) this.#fromLoopback = isLoopback(request.socket);
        // What nobody hears would end the process; whoever reads the body sees it end early.
        body.on('error', () => {});
        resolve(body);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (hasAnswer) return;
        if (signal.aborted) return reject(signal.reason);
        // The camera closed a connection that was kept: that says nothing about the request.
        if (request.reusedSocket && error.code === 'ECONNRESET') {
          return resolve(this.#request(url, headers, signal));
        }
        reject(error.code?.startsWith('HPE_') ? notHttp() : networkError(error, `${host} on port ${port}`));
      });
      request.end();
    });
  }
}

const OUR_HEADERS = {
  // Some cameras refuse who gives no name.
  'user-agent': 'video-to-llm',
  accept: '*/*',
  'accept-encoding': 'identity',
  'cache-control': 'no-cache',
};

function isLoopback(socket: net.Socket | null): boolean {
  const address = socket?.remoteAddress ?? '';
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

function notHttp(): CameraError {
  return new CameraError('CAMERA_PROTOCOL', 'What answers at this address does not speak HTTP.', {
    retryable: true,
    advice: 'Check host and port, and whether the address begins with http:// or https://.',
  });
}
