import type { Clock } from '../shared/clock';
import { KeyedRunner } from '../shared/decider';
import type { CameraError } from '../shared/errors';
import type { CameraHealth } from '../shared/messages';
import type { Feed, Traffic } from './feed';
import { Figures } from './figures';
import {
  gradeOf,
  type HealthEvent,
  type HealthOutput,
  type HealthSettings,
  type HealthState,
  health,
  inLastHour,
  troublesOf,
} from './health';
import type { Phase } from './supervise';

/** What the session itself counts. */
export interface Counts {
  frames: number;
  dropped: number;
  reconnects: number;
}

/** No video for so long is a hiccup, which counts for the grade: as Frigate's stalls. */
const HICCUP_MS = 2000;

/** The decider runs for one key: one camera. */
const KEY = 'camera';

/** How one camera is: gathers what comes of it, and tells when people are to be told. */
export class Vitals {
  readonly #clock: Clock;
  readonly #runner: KeyedRunner<HealthState, HealthEvent, HealthOutput>;
  readonly #figures = new Figures();
  #lastLuma: Buffer | null = null;
  /** Packets that were lost before, as the feed counts them, and when video came last. */
  #lost = 0;
  #lastVideoAt: number | null = null;

  /** @param onTold what people are told has changed; `error`: what is wrong, null for nothing */
  constructor(clock: Clock, onTold: (error: CameraError | null) => void) {
    this.#clock = clock;
    this.#runner = new KeyedRunner({
      step: health,
      clock,
      maxKeys: 1,
      onOutput: () => onTold(this.#runner.peek(KEY)?.told?.error ?? null),
    });
  }

  start(settings: HealthSettings): void {
    this.#runner.dispatch(KEY, { type: 'start', settings });
  }

  stop(): void {
    this.#runner.stop();
  }

  /** Another feed begins, which counts from 0. */
  restart(): void {
    this.#figures.restart();
    this.#lost = 0;
    this.#lastVideoAt = null;
  }

  phase(phase: Phase, error: CameraError | null): void {
    this.#runner.dispatch(KEY, { type: 'phase', phase, error });
  }

  /** @param luma grey plane, one byte a pixel */
  frame(luma: Buffer): void {
    this.#figures.addFrame(this.#clock.monotonic());
    this.#runner.dispatch(KEY, { type: 'frame', same: this.#lastLuma?.equals(luma) ?? false });
    this.#lastLuma = luma;
  }

  traffic(traffic: Readonly<Traffic>): void {
    const { lastVideoAt, lostPackets } = traffic;
    this.#figures.addTraffic(traffic, this.#clock.monotonic());
    if (lastVideoAt !== null && this.#lastVideoAt !== null && lastVideoAt - this.#lastVideoAt > HICCUP_MS)
      this.#runner.dispatch(KEY, { type: 'stall' });
    if (lostPackets > this.#lost) this.broken(lostPackets - this.#lost);
    this.#lastVideoAt = lastVideoAt;
    this.#lost = lostPackets;
  }

  /** So many pictures or packets were broken or lost. */
  broken(count: number): void {
    this.#runner.dispatch(KEY, { type: 'trouble', count });
  }

  /** As people are told; null before there is anything to tell. */
  of(id: string, name: string, counts: Counts, feed: Feed | null): CameraHealth | null {
    const state = this.#runner.peek(KEY);
    if (!state?.told) return null;
    const { state: is, error, since } = state.told;
    const now = this.#clock.monotonic();
    const newest = this.#figures.newestFrameAt();
    // Its own time began with the wall clock, and may be ahead of it where that was set back.
    const ownNow = Math.max(this.#clock.now(), state.reconnects.at(-1) ?? 0);
    return {
      id,
      name,
      state: is,
      since: Math.round(since),
      code: error?.code ?? '',
      reason: error?.message ?? '',
      advice: error?.cause.advice ?? '',
      grade: gradeOf(state, ownNow),
      fps: this.#figures.fps(now),
      frameAgeMs: newest === null ? null : Math.round(now - newest),
      stream: feed?.stream
        ? { codec: feed.stream.codec, gopMs: feed.traffic.gopMs, ...this.#figures.stream(now) }
        : null,
      ...counts,
      reconnectsPerHour: inLastHour(state.reconnects, ownNow),
      stallsPerHour: inLastHour(state.stalls, ownNow),
      corruptionsPerMinute: troublesOf(state, ownNow),
    };
  }
}
