import { KeyedRunner } from '../../../src/shared/decider';
import type { Verdict } from '../../../src/shared/messages';
import { countRule } from '../../../src/window/count';
import { type WindowEvent, windowDecider } from '../../../src/window/decider';
import { absenceRule, heldRule } from '../../../src/window/held';
import { kOfNRule } from '../../../src/window/k-of-n';
import { kept, restored } from '../../../src/window/kept';
import type { KeyState, WindowOutput } from '../../../src/window/key-state';
import type { ObservationEvent } from '../../../src/window/observation';
import type { Rule } from '../../../src/window/rule';
import { runOf } from '../../../src/window/run';
import { FakeClock } from '../../fixtures/fake-clock';
import { Reference, type ReferenceOptions, type Seen } from './reference';

/** What happens next in a random history. */
export interface Happening {
  /** After so long. Milliseconds. */
  waitMs: number;
  /** Captured so long before it arrives; where it happens to be before another one, it comes late. Milliseconds. */
  latencyMs: number;
  verdict: Verdict;
  confidence: number | null;
  paced: boolean;
  what: 'seen' | 'repeat' | 'offline' | 'killed';
}

const START = Date.UTC(2026, 10, 22, 8);
const KEY = 'gate/loitering';

/** The rule of src/window/ that the reference's options mean. Which record it keeps is its own matter. */
export function ruleOf(o: ReferenceOptions): Rule<unknown> {
  const proof = { least: o.least, share: o.p, coverage: o.c };
  const held = { holdMs: o.T, gapMs: o.G, ends: o.m, proof };
  if (o.rule === 'held') return heldRule(held) as Rule<unknown>;
  if (o.rule === 'absence') return absenceRule(held) as Rule<unknown>;
  if (o.rule === 'kOfN') return kOfNRule({ countN: o.k, ofN: o.n, gapMs: o.G }) as Rule<unknown>;
  const edges = o.rule === 'edges';
  return countRule({ countN: o.k, windowMs: o.W, ends: o.m, edges, gapMs: o.G }) as Rule<unknown>;
}

/** Plays a history to the reducer and to the reference. */
export function playBoth(o: ReferenceOptions, history: Happening[]) {
  const reference = new Reference(o);
  const live = new Live(o);
  /** The key's time: that of its newest event when it came, going on with the clock. null before the first. */
  let key: { at: number; clock: number } | null = null;
  const now = () => (key ? key.at + live.clock.monotonic() - key.clock : null);
  let last: Seen | null = null;
  for (const [i, { waitMs, latencyMs, verdict, confidence, paced, what }] of history.entries()) {
    live.clock.advance(waitMs);
    for (const at of live.asked.splice(0)) {
      reference.pass(at);
      reference.ask(at);
    }
    const before = now();
    if (before !== null) reference.pass(before);
    if (what === 'offline') {
      live.offline();
      if (before !== null) reference.pass(before, true);
    } else if (what === 'killed') {
      live.kill();
      reference.restart();
      // No answer is on its way any more: silence is judged at once.
      if (before !== null) reference.pass(before);
      if (!live.isKnown) key = null;
    } else {
      const seen: Seen =
        what === 'repeat' && last
          ? last
          : { id: `f${i}`, t: live.clock.now() - latencyMs, verdict, confidence, paced };
      last = seen;
      const at: number = Math.max(before ?? seen.t, seen.t);
      key = { at, clock: live.clock.monotonic() };
      live.see(seen);
      if (!reference.observe(seen, at)) {
        key = { at: seen.t, clock: live.clock.monotonic() };
        reference.observe(seen, seen.t);
      }
    }
  }
  return { reference, live };
}

class Live {
  readonly clock = new FakeClock(START);
  readonly told: string[] = [];
  readonly dropped: string[] = [];
  /** The key's times at which a frame was asked for, and of its newest step. */
  readonly asked: number[] = [];
  #now = 0;
  /** What would be in the journal. */
  #journal: string | null = null;
  #runner: KeyedRunner<KeyState<unknown> | undefined, WindowEvent, WindowOutput>;
  readonly #o: ReferenceOptions;

  constructor(o: ReferenceOptions) {
    this.#o = o;
    this.#runner = this.#start();
  }

  get isKnown(): boolean {
    return this.#runner.size > 0;
  }

  see(seen: Seen): void {
    this.#runner.dispatch(KEY, eventOf(seen), seen.t);
  }

  offline(): void {
    if (this.isKnown) this.#runner.dispatch(KEY, { type: 'camera', online: false });
  }

  /** Ends without a word, and begins again with what the journal has. */
  kill(): void {
    this.#runner.stop();
    this.#runner = this.#start();
    const back =
      this.#journal === null ? null : restored(this.#o.rule, JSON.parse(this.#journal), this.clock.now());
    if (back) this.#runner.restore(KEY, back.state, back.at);
  }

  #start() {
    const { G, m, E, L, startConfidence } = this.#o;
    const options = { gapMs: G, ends: m, expireMs: E, lateMs: L, startConfidence };
    const runner = new KeyedRunner<KeyState<unknown> | undefined, WindowEvent, WindowOutput>({
      step: windowDecider(runOf(ruleOf(this.#o), options), { probe: this.#o.probe, updates: true }),
      clock: this.clock,
      maxKeys: 1,
      onState: (_key, state, now) => {
        this.#now = now;
        const one = state && kept(this.#o.rule, state, now, this.clock.now());
        this.#journal = one ? JSON.stringify(one) : null;
      },
      onOutput: (key, output) => {
        if (output.type === 'dropped') this.dropped.push(output.reason);
        if (output.type === 'probe') this.asked.push(this.#now);
        if (output.type === 'restart') {
          runner.forget(key);
          runner.dispatch(key, output.event, output.event.observation.t);
        }
        if (output.type !== 'window' || !output.changed) return;
        const { state, time, since, heldMs, amended } = output.info;
        this.told.push(
          amended
            ? `amended ${amended.verdict}@${amended.time}`
            : `${state}@${time} since ${since ?? '-'} held ${heldMs}`,
        );
      },
    });
    return runner;
  }
}

function eventOf({ id, t, verdict, confidence, paced }: Seen): ObservationEvent {
  return {
    type: 'observation',
    id,
    observation: { t, verdict, confidence, paced, unseen: false },
    subject: { key: KEY, camera: 'gate', rule: 'loitering', name: '', topic: 'Gate', profile: null },
    latencyMs: 0,
    aheadMs: 0,
    reason: '',
    picture: null,
  };
}
