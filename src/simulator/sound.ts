import { randomInt } from 'node:crypto';
import type { Clock, Timer } from '../shared/clock';
import { every } from './every';
import { type CameraFault, effectOnPlay } from './fault';
import type { Channel } from './transport';

/** PCMU, 8000 Hz, one channel: RFC 3551, table 4. */
export const SOUND_PAYLOAD_TYPE = 0;
const SAMPLES_PER_MS = 8;
const PACKET_MS = 100;
/** Silence in µ-law: ITU-T G.711. */
const SILENCE = [{ bytes: Buffer.alloc(PACKET_MS * SAMPLES_PER_MS, 0xff), marker: false }];

/** Sends silence to one client, as a camera without a microphone in a quiet room does. */
export class Sound {
  readonly #channel: Channel;
  readonly #fault: () => CameraFault;
  readonly #clock: Clock;
  readonly #playedFromMs: number;
  readonly #ssrc = randomInt(2 ** 32);
  #packets = 0;
  #timer: Timer | undefined;

  constructor(channel: Channel, clock: Clock, fault: () => CameraFault) {
    this.#channel = channel;
    this.#clock = clock;
    this.#playedFromMs = clock.monotonic();
    this.#fault = fault;
  }

  /** For the RTP-Info header. */
  get info(): string {
    return 'seq=0;rtptime=0';
  }

  start(): void {
    this.#timer = every(this.#clock, PACKET_MS, () => this.#send());
  }

  stop(): void {
    this.#timer?.clear();
    this.#timer = undefined;
  }

  #send(): void {
    const effect = effectOnPlay(this.#fault(), this.#clock.monotonic() - this.#playedFromMs);
    const number = this.#packets;
    this.#packets += 1;
    if (effect === 'stall' || effect === 'stall-junk' || effect === 'burst') return;
    this.#channel.sendRtp(SILENCE, {
      sequence: number,
      timestamp: number * PACKET_MS * SAMPLES_PER_MS,
      ssrc: this.#ssrc,
      payloadType: SOUND_PAYLOAD_TYPE,
    });
  }
}
