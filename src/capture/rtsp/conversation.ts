import type { CameraError } from '../../shared/errors';
import { REDIRECT_STATUSES } from '../../shared/redirect-statuses';
import type { RtspSource } from '../source';
import type { Question } from './camera-link';
import { noVideo, refusal } from './refusals';
import { formatAnswer, header, type RtspAnswer, type RtspHeaders, type RtspRequest } from './rtsp-message';
import { type SessionUrls, sessionUrls } from './rtsp-url';
import { type DescribedVideo, firstVideo } from './sdp';

/** The channels of RTP and RTCP within a TCP connection. */
export interface Channels {
  rtp: number;
  rtcp: number;
}

/** What a conversation needs done. */
export interface ConversationParts {
  /** Asks the camera. */
  ask(question: Question, onAnswer: (answer: RtspAnswer) => void): void;
  /** Answers ffmpeg. */
  reply(bytes: Buffer): void;
  /** The camera is elsewhere: `again` when there is a connection to the new place, with its URL. */
  redirected(location: string, method: string, again: (url: string) => void): void;
  described(video: DescribedVideo): void;
  /** Two UDP ports of ours, "5000-5001"; `use` is called once they are open. */
  openUdp(use: (range: string) => void): void;
  /** The camera agreed on a way for its packets. */
  agreed(way: { channels: Channels; udpPorts: [rtp: number, rtcp: number] | null; overUdp: boolean }): void;
  /** PLAY goes out; then the camera plays, and packets may follow what `reply` was given. */
  playAsked(): void;
  playing(): void;
  /** ffmpeg takes its leave. */
  leaves(): void;
  fail(error: CameraError): void;
}

/** Of ffmpeg's headers, those that mean something to a camera. */
const PASSED_ON = ['accept', 'user-agent', 'range', 'content-type'];
const TRACK = 'video';

/**
 * Asks the camera what ffmpeg asks, and gives ffmpeg the answers in its own terms: its URLs, one video track, packets
 * within TCP. URLs are not rewritten as text: which one is meant follows from the method. What a camera says beside
 * that (RTP-Info, Range, its name) is left out: with one track, time begins with the first packet.
 */
export class Conversation {
  readonly #loopbackUrl: string;
  readonly #transport: RtspSource['transport'];
  readonly #parts: ConversationParts;
  #url: string;
  #urls: SessionUrls | null = null;
  #session = '';

  /**
   * @param url of the stream at the camera, as a byte string
   * @param loopbackUrl of the stream for ffmpeg
   */
  constructor(
    url: string,
    loopbackUrl: string,
    transport: RtspSource['transport'],
    parts: ConversationParts,
  ) {
    this.#url = url;
    this.#loopbackUrl = loopbackUrl;
    this.#transport = transport;
    this.#parts = parts;
  }

  /** Of ffmpeg. */
  handle(request: RtspRequest): void {
    switch (request.method) {
      case 'OPTIONS':
        if (this.#session === '') this.#options(request);
        else this.#keepAlive(request);
        break;
      case 'DESCRIBE':
        this.#describe(request);
        break;
      case 'SETUP':
        this.#setup(request);
        break;
      case 'PLAY':
        this.#play(request);
        break;
      case 'GET_PARAMETER':
      case 'SET_PARAMETER':
        this.#keepAlive(request);
        break;
      case 'TEARDOWN':
        this.#reply(request, 200);
        this.#parts.leaves();
        break;
      default:
        this.#reply(request, 501);
    }
  }

  /** Ends the session at the camera, if there is one. @returns false where there is none */
  teardown(onAnswer: () => void): boolean {
    if (this.#session === '' || !this.#urls) return false;
    const headers: RtspHeaders = [['Session', this.#session]];
    this.#session = '';
    this.#parts.ask({ method: 'TEARDOWN', url: this.#urls.aggregate, headers, essential: false }, onAnswer);
    return true;
  }

  #options(request: RtspRequest): void {
    this.#ask(request, this.#url, [], (answer) => {
      // What a camera offers is of no weight: DESCRIBE will show what it is.
      const offered = isGood(answer) ? header(answer.headers, 'Public') : '';
      this.#reply(request, 200, offered === '' ? [] : [['Public', offered]]);
    });
  }

  /** ffmpeg is content whatever the camera says: packets tell whether the session lives. */
  #keepAlive(request: RtspRequest): void {
    this.#reply(request, 200, this.#session === '' ? [] : [['Session', this.#session]]);
    if (this.#session === '' || !this.#urls) return;
    const { method, body, headers } = request;
    const own: RtspHeaders = [...passedOn(headers), ['Session', this.#session]];
    this.#parts.ask({ method, url: this.#urls.aggregate, headers: own, body, essential: false }, () => {});
  }

  #describe(request: RtspRequest): void {
    this.#askFor(request, this.#url, [], never, (answer) => {
      const video = firstVideo(answer.body.toString('latin1'), TRACK);
      if (!video) {
        this.#parts.fail(noVideo());
        return;
      }
      this.#urls = sessionUrls(this.#url, answer.headers, video.control);
      this.#parts.described(video);
      const headers: RtspHeaders = [
        ['Content-Base', `${this.#loopbackUrl}/`],
        ['Content-Type', 'application/sdp'],
      ];
      this.#reply(request, 200, headers, Buffer.from(video.sdp, 'latin1'));
    });
  }

  #setup(request: RtspRequest): void {
    const asked = channelsOf(header(request.headers, 'Transport'));
    // ffmpeg asks again with TCP then.
    if (!asked) this.#reply(request, 461);
    else if (!this.#urls) this.#reply(request, 455);
    else if (this.#transport === 'udp') this.#setupOverUdp(request, asked, true);
    else this.#setupOverTcp(request, asked, true);
  }

  #setupOverTcp(request: RtspRequest, asked: Channels, mayChange: boolean): void {
    const transport = `RTP/AVP/TCP;unicast;interleaved=${asked.rtp}-${asked.rtcp}`;
    this.#askSetup(
      request,
      transport,
      mayChange && (() => this.#setupOverUdp(request, asked, false)),
      (told) => {
        const channels = channelsOf(told) ?? asked;
        this.#parts.agreed({ channels, udpPorts: null, overUdp: false });
        return channels;
      },
    );
  }

  #setupOverUdp(request: RtspRequest, asked: Channels, mayChange: boolean): void {
    const change = mayChange && (() => this.#setupOverTcp(request, asked, false));
    this.#parts.openUdp((range) =>
      this.#askSetup(request, `RTP/AVP/UDP;unicast;client_port=${range}`, change, (told) => {
        this.#parts.agreed({ channels: asked, udpPorts: serverPorts(told), overUdp: true });
        return asked;
      }),
    );
  }

  /** @param change asks for the other way, where the camera does not have this one */
  #askSetup(
    request: RtspRequest,
    transport: string,
    change: false | (() => void),
    agree: (told: string) => Channels,
  ): void {
    const onRefusal = (status: number) => {
      if (status !== 461 || !change) return false;
      change();
      return true;
    };
    const url = this.#urls?.video ?? this.#url;
    const headers: RtspHeaders = [['Transport', transport]];
    this.#askFor(request, url, headers, onRefusal, (answer) => {
      const session = header(answer.headers, 'Session');
      this.#session = session.split(';')[0]?.trim() ?? '';
      const { rtp, rtcp } = agree(header(answer.headers, 'Transport'));
      this.#reply(request, 200, [
        ['Transport', `RTP/AVP/TCP;unicast;interleaved=${rtp}-${rtcp}`],
        // With its timeout, by which ffmpeg sends keep-alives.
        ['Session', session],
      ]);
    });
  }

  #play(request: RtspRequest): void {
    if (!this.#urls) {
      this.#reply(request, 455);
      return;
    }
    this.#parts.playAsked();
    this.#askFor(request, this.#urls.aggregate, [], never, () => {
      this.#reply(request, 200, [['Session', this.#session]]);
      this.#parts.playing();
    });
  }

  /** Asks for what ffmpeg cannot go on without. @param onRefusal true: it was taken care of */
  #askFor(
    request: RtspRequest,
    url: string,
    headers: RtspHeaders,
    onRefusal: (status: number) => boolean,
    onGood: (answer: RtspAnswer) => void,
  ): void {
    this.#ask(request, url, headers, (answer) => {
      if (isGood(answer)) onGood(answer);
      else if (!onRefusal(answer.status)) this.#parts.fail(refusal(answer.status, request.method));
    });
  }

  #ask(
    request: RtspRequest,
    url: string,
    headers: RtspHeaders,
    onAnswer: (answer: RtspAnswer) => void,
  ): void {
    const { method, body } = request;
    const session: RtspHeaders = this.#session === '' ? [] : [['Session', this.#session]];
    const all = [...passedOn(request.headers), ...headers, ...session];
    this.#parts.ask({ method, url, headers: all, body, essential: true }, (answer) => {
      const location = header(answer.headers, 'Location');
      // Once it is described, the session is where it is.
      if (!REDIRECT_STATUSES.has(answer.status) || location === '' || this.#urls) {
        onAnswer(answer);
        return;
      }
      this.#parts.redirected(location, method, (newUrl) => {
        this.#url = newUrl;
        this.handle(request);
      });
    });
  }

  #reply(request: RtspRequest, status: number, headers: RtspHeaders = [], body?: Buffer): void {
    const cseq: RtspHeaders = [['CSeq', header(request.headers, 'CSeq')]];
    this.#parts.reply(formatAnswer(status, REASONS[status] ?? '', [...cseq, ...headers], body));
  }
}

/** RFC 2326, section 7.1.1: those that ffmpeg gets. */
const REASONS: Record<number, string> = {
  200: 'OK',
  455: 'Method Not Valid in This State',
  461: 'Unsupported Transport',
  501: 'Not Implemented',
};

function never(): boolean {
  return false;
}

function isGood({ status }: RtspAnswer): boolean {
  return status >= 200 && status < 300;
}

function passedOn(headers: RtspHeaders): RtspHeaders {
  return headers.filter(([name]) => PASSED_ON.includes(name.toLowerCase()));
}

function channelsOf(transport: string): Channels | null {
  const [, first, second] = /interleaved=(\d{1,3})(?:-(\d{1,3}))?/i.exec(transport) ?? [];
  if (first === undefined) return null;
  return { rtp: Number(first), rtcp: second === undefined ? Number(first) + 1 : Number(second) };
}

function serverPorts(transport: string): [rtp: number, rtcp: number] | null {
  const [, first, second] = /server_port=(\d{1,5})(?:-(\d{1,5}))?/i.exec(transport) ?? [];
  if (first === undefined) return null;
  const rtp = Number(first);
  const rtcp = second === undefined ? rtp + 1 : Number(second);
  return rtp > 0 && rtp < 65535 && rtcp > 0 && rtcp <= 65535 ? [rtp, rtcp] : null;
}
