import type { Traffic } from './feed';

/** Over how long rates are told, in milliseconds. */
const WINDOW_MS = 10_000;
/** 10 s at 30 frames a second; of a faster stream the newest ones. */
const MAX_ARRIVALS = 300;
/** Two samples a second, as a feed tells them. */
const MAX_SAMPLES = 25;

interface Sample {
  at: number;
  bytes: number;
  pictures: number | null;
}

/** Rates of a stream, from what has come over the last ten seconds. Times are monotonic, in milliseconds. */
export class Figures {
  #arrivals: number[] = [];
  #samples: Sample[] = [];

  /** Another ffmpeg begins, and with it another feed, which counts from 0. */
  restart(): void {
    this.#samples = [];
  }

  addFrame(now: number): void {
    this.#arrivals.push(now);
    if (this.#arrivals.length > MAX_ARRIVALS) this.#arrivals.shift();
  }

  addTraffic({ videoBytes, pictures }: Readonly<Traffic>, now: number): void {
    this.#samples.push({ at: now, bytes: videoBytes, pictures });
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
  }

  /** Frames a second that left, rounded to hundredths. */
  fps(now: number): number {
    const recent = this.#arrivals.filter((at) => at > now - WINDOW_MS);
    return hundredths(rate(recent.length - 1, recent[0], recent.at(-1))) ?? 0;
  }

  /** Of the newest frame that left; null before the first. */
  newestFrameAt(): number | null {
    return this.#arrivals.at(-1) ?? null;
  }

  /** Video as the camera sends it: pictures a second, and kilobits a second; null where they are not known. */
  stream(now: number): { fps: number | null; kbps: number | null } {
    const recent = this.#samples.filter(({ at }) => at > now - WINDOW_MS);
    const first = recent[0];
    const last = recent.at(-1);
    if (!first || !last) return { fps: null, kbps: null };
    const bytes = rate(last.bytes - first.bytes, first.at, last.at);
    const pictures =
      first.pictures === null || last.pictures === null
        ? null
        : rate(last.pictures - first.pictures, first.at, last.at);
    return { fps: hundredths(pictures), kbps: bytes === null ? null : Math.round((bytes * 8) / 1000) };
  }
}

/** A second; null where no time has gone by. */
function rate(count: number, from: number | undefined, to: number | undefined): number | null {
  if (from === undefined || to === undefined || to <= from) return null;
  return (count * 1000) / (to - from);
}

function hundredths(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100;
}
