import { KeyedRunner } from '../../../src/shared/decider';
import type { WindowInfo } from '../../../src/shared/messages';
import { type KeyState, type WindowOutput, windowDecider } from '../../../src/window/decider';
import { type ObservationEvent, observationOf } from '../../../src/window/observation';
import type { RunRule } from '../../../src/window/run-rule';
import { FakeClock } from '../../fixtures/fake-clock';

/** Event time of second 0 of every sequence. */
export const START = Date.UTC(2026, 10, 22, 8);

const VERDICTS = { y: 'yes', n: 'no', u: 'unknown' } as const;

/** An observation of camera `gate`, at a second of the sequence. */
export function seen(
  second: number,
  verdict: keyof typeof VERDICTS,
  { id = `f${second}`, latencyMs = 0 }: { id?: string | null; latencyMs?: number } = {},
): ObservationEvent {
  const event = observationOf(
    {
      camera: 'gate',
      topic: 'Gate',
      payload: undefined,
      frame: { camera: 'gate', time: START + second * 1000, id: id ?? undefined },
      vision: {
        verdict: VERDICTS[verdict],
        confidence: null,
        rule: 'loitering',
        model: '',
        endpoint: '',
        usage: null,
        cost: null,
        latency: latencyMs,
        attempts: 1,
      },
    },
    0,
    START,
  );
  return event;
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
  readonly runner: KeyedRunner<KeyState<R> | undefined, ObservationEvent, WindowOutput>;

  constructor(rule: RunRule<R>, { gapS, probe = false }: { gapS: number; probe?: boolean }) {
    this.runner = new KeyedRunner({
      step: windowDecider(rule, { probe, gapMs: gapS * 1000 }),
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

  see(...events: ObservationEvent[]): this {
    for (const event of events) this.runner.dispatch('gate/loitering', event, event.observation.t);
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
