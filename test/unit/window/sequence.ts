import { KeyedRunner } from '../../../src/shared/decider';
import type { SelectReason, WindowInfo } from '../../../src/shared/messages';
import { keyTimeOf, type WindowEvent, windowDecider } from '../../../src/window/decider';
import type { KeyState, WindowOutput } from '../../../src/window/key-state';
import { type ObservationEvent, observationOf } from '../../../src/window/observation';
import type { Rule } from '../../../src/window/rule';
import { type RunOptions, runOf } from '../../../src/window/run';
import { FakeClock } from '../../fixtures/fake-clock';
import { visionInfo } from '../../fixtures/vision-info';

/** Event time of second 0 of every sequence. */
export const START = Date.UTC(2026, 10, 22, 8);

const KEY = 'gate/loitering';
const VERDICTS = { y: 'yes', n: 'no', u: 'unknown' } as const;

/** An observation of camera `gate`, at a second of the sequence. */
export function seen(
  second: number,
  verdict: keyof typeof VERDICTS,
  {
    id = `f${second}`,
    latencyMs = 0,
    confidence = null,
    reason = undefined,
    clockS = Number.POSITIVE_INFINITY,
  }: {
    id?: string | null;
    latencyMs?: number;
    confidence?: number | null;
    reason?: SelectReason;
    /** What the clock shows where the second is one to come. */
    clockS?: number;
  } = {},
): ObservationEvent {
  const event = observationOf(
    {
      camera: 'gate',
      topic: 'Gate',
      payload: undefined,
      frame: { camera: 'gate', time: START + second * 1000, id: id ?? undefined },
      vision: visionInfo({ verdict: VERDICTS[verdict], confidence, latency: latencyMs }),
      selection: { reason },
    },
    0,
    START + Math.min(second, clockS) * 1000,
  );
  return event;
}

export interface SequenceOptions {
  gapS: number;
  noEnds?: number;
  /** How long a run may be blind. */
  expireS?: number;
  lateS?: number;
  startConfidence?: number;
  probe?: boolean;
}

function runOptions(options: SequenceOptions): RunOptions {
  const { gapS, noEnds = 2, expireS = 600, lateS = gapS, startConfidence = 0 } = options;
  return {
    gapMs: gapS * 1000,
    ends: noEnds,
    expireMs: expireS * 1000,
    lateMs: lateS * 1000,
    startConfidence,
  };
}

/** Runs a rule over a sequence on a clock of its own and notes what comes out, with the seconds. */
export class Sequence<R> {
  readonly clock = new FakeClock(START);
  readonly outputs: WindowOutput[] = [];
  readonly told: WindowInfo[] = [];
  /** `firing@14`: the changes of state, each at the second of the observation that it is about. */
  readonly changes: string[] = [];
  /** Seconds since the start of the clock at which a probe went out. */
  readonly probes: number[] = [];
  readonly runner: KeyedRunner<KeyState<R> | undefined, WindowEvent, WindowOutput>;

  constructor(rule: Rule<R>, { probe = false, ...options }: SequenceOptions) {
    this.runner = new KeyedRunner({
      step: windowDecider(runOf(rule, runOptions(options)), { probe, updates: true }),
      clock: this.clock,
      maxKeys: 10,
      onOutput: (key, output) => {
        this.outputs.push(output);
        if (output.type === 'probe') this.probes.push(this.clock.monotonic() / 1000);
        if (output.type === 'forget') this.runner.forget(key);
        if (output.type === 'restart') {
          this.runner.forget(key);
          this.see(output.event);
        }
        if (output.type !== 'window') return;
        this.told.push(output.info);
        if (output.changed) this.changes.push(`${output.info.state}@${(output.info.time - START) / 1000}`);
      },
    });
  }

  /** The camera goes offline, or comes back. */
  camera(online: boolean): this {
    for (const key of this.runner.keys()) this.runner.dispatch(key, { type: 'camera', online });
    return this;
  }

  see(...events: ObservationEvent[]): this {
    for (const event of events) {
      this.runner.dispatch(KEY, event, keyTimeOf(this.runner.peek(KEY), event));
    }
    return this;
  }

  /** `y` yes, `n` no, `u` unknown, `.` nothing: one a second, from `from` on, the clock going along. */
  play(pattern: string, from = 0): this {
    [...pattern].forEach((verdict, i) => {
      this.clock.advance((from + i) * 1000 - this.clock.monotonic());
      if (verdict === 'y' || verdict === 'n' || verdict === 'u') this.see(seen(from + i, verdict));
    });
    return this;
  }

  dropped(): string[] {
    return this.outputs.flatMap((output) => (output.type === 'dropped' ? [output.reason] : []));
  }

  last(): WindowInfo {
    const info = this.told.at(-1);
    if (!info) throw new Error('nothing was told');
    return info;
  }
}
