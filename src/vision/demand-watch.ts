import type { Clock, Timer } from '../shared/clock';
import { demandWarning, type ExpectedDemand, expectedWarning } from './demand';

export interface DemandWatchOptions {
  clock: Clock;
  /** Calls in flight at once. */
  slots: number;
  /** Told where more pictures come, or will come, than can be served. Missing: nothing is counted. */
  onDemand?(warning: string): void;
}

/** How long pictures are counted before demand is judged: longer than most intervals between two of a camera. */
const DEMAND_MS = 60_000;
/** Cameras that are counted. */
const MAX_COUNTED = 10_000;
/** How much the newest answer counts in the mean of the latencies. */
const LATENCY_WEIGHT = 0.2;
/** The first answer of a server that loads its model says nothing: from so many on a mean is believed. */
const ENOUGH_ANSWERS = 3;

/**
 * Tells where an endpoint is asked more than it can serve: at a deploy by what the flow says, as soon as it is known how
 * long an answer takes, and after a minute by what has come. One word is enough for one flow.
 */
export class DemandWatch {
  readonly #options: DemandWatchOptions;
  readonly #cameras = new Set<string>();
  #expected: ExpectedDemand | null = null;
  #latencyMs: number | null = null;
  /** By an earlier run of the flow; null where there was none, or own answers tell better. */
  #latencyBeforeMs: number | null = null;
  #answers = 0;
  #pictures = 0;
  #isTold = false;
  #isCounted = false;
  #isStopped = false;
  #timer: Timer | null = null;

  constructor(options: DemandWatchOptions) {
    this.#options = options;
  }

  /** Mean of the latest answers' latencies; null before the first. */
  get latencyMs(): number | null {
    return this.#latencyMs;
  }

  /**
   * A flow was deployed.
   *
   * @param expected what it will ask at least; null where its settings do not tell
   * @param latencyMs how long an answer took before; null where that is not known
   */
  expect(expected: ExpectedDemand | null, latencyMs: number | null): void {
    const isSame =
      expected?.cameras === this.#expected?.cameras && expected?.perMinute === this.#expected?.perMinute;
    if (!isSame) this.#isTold = false;
    this.#expected = expected;
    this.#latencyBeforeMs = latencyMs;
    this.#judgeExpected();
  }

  /** A picture is to be asked about. */
  count(camera: string): void {
    const { clock, onDemand } = this.#options;
    // Judged already: nothing is kept any more.
    if (!onDemand || this.#isCounted) return;
    this.#timer ??= clock.setTimeout(() => this.#judgeCounted(), DEMAND_MS);
    this.#pictures += 1;
    if (this.#cameras.size < MAX_COUNTED) this.#cameras.add(camera);
  }

  /** An answer has come. */
  answered(latencyMs: number): void {
    const before = this.#latencyMs;
    this.#latencyMs = before === null ? latencyMs : before + (latencyMs - before) * LATENCY_WEIGHT;
    this.#answers += 1;
    if (this.#answers === ENOUGH_ANSWERS) this.#judgeExpected();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.clear();
  }

  #judgeExpected(): void {
    const isKnown = this.#answers >= ENOUGH_ANSWERS;
    const latencyMs = isKnown ? this.#latencyMs : this.#latencyBeforeMs;
    if (this.#expected) this.#tell(expectedWarning(this.#expected, this.#options.slots, latencyMs));
  }

  #judgeCounted(): void {
    const warning = demandWarning({
      ...{ pictures: this.#pictures, cameras: this.#cameras.size, spanMs: DEMAND_MS },
      ...{ slots: this.#options.slots, latencyMs: this.#latencyMs },
    });
    this.#cameras.clear();
    this.#isCounted = true;
    this.#tell(warning);
  }

  #tell(warning: string | null): void {
    if (warning === null || this.#isTold || this.#isStopped) return;
    this.#isTold = true;
    this.#options.onDemand?.(warning);
  }
}
