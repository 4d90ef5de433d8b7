import type { Clock, Timer } from '../shared/clock';
import { demandWarning } from './demand';

export interface DemandWatchOptions {
  clock: Clock;
  /** Calls in flight at once. */
  slots: number;
  /** Mean of the latest answers' latencies; null before the first. */
  latencyMs(): number | null;
  /** Told once, a minute after the first picture, where more come than can be served. Missing: nothing is counted. */
  onDemand?(warning: string): void;
}

/** How long pictures are counted before demand is judged: longer than most intervals between two of a camera. */
const DEMAND_MS = 60_000;
/** Cameras that are counted. */
const MAX_COUNTED = 10_000;

/** Counts pictures for a minute, and tells where there are more than an endpoint can serve. */
export class DemandWatch {
  readonly #options: DemandWatchOptions;
  readonly #cameras = new Set<string>();
  #pictures = 0;
  #isJudged = false;
  #timer: Timer | null = null;

  constructor(options: DemandWatchOptions) {
    this.#options = options;
  }

  count(camera: string): void {
    const { clock, onDemand } = this.#options;
    // Judged already: nothing is kept any more.
    if (!onDemand || this.#isJudged) return;
    this.#timer ??= clock.setTimeout(() => this.#judge(), DEMAND_MS);
    this.#pictures += 1;
    if (this.#cameras.size < MAX_COUNTED) this.#cameras.add(camera);
  }

  stop(): void {
    this.#timer?.clear();
  }

  #judge(): void {
    const { slots, latencyMs, onDemand } = this.#options;
    const warning = demandWarning({
      ...{ pictures: this.#pictures, cameras: this.#cameras.size, spanMs: DEMAND_MS },
      ...{ slots, latencyMs: latencyMs() },
    });
    this.#cameras.clear();
    this.#isJudged = true;
    if (warning) onDemand?.(warning);
  }
}
