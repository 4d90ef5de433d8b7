import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../shared/clock';
import type { Counting } from './counters';
import { type CameraFault, quirkOf } from './fault';
import { Playback, type PlaybackStart } from './playback';
import { SOUND_TRACK, TRACK } from './sdp';
import type { SessionSlots } from './session-slots';
import { Sound } from './sound';
import type { Channel } from './transport';
import type { EncodedVideo } from './video';

export interface SessionParts {
  clock: Clock;
  counting: Counting;
  slots: SessionSlots;
  /** What it says in the Session header, seconds. */
  timeoutS: number;
  /** Whether it ends when nothing is asked for that long. */
  endsSilent: boolean;
  video(): EncodedVideo;
  fault(): CameraFault;
  playbackStart(): PlaybackStart;
  /** The session is over by the camera's will: the connection must be closed. */
  onEnd(): void;
}

/** An RTSP session, from its first SETUP to its end. */
export class Session {
  readonly #parts: SessionParts;
  #id = newId();
  /** Also the one from before it changed: requests with either are of this session. */
  readonly #ids = new Set([this.#id]);
  #video: Channel | undefined;
  #sound: Channel | undefined;
  #playing: { video?: Playback; sound?: Sound } | undefined;
  #silence: Timer | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    parts.counting.add('sessionsOpen');
    parts.slots.take();
    this.refresh();
  }

  get header(): Record<string, string> {
    return { Session: `${this.#id};timeout=${this.#parts.timeoutS}` };
  }

  get isPlaying(): boolean {
    return this.#playing !== undefined;
  }

  /** @param header the Session header of a request */
  isMeantBy(header: string | undefined): boolean {
    return this.#ids.has(header?.split(';')[0] ?? '');
  }

  /** A request has come: the client is there. */
  refresh(): void {
    const { clock, endsSilent, timeoutS } = this.#parts;
    this.#silence?.clear();
    if (endsSilent) this.#silence = clock.setTimeout(() => this.#expire(), timeoutS * 1000);
  }

  /** The way of a track. A track that was set up before gets the new way. */
  setUp(isSound: boolean, channel: Channel): void {
    if (isSound) this.#sound = channel;
    else this.#video = channel;
  }

  /**
   * Prepares to play.
   *
   * @param url of the stream, without a slash at its end
   * @returns headers of the answer, and what must be done once the answer is on its way
   */
  play(url: string): { headers: Record<string, string>; begin(): void } {
    const { fault } = this.#parts;
    const quirk = quirkOf(fault());
    if (quirk === 'session-id-changes') {
      this.#id = newId();
      this.#ids.add(this.#id);
    }
    const { video, sound } = this.#tracks();
    this.#playing = { video, sound };
    const videoInfo = quirk === 'rtp-info-zero' ? 'seq=0;rtptime=0' : video?.info;
    const info = [
      ...(video ? [`url=${url}/${TRACK};${videoInfo}`] : []),
      ...(sound ? [`url=${url}/${SOUND_TRACK};${sound.info}`] : []),
    ];
    return {
      headers: {
        ...this.header,
        Range: 'npt=0.000-',
        ...(quirk === 'no-rtp-info' ? {} : { 'RTP-Info': info.join(',') }),
      },
      begin: () => {
        video?.start();
        sound?.start();
      },
    };
  }

  faultChanged(): void {
    this.#playing?.video?.faultChanged();
  }

  /** Nothing is sent any more. */
  halt(): void {
    this.#playing?.video?.stop();
    this.#playing?.sound?.stop();
  }

  /** @param inOrder see {@link SessionSlots.leave} */
  end(inOrder: boolean): void {
    this.halt();
    this.#silence?.clear();
    this.#parts.counting.add('sessionsOpen', -1);
    this.#parts.slots.leave(inOrder);
  }

  #tracks(): { video?: Playback; sound?: Sound } {
    const { clock, counting, fault, video, onEnd, playbackStart } = this.#parts;
    const parts = { clock, counting, video, fault, onClose: onEnd };
    return {
      video: this.#video && new Playback(this.#video, playbackStart(), parts),
      sound: this.#sound && new Sound(this.#sound, clock, fault),
    };
  }

  #expire(): void {
    this.#parts.counting.add('sessionsExpired');
    this.#parts.onEnd();
  }
}

function newId(): string {
  return randomBytes(4).toString('hex');
}
