import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Clock } from '../../src/shared/clock';
import type * as deciders from '../../src/shared/decider';
import type { Verdict } from '../../src/shared/messages';
import type { WindowEvent } from '../../src/window/decider';
import type { KeyState, WindowOutput } from '../../src/window/key-state';
import type { Answer } from '../../src/window/observation';
import { seeded } from '../fixtures/seeded';
import { visionInfo } from '../fixtures/vision-info';
import { history, optionsOf, RULES } from '../unit/window/arbitraries';
import { playBoth, ruleOf } from '../unit/window/histories';
import type { ReferenceOptions } from '../unit/window/reference';
import { compiled } from './compiled';
import { finish, median, printCase, quantile } from './report';

const { systemClock } = compiled<typeof import('../../src/shared/clock')>('src/shared/clock');
const { KeyedRunner } = compiled<typeof deciders>('src/shared/decider');
const { Journal } = compiled<typeof import('../../src/store/journal')>('src/store/journal');
const { windowDecider } = compiled<typeof import('../../src/window/decider')>('src/window/decider');
const { kept } = compiled<typeof import('../../src/window/kept')>('src/window/kept');
const { observationOf } = compiled<typeof import('../../src/window/observation')>('src/window/observation');
const { runOf } = compiled<typeof import('../../src/window/run')>('src/window/run');
const { timelineOf } = compiled<typeof import('../../src/window/timeline')>('src/window/timeline');

const CAMERAS = 200;
/** The defaults of the node. */
const DEFAULTS: ReferenceOptions = {
  rule: 'held',
  T: 60_000,
  G: 30_000,
  m: 2,
  k: 3,
  n: 5,
  W: 60_000,
  E: 600_000,
  L: 45_000,
  least: 3,
  p: 0.6,
  c: 0.5,
  startConfidence: 0,
  probe: true,
};
const START = Date.UTC(2026, 10, 22, 8);
const SECOND = 1000;
const HOUR = 3600 * SECOND;
/** Between two answers about one camera and rule: faster models are not asked more often. */
const EVERY_MS = 5 * SECOND;

interface Keeper {
  save(key: string, value: object): void;
  remove(key: string): void;
}

type Runner = deciders.KeyedRunner<KeyState<unknown> | undefined, WindowEvent, WindowOutput>;

/** 200 cameras × 5 rules, one rule of each kind a camera: all that the node does but for Node-RED's own send. */
class Load {
  readonly outputs = { windows: 0, probes: 0 };
  readonly #runners: Runner[];
  readonly #random = seeded(6);
  /** Somebody comes and goes: yes is followed by yes nine times of ten. */
  readonly #verdicts: Verdict[] = Array.from({ length: CAMERAS * RULES.length }, () => 'no');

  constructor(clock: Clock, journal: Keeper | null = null) {
    this.#runners = RULES.map((rule) => {
      const { G, m, E, L, startConfidence, probe } = DEFAULTS;
      const run = { gapMs: G, ends: m, expireMs: E, lateMs: L, startConfidence };
      const runner: Runner = new KeyedRunner({
        step: windowDecider(runOf(ruleOf({ ...DEFAULTS, rule }), run), { probe, updates: false }),
        clock,
        maxKeys: 1000,
        onState: (key, state, now) => {
          if (!journal) return;
          const one = state ? kept(rule, state, now, clock.now()) : null;
          if (one) journal.save(`${rule} ${key}`, one);
          else journal.remove(`${rule} ${key}`);
        },
        onOutput: (key, output) => {
          if (output.type === 'probe') this.outputs.probes++;
          else if (output.type === 'forget') runner.forget(key);
          else if (output.type === 'window' && output.changed) {
            const info = structuredClone(output.info);
            info.timeline = timelineOf(info.verdicts ?? [], 'Europe/Berlin');
            this.outputs.windows++;
          }
        },
      });
      return runner;
    });
  }

  /** One answer about each camera and rule, captured at `t`. */
  round(t: number): void {
    this.take(this.answers(t), t);
  }

  /** As vision-llm sends them, in the order of the cameras, and of the rules within. */
  answers(t: number): Answer[] {
    return this.#verdicts.map((_, index) =>
      this.#answer(`camera-${Math.floor(index / RULES.length)}`, index, t),
    );
  }

  /** What the node does with them. */
  take(answers: readonly Answer[], t: number): void {
    for (const [index, answer] of answers.entries()) {
      const event = observationOf(answer, 0, t);
      this.#runners[index % RULES.length]?.dispatch(event.subject.key, event, t);
    }
  }

  stop(): void {
    for (const runner of this.#runners) runner.stop();
  }

  #answer(camera: string, index: number, t: number): Answer {
    const dice = this.#random();
    const before = this.#verdicts[index];
    const verdict = dice < 0.05 ? 'unknown' : dice < 0.9 ? (before ?? 'no') : before === 'yes' ? 'no' : 'yes';
    if (verdict !== 'unknown') this.#verdicts[index] = verdict;
    return {
      camera,
      topic: camera,
      payload: { verdict, reason: 'somebody stands at the gate' },
      frame: { camera, id: `${camera}-${index}-${t}`, time: t, age: 200 },
      vision: visionInfo({ verdict }),
      selection: { reason: 'interval' },
    };
  }
}

function throughput(): number {
  const rates: number[] = [];
  for (let part = 0; part < 7; part++) {
    const load = new Load(systemClock);
    for (let round = 0; round < 20; round++) load.round(START + round * EVERY_MS);
    const rounds = 150;
    let spentUs = 0;
    for (let round = 20; round < 20 + rounds; round++) {
      const t = START + round * EVERY_MS;
      // The answers are vision-llm's work.
      const answers = load.answers(t);
      const begin = process.cpuUsage();
      load.take(answers, t);
      const { user, system } = process.cpuUsage(begin);
      spentUs += user + system;
    }
    load.stop();
    rates.push((rounds * CAMERAS * RULES.length) / (spentUs / 1e6));
  }
  // The first one warms the compiler up.
  const measured = rates.slice(1);
  printCase('observations', {
    keys: CAMERAS * RULES.length,
    per_cpu_second: measured.map(Math.round),
  });
  return median(measured);
}

/** Time that only goes on when told, and never runs a timer: what silence does is decided with the next observation. */
function eventTime(): Clock & { at: number } {
  const clock = {
    at: START,
    now: () => clock.at,
    monotonic: () => clock.at - START,
    setTimeout: () => ({ clear: () => {} }),
  };
  return clock;
}

/** Memory after three hours over that after one: an answer every 5 s about each of 1,000 keys. */
function memory(): number {
  const clock = eventTime();
  const load = new Load(clock);
  const after = (hours: number) => {
    for (; clock.at < START + hours * HOUR; clock.at += EVERY_MS) load.round(clock.at);
    global.gc?.();
    global.gc?.();
    return process.memoryUsage().heapUsed;
  };
  if (!global.gc) throw new Error('Run it by `npm run bench -- window`: it needs --expose-gc.');
  const [one, three] = [after(1), after(3)];
  printCase('memory', { after_1_h_mb: mb(one), after_3_h_mb: mb(three), told: load.outputs });
  load.stop();
  return three / one;
}

/** Of 1,000 random histories, the share of which the reducer tells the same as the plain reference. */
function agreement(): number {
  const perRule = 1000 / RULES.length;
  let [same, told] = [0, 0];
  for (const rule of RULES) {
    const cases = fc.sample(fc.tuple(optionsOf(rule), history), { numRuns: perRule, seed: 2026 });
    for (const [options, happenings] of cases) {
      const { reference, live } = playBoth(options, happenings);
      told += reference.told.length;
      if (JSON.stringify(live.told) === JSON.stringify(reference.told)) same++;
    }
  }
  printCase('agreement', { histories: 1000, same, transitions: told });
  return same / 1000;
}

/**
 * How long the event loop is held by the journal: 1,000 keys that all change every second, for 30 s, on a real disk.
 * Counted is what the process computes from one turn of the loop to the next, saving included: on a busy machine the
 * wall clock would count what others do. It is more than the loop's own share, because threads that write are in it.
 */
async function journalPauses(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'v2l-bench-'));
  const journal = await Journal.open({ folder, clock: systemClock, onError: (error) => fail(error) });
  const scope = journal.scope('bench');
  const states = statesAfterTenMinutes();
  const pauses: number[] = [];
  const begin = performance.now();
  let [before, saved] = [process.cpuUsage(), -1];
  await new Promise<void>((resolve) => {
    const turn = () => {
      const { user, system } = process.cpuUsage(before);
      pauses.push((user + system) / 1000);
      before = process.cpuUsage();
      const second = Math.floor((performance.now() - begin) / SECOND);
      if (second >= 30) return resolve();
      if (second !== saved) for (const [key, value] of states) scope.save(key, value);
      saved = second;
      setImmediate(turn);
    };
    setImmediate(turn);
  });
  await journal.close();
  const { size } = statSync(join(folder, 'journal.jsonl'));
  rmSync(folder, { recursive: true });
  // An empty turn takes some microseconds: asked for are those in which something was done.
  const held = pauses.filter((pause) => pause > 0.1);
  const p99 = quantile(held, 0.99);
  printCase('journal', {
    keys: states.length,
    bytes_per_key: Math.round(JSON.stringify(states).length / states.length),
    turns: pauses.length,
    held: held.length,
    held_ms: {
      p50: ms(quantile(held, 0.5)),
      p99: ms(p99),
      max: ms(held.reduce((a, b) => Math.max(a, b), 0)),
    },
    file_mb: mb(size),
  });
  return p99;
}

/** 1,000 states with a story, shares and ids, as the node gives them to the journal. */
function statesAfterTenMinutes(): [string, object][] {
  const states = new Map<string, object>();
  const scope = { save: (key: string, value: object) => void states.set(key, value), remove: () => {} };
  const load = new Load(eventTime(), scope);
  for (let round = 0; round < 120; round++) load.round(START + round * EVERY_MS);
  load.stop();
  const all = [...states];
  return Array.from({ length: 1000 }, (_, i) => [`key-${i}`, all[i % all.length]?.[1] ?? {}]);
}

function fail(error: Error): never {
  throw error;
}

const mb = (bytes: number) => Math.round(bytes / 2 ** 20);
const ms = (value: number) => Math.round(value * 100) / 100;

void (async () => {
  const observations = throughput();
  const growth = memory();
  const agree = agreement();
  const pause = await journalPauses();
  finish('window', [
    { name: 'observations_per_s', goal: '>= 100000', measured: Math.round(observations) },
    { name: 'memory_growth_ratio', goal: '<= 1.02', measured: Math.round(growth * 1000) / 1000 },
    { name: 'agreement', goal: '= 1', measured: agree },
    { name: 'journal_write_p99_ms', goal: '<= 5', measured: ms(pause) },
  ]);
})();
