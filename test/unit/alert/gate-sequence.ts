import { AlertFlood } from '../../../nodes/lib/alert-flood';
import { type GateEvent, gateEventOf } from '../../../src/alert/finding';
import type { Digest, FloodOptions } from '../../../src/alert/flood';
import { alertGate } from '../../../src/alert/gate';
import {
  type GateInput,
  type GateOptions,
  type GateOutput,
  type GateState,
  type Holds,
  NOTHING_HOLDS,
} from '../../../src/alert/gate-state';
import { KeyedRunner } from '../../../src/shared/decider';
import type { Selection, Severity, WindowInfo } from '../../../src/shared/messages';
import { FakeClock } from '../../fixtures/fake-clock';
import { visionInfo } from '../../fixtures/vision-info';

export const START = Date.UTC(2026, 10, 22, 8);

export const GATE_OPTIONS: GateOptions = {
  severity: 'warning',
  cooldownMs: 60_000,
  minConfidence: 0,
  updateEveryMs: 0,
  unknown: 'ignore',
  unknownMs: 300_000,
  quiet: null,
  quietExcept: null,
  timeZone: 'UTC',
  sendCleared: true,
  salt: 'abcd',
};

/** A window's message about camera `gate`; `since` in seconds names the run. */
export function windowEvent(
  state: WindowInfo['state'],
  {
    since = 0,
    heldS = 60,
    confidence = null as number | null,
    camera = 'gate',
    severity = undefined as Severity | undefined,
    zones = [] as string[],
    amended = false,
    repeat = false,
  } = {},
): GateEvent | null {
  const window: WindowInfo = {
    key: `${camera}/loitering`,
    camera,
    rule: 'loitering',
    state,
    since: START + since * 1000,
    heldMs: heldS * 1000,
    samples: { yes: 3, no: 0, unknown: 0 },
    coverage: 1,
    time: START + (since + heldS) * 1000,
    confidence,
  };
  if (repeat) window.repeat = true;
  if (amended) window.amended = { state, verdict: 'yes', time: window.time, count: 1 };
  const selection = { zones } as unknown as Selection;
  const about = { camera, topic: 'Gate 2', payload: undefined, frame: undefined, selection, severity };
  return gateEventOf({ ...about, vision: undefined, window }, START);
}

/** An answer of vision-llm wired straight in. */
export function answerEvent(verdict: 'yes' | 'no' | 'unknown', second: number): GateEvent | null {
  return gateEventOf(
    {
      camera: 'gate',
      topic: 'Gate 2',
      payload: { reason: 'a man' },
      frame: { time: START + second * 1000 },
      vision: visionInfo({ verdict, confidence: 0.8, rule: 'ppe' }),
      window: undefined,
    },
    START,
  );
}

/** Runs the gate on a clock of its own and notes what comes out. */
export class GateSequence {
  readonly clock: FakeClock;
  readonly outputs: GateOutput[] = [];
  /** `raised`, `held cooldown`, `raised later`: one for each output that somebody gets. */
  readonly told: string[] = [];
  readonly ids: string[] = [];
  readonly runner: KeyedRunner<GateState, GateInput, GateOutput>;
  /** What lies outside of the key. */
  holds: Holds = NOTHING_HOLDS;
  readonly #flood: AlertFlood | null;
  /** What the digests were about, the newest last. */
  readonly digests: Digest[] = [];
  readonly #key: string | null;

  /**
   * @param key of a group; null for each rule by itself
   * @param limits of floods; null for none
   */
  constructor(
    options: Partial<GateOptions> = {},
    start = START,
    key: string | null = null,
    limits: FloodOptions | null = null,
  ) {
    this.#key = key;
    this.clock = new FakeClock(start);
    this.#flood = limits && this.#floodOf(limits);
    this.runner = new KeyedRunner({
      step: alertGate({ ...GATE_OPTIONS, ...options }),
      clock: this.clock,
      maxKeys: 10,
      onOutput: (key, output) => {
        this.outputs.push(output);
        if (output.type === 'forget') this.runner.forget(key);
        if (output.type === 'let-go') this.told.push(`let go ${output.reason}`);
        if (output.type === 'ready')
          this.runner.dispatch(key, { type: 'go', holds: this.#holdsOf(key) }, this.clock.now());
        if (output.type === 'held') this.told.push(`held ${output.reason}`);
        if (output.type === 'held' && output.missed) this.#flood?.held(output.about.finding, 'warning');
        if (output.type === 'let-go' && output.reason === 'flood')
          this.#flood?.held(output.finding, 'warning');
        if (output.type !== 'alert') return;
        if (output.alert.state === 'raised' || output.alert.state === 'updated')
          this.#flood?.told(key, output.alert.state === 'updated');
        this.told.push(output.own ? output.alert.state : `${output.alert.state} later`);
        this.ids.push(output.alert.id);
      },
    });
  }

  get(event: GateEvent | null): this {
    const key = this.#key ?? event?.finding.key ?? '';
    if (event) this.runner.dispatch(key, { ...event, key, holds: this.#holdsOf(key) }, this.clock.now());
    return this;
  }

  /** Something that is no finding, for the alert that was told last. */
  say(event: GateInput): this {
    this.runner.dispatch(this.#key ?? 'gate/loitering', event, this.clock.now());
    return this;
  }

  get id(): string {
    return this.ids.at(-1) ?? '';
  }

  window(state: WindowInfo['state'], options: Parameters<typeof windowEvent>[1] = {}): this {
    return this.get(windowEvent(state, options));
  }

  firing(options: Parameters<typeof windowEvent>[1] = {}): this {
    return this.get(windowEvent('firing', options));
  }

  resolved(options: Parameters<typeof windowEvent>[1] = {}): this {
    return this.get(windowEvent('resolved', options));
  }

  pass(seconds: number): this {
    this.clock.advance(seconds * 1000);
    return this;
  }

  #holdsOf(key: string): Holds {
    const flood = this.#flood;
    if (!flood) return this.holds;
    return { ...this.holds, floodUntil: flood.fullUntil(key), updateRoomMs: flood.updateRoomMs(key) };
  }

  #floodOf(limits: FloodOptions): AlertFlood {
    return new AlertFlood({
      limits,
      clock: this.clock,
      heldUntil: () => null,
      onDigest: (digest) => this.digests.push(digest),
      onState: () => {},
    });
  }
}
