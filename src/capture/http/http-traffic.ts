import type { Clock } from '../../shared/clock';
import { noTraffic, type Traffic } from '../feed';

/** `onTraffic` is called no more often than this. */
const TELL_EVERY_MS = 500;

/** Counts what comes from a camera over HTTP. */
export class HttpTraffic {
  readonly traffic: Traffic = noTraffic();
  readonly #clock: Clock;
  readonly #tell: () => void;
  #toldAt: number | null = null;

  /** @param tell called with the first bytes, then at most twice a second */
  constructor(clock: Clock, tell: () => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** A piece of video has come. */
  video(bytes: number): void {
    const now = this.#clock.monotonic();
    this.traffic.videoBytes += bytes;
    this.traffic.videoPackets += 1;
    this.traffic.lastVideoAt = now;
    if (this.#toldAt !== null && now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    this.#tell();
  }

  /** A whole JPEG has come: each is a keyframe. */
  picture(): void {
    const { traffic } = this;
    const now = this.#clock.monotonic();
    traffic.pictures = (traffic.pictures ?? 0) + 1;
    traffic.keyframes = traffic.pictures;
    traffic.gopMs = traffic.lastKeyframeAt === null ? null : now - traffic.lastKeyframeAt;
    traffic.lastKeyframeAt = now;
  }

  /** A segment that the playlist named was not there. */
  lost(): void {
    this.traffic.lostPackets += 1;
  }
}
