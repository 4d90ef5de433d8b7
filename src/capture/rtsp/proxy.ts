import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../shared/clock';
import { asError, CameraError } from '../../shared/errors';
import type { Feed, FeedListener, StreamInfo, Traffic } from '../feed';
import type { Connector, Target } from '../net/connect';
import type { RtspSource } from '../source';
import { utf8Bytes } from './authenticate';
import { CameraLink } from './camera-link';
import { type Channels, Conversation } from './conversation';
import { Doorway } from './doorway';
import { PlayerLink } from './player-link';
import {
  broken,
  nobodyCame,
  notRtsp,
  sentElsewhere,
  sentInCircles,
  sentToPlain,
  udpSilent,
} from './refusals';
import { RtpTraffic } from './rtp-traffic';
import { type Endpoint, endpointOf, redirectedUrl } from './rtsp-url';
import { UdpWay } from './udp-way';

export interface RtspProxyOptions {
  source: RtspSource;
  connector: Connector;
  clock: Clock;
  /** How long the camera may take for an answer, in milliseconds; slow ones need 12,000. */
  answerMs: number;
  listener: FeedListener;
  /** Random bytes, as of node:crypto. */
  random?: (bytes: number) => Buffer;
}

/** ffmpeg is started when `open` has returned, which takes 0.1 to 0.25 s of CPU (reference/ingest.md §0.10). */
const GUEST_MS = 15_000;
/** mediamtx waits for 3 s; with the pause and the start of ffmpeg that is more than 5 s until TCP is asked for (row 12). */
const UDP_SILENCE_MS = 2000;
/** A camera that has not let go by then will notice by itself. */
const TEARDOWN_MS = 500;
const CLOSE_MS = 200;
const TRAFFIC_EVERY_MS = 500;
const MAX_REDIRECTS = 3;

/**
 * Stands between a camera that speaks RTSP and ffmpeg: it connects to the camera, logs in, and passes on what ffmpeg
 * asks and what the camera sends. ffmpeg gets one video track within TCP from 127.0.0.1, and knows no credentials.
 *
 * Call `open` once. Nothing is tried again here.
 */
export class RtspProxy implements Feed {
  readonly #options: RtspProxyOptions;
  readonly #endpoint: Endpoint;
  readonly #random: (bytes: number) => Buffer;
  readonly #rtp = new RtpTraffic();
  readonly #abort = new AbortController();
  #stream: StreamInfo | null = null;
  #isOpen = false;
  #failure: CameraError | null = null;
  #leaving: Promise<void> | null = null;

  #link: CameraLink | null = null;
  #doorway: Doorway | null = null;
  #player: PlayerLink | null = null;
  #udp: UdpWay | null = null;
  #conversation: Conversation | null = null;
  #guestTimer: Timer | null = null;
  #udpTimer: Timer | null = null;
  #redirects = 0;
  #teardownAnswered: () => void = () => {};

  #channels: Channels = { rtp: -1, rtcp: -1 };
  #overUdp = false;
  /** When the chunk that is read now came; null between chunks. */
  #chunkAt: number | null = null;
  #toldPackets = 0;
  #toldAt = 0;

  /** @throws CameraError CAMERA_URL where the source has no RTSP URL */
  constructor(options: RtspProxyOptions) {
    this.#options = options;
    this.#random = options.random ?? randomBytes;
    const endpoint = endpointOf(options.source.url);
    if (!endpoint) throw new CameraError('CAMERA_URL', 'The address of the camera is not an RTSP address.');
    this.#endpoint = endpoint;
  }

  get traffic(): Readonly<Traffic> {
    return this.#rtp.traffic;
  }

  get stream(): StreamInfo | null {
    return this.#stream;
  }

  async open(signal?: AbortSignal): Promise<string> {
    const either = signal ? AbortSignal.any([signal, this.#abort.signal]) : this.#abort.signal;
    either.throwIfAborted();
    try {
      // Before ffmpeg is started: a connection to a camera that is off costs nothing.
      this.#link = this.#linkOver(await this.#connect(this.#endpoint, { origin: 'user' }, either));
      const token = this.#random(16).toString('hex');
      const doorway = new Doorway(token, (socket, first) => this.#guestCame(socket, first));
      this.#doorway = doorway;
      const url = `rtsp://127.0.0.1:${await doorway.open().catch(failedHere)}/${token}`;
      this.#conversation = this.#converse(url);
      either.throwIfAborted();
      if (this.#failure) throw this.#failure;
      this.#guestTimer = this.#options.clock.setTimeout(() => this.#fail(nobodyCame()), GUEST_MS);
      this.#isOpen = true;
      return url;
    } catch (error) {
      await this.#leave();
      throw error;
    }
  }

  stop(): Promise<void> {
    this.#player?.destroy();
    return this.#leave();
  }

  #fail(error: CameraError): void {
    if (this.#leaving || this.#failure) return;
    this.#failure = error;
    if (!this.#isOpen) return;
    void this.#leave();
    this.#options.listener.onEnd(error);
  }

  async #connect(
    to: Endpoint,
    origin: Pick<Target, 'origin' | 'fromLoopback'>,
    signal: AbortSignal,
  ): Promise<Socket> {
    const { connector, source } = this.#options;
    const tls = to.secure ? source.tls : null;
    const target = { host: to.host, port: to.port, tls, ...origin };
    const socket = await connector.connect(target, signal);
    if (!signal.aborted) return socket;
    socket.on('error', () => {}).destroy();
    throw signal.reason;
  }

  #linkOver(socket: Socket): CameraLink {
    const { clock, answerMs, source } = this.#options;
    const link: CameraLink = new CameraLink(socket, {
      clock,
      answerMs,
      login: { user: source.user, password: source.password, random: this.#random },
      listener: {
        packet: (channel, bytes, start, end, length) => this.#count(channel, bytes, start, end, length),
        media: (bytes) => {
          if (this.#player?.media(bytes) === false) link.pause();
        },
        isChannel: (channel) => channel === this.#channels.rtp || channel === this.#channels.rtcp,
        // No RTCP: a sender report before the first picture moves the time of that picture, and with ffmpeg 4 a
        // later one sets all times back. One track needs no report.
        isPassed: (channel) => channel === this.#channels.rtp,
        chunkEnd: () => this.#tell(),
        drained: () => this.#player?.resume(),
        failed: (error) => {
          this.#teardownAnswered();
          this.#fail(error);
        },
      },
    });
    return link;
  }

  #guestCame(socket: Socket, first: Buffer): void {
    this.#guestTimer?.clear();
    this.#player = new PlayerLink(socket, {
      request: (request) => this.#conversation?.handle(request),
      media: (bytes) => this.#overUdp || (this.#link?.write(bytes) ?? true),
      packet: (channel, bytes) => {
        if (this.#overUdp) this.#udp?.send(channel === this.#channels.rtp ? 0 : 1, bytes);
      },
      drained: () => this.#link?.resume(),
      // ffmpeg went away by itself: that is no news of the camera.
      gone: () => void this.#leave(),
    });
    this.#player.begin(first);
  }

  #converse(loopbackUrl: string): Conversation {
    const { source, clock } = this.#options;
    return new Conversation(utf8Bytes(source.url), loopbackUrl, source.transport, {
      ask: (question, onAnswer) => this.#link?.ask(question, onAnswer),
      reply: (bytes) => this.#player?.reply(bytes),
      redirected: (location, method, again) => {
        this.#follow(location, method).then(again, (error) => this.#fail(asCameraError(error)));
      },
      described: ({ codec, clockRate }) => {
        this.#stream = { codec };
        this.#rtp.expect(codec, clockRate);
      },
      openUdp: (use) => {
        this.#openUdp().then(use, (error) => this.#fail(asCameraError(error)));
      },
      agreed: ({ channels, udpPorts, overUdp }) => {
        this.#channels = channels;
        this.#overUdp = overUdp;
        if (udpPorts) this.#udp?.reaches(...udpPorts);
      },
      playAsked: () => {
        this.#player?.hold();
        if (this.#overUdp) this.#udp?.punch();
      },
      playing: () => {
        this.#link?.plays();
        this.#player?.letGo();
        if (this.#overUdp) this.#udpTimer = clock.setTimeout(() => this.#checkUdp(), UDP_SILENCE_MS);
      },
      leaves: () => void this.#leave(),
      fail: (error) => this.#fail(error),
    });
  }

  /** @returns the URL of the new place, once connected to it */
  async #follow(location: string, method: string): Promise<string> {
    const { source } = this.#options;
    const address = this.#link?.remoteAddress ?? '';
    // It may close once it has sent us away, and that would be no news.
    void this.#link?.close();
    this.#redirects += 1;
    if (this.#redirects > MAX_REDIRECTS) throw sentInCircles();
    const url = redirectedUrl(location, utf8Bytes(source.url));
    const to = url === null ? null : endpointOf(url);
    if (url === null || !to) throw notRtsp(`${method} was answered with a redirect that leads nowhere.`);
    // The credentials are for this host only.
    if (to.host !== this.#endpoint.host && to.host !== address) throw sentElsewhere(to.host);
    if (this.#endpoint.secure && !to.secure) throw sentToPlain();
    const origin = { origin: 'server', fromLoopback: isLoopback(address) } as const;
    this.#link = this.#linkOver(await this.#connect(to, origin, this.#abort.signal));
    return url;
  }

  async #openUdp(): Promise<string> {
    if (this.#udp) return this.#udp.range;
    const { remoteAddress = '', localAddress = '' } = this.#link ?? {};
    const udp = await UdpWay.open(remoteAddress, localAddress, {
      datagram: (channel, bytes) => {
        if (this.#udp !== udp || !this.#overUdp) return;
        const number = channel === 0 ? this.#channels.rtp : this.#channels.rtcp;
        this.#count(number, bytes, 0, bytes.length, bytes.length);
        if (channel === 0) this.#player?.datagram(number, bytes);
        this.#tell();
      },
    });
    if (this.#leaving) {
      await udp.close();
      throw broken('The feed was stopped.');
    }
    this.#udp = udp;
    return udp.range;
  }

  #checkUdp(): void {
    const { videoPackets, otherPackets } = this.traffic;
    if (videoPackets + otherPackets === 0) this.#fail(udpSilent());
  }

  #count(channel: number, bytes: Buffer, start: number, end: number, length: number): void {
    this.#chunkAt ??= this.#options.clock.monotonic();
    if (channel === this.#channels.rtp) this.#rtp.video(bytes, start, end, length, this.#chunkAt);
    else this.#rtp.other();
  }

  /** After each chunk: tells that video came, but not too often. */
  #tell(): void {
    const now = this.#chunkAt;
    this.#chunkAt = null;
    const { videoPackets } = this.traffic;
    if (now === null || videoPackets === this.#toldPackets || this.#leaving) return;
    if (this.#toldPackets > 0 && now - this.#toldAt < TRAFFIC_EVERY_MS) return;
    this.#toldPackets = videoPackets;
    this.#toldAt = now;
    this.#options.listener.onTraffic();
  }

  #leave(): Promise<void> {
    this.#leaving ??= this.#release();
    return this.#leaving;
  }

  async #release(): Promise<void> {
    const { clock } = this.#options;
    this.#abort.abort();
    this.#guestTimer?.clear();
    this.#udpTimer?.clear();
    this.#doorway?.close();
    // What has come is still given to ffmpeg.
    this.#player?.end();
    const link = this.#link;
    // Packets that nobody takes any more may stand before the answer.
    link?.resume();
    await within(clock, TEARDOWN_MS, (answered) => {
      this.#teardownAnswered = answered;
      if (!link?.isAlive || !this.#conversation?.teardown(answered)) answered();
    });
    await Promise.all([
      within(clock, CLOSE_MS, (closed) => (link ? void link.close().then(closed) : closed())),
      within(clock, CLOSE_MS, (closed) => (this.#player ? void this.#player.closed.then(closed) : closed())),
      this.#udp?.close(),
    ]);
    link?.destroy();
    this.#player?.destroy();
  }
}

/** Waits until `begin` calls what it is given, but no longer than that. */
function within(clock: Clock, limitMs: number, begin: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(resolve, limitMs);
    begin(() => {
      timer.clear();
      resolve();
    });
  });
}

function failedHere(error: unknown): never {
  throw broken(asError(error).message);
}

function asCameraError(error: unknown): CameraError {
  return error instanceof CameraError ? error : broken(asError(error).message);
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
