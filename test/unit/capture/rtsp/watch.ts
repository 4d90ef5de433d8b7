import type { ChildProcess } from 'node:child_process';
import type { RtspProxyOptions } from '../../../../src/capture/rtsp/proxy';
import { RtspProxy } from '../../../../src/capture/rtsp/proxy';
import { type RtspSource, SYSTEM_TRUST } from '../../../../src/capture/source';
import type { CameraError } from '../../../../src/shared/errors';
import { waitFor } from '../../../fixtures/wait';
import { type Played, startPlayer } from '../../simulator/player';
import { CountingClock } from './counting-clock';
import { PlainConnector } from './plain-connector';

/** Long enough for a slow machine, and only ever waited for when a test fails. */
const DEADLINE_MS = 20_000;

export interface WatchOptions extends Partial<Omit<RtspSource, 'url'>> {
  answerMs?: number;
  frames?: number;
}

/** A proxy before a camera, ffmpeg behind it, and what came of it. */
export class Watch {
  readonly connector = new PlainConnector();
  readonly clock = new CountingClock();
  readonly errors: CameraError[] = [];
  readonly proxy: RtspProxy;
  trafficTold = 0;
  loopbackUrl = '';
  child: ChildProcess | null = null;
  #played: Promise<Played> | null = null;

  constructor(url: string, { answerMs = 10_000, frames: _, ...source }: WatchOptions = {}) {
    const options: RtspProxyOptions = {
      source: { kind: 'rtsp', url, user: '', password: '', transport: 'tcp', tls: SYSTEM_TRUST, ...source },
      connector: this.connector,
      clock: this.clock,
      answerMs,
      listener: {
        onTraffic: () => {
          this.trafficTold += 1;
        },
        onEnd: (error) => this.errors.push(error),
      },
    };
    this.proxy = new RtspProxy(options);
  }

  /** Opens, and lets ffmpeg watch. */
  static async start(url: string, options: WatchOptions = {}): Promise<Watch> {
    const watch = new Watch(url, options);
    watch.loopbackUrl = await watch.proxy.open();
    watch.play(watch.loopbackUrl, options.frames);
    return watch;
  }

  /** Lets ffmpeg watch. */
  play(url: string, frames?: number): void {
    const { child, played } = startPlayer(url, { frames });
    this.child = child;
    this.#played = played;
  }

  /** What ffmpeg made of it, once it has ended. */
  get played(): Promise<Played> {
    if (!this.#played) throw new Error('ffmpeg was not started.');
    return this.#played;
  }

  flows(packets = 1): Promise<unknown> {
    return waitFor('video', DEADLINE_MS, () => this.proxy.traffic.videoPackets >= packets);
  }

  ended(): Promise<CameraError> {
    return waitFor('the end', DEADLINE_MS, () => this.errors[0]);
  }

  /** Ends both; nothing is left of them. */
  async stop(): Promise<void> {
    await this.proxy.stop();
    await this.#played;
  }
}
