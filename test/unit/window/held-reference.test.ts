import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heldRule } from '../../../src/window/held';
import { Sequence, START, seen } from './sequence';

type Seen = { second: number; verdict: 'y' | 'n' | 'u' };

/** The rule in plain words, slowly: what an observation changes, from the whole history before it. */
function reference(history: Seen[], { holdS = 0, gapS = 0, noEnds = 0 }): string[] {
  const changes: string[] = [];
  let run: { first: number; newest: number; firing: boolean; noes: number } | null = null;
  for (const { second, verdict } of history) {
    if (run && !run.firing && second - run.newest > gapS) run = null;
    if (verdict === 'y') {
      run ??= { first: second, newest: second, firing: false, noes: 0 };
      run.newest = second;
      run.noes = 0;
      if (!run.firing && run.newest - run.first >= holdS) {
        run.firing = true;
        changes.push(`firing@${second}`);
      }
    }
    if (verdict === 'n' && run) {
      run.noes++;
      if (run.noes < noEnds) continue;
      if (run.firing) changes.push(`resolved@${second}`);
      run = null;
    }
  }
  return changes;
}

/** mulberry32 (public domain): a seed gives the same history each time. */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function historyOf(seed: number): Seen[] {
  const next = random(seed);
  let second = 0;
  let mood = 0.5;
  return Array.from({ length: 200 }, () => {
    second += next() < 0.1 ? 1 + Math.floor(next() * 12) : 1;
    if (next() < 0.05) mood = next();
    const dice = next();
    return { second, verdict: dice < 0.1 ? 'u' : dice < 0.1 + 0.9 * mood ? 'y' : 'n' };
  });
}

describe('300 random histories', () => {
  const options = { holdS: 8, gapS: 4, noEnds: 2 };
  const rule = () =>
    heldRule({ holdMs: options.holdS * 1000, gapMs: options.gapS * 1000, noEnds: options.noEnds });

  it('fire and resolve as the plain reference says, whether timers run or not', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const history = historyOf(seed);
      const replayed = new Sequence(rule(), { gapS: options.gapS });
      const live = new Sequence(rule(), { gapS: options.gapS, probe: true });
      for (const { second, verdict } of history) {
        replayed.see(seen(second, verdict));
        live.clock.advance(START + second * 1000 - live.clock.now());
        live.see(seen(second, verdict));
      }
      const alarmsOf = (changes: string[]) => changes.filter((change) => /^(firing|resolved)/.test(change));
      const expected = reference(history, options);
      assert.deepEqual(alarmsOf(replayed.changes), expected, `seed ${seed}`);
      assert.deepEqual(alarmsOf(live.changes), expected, `seed ${seed}, live`);
      alarms += expected.length;
    }
    assert.ok(alarms > 500, `the histories hold enough to compare: ${alarms}`);
  });

  it('end the same when each pair of observations that told nothing comes in the other order', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const history = historyOf(seed).filter(({ second }) => second < 60);
      // Never long enough to fire: nothing is told that could not be taken back.
      const patient = heldRule({ holdMs: 1e9, gapMs: options.gapS * 1000, noEnds: options.noEnds });
      const inOrder = new Sequence(patient, { gapS: options.gapS });
      const swapped = new Sequence(patient, { gapS: options.gapS });
      for (const { second, verdict } of history) inOrder.see(seen(second, verdict));
      for (let i = 0; i < history.length; i += 2) {
        const [a, b] = [history[i], history[i + 1]];
        const pair = b && a && b.second - a.second <= options.gapS ? [b, a] : [a, b];
        for (const one of pair) if (one) swapped.see(seen(one.second, one.verdict));
      }
      assert.deepEqual(swapped.dropped(), [], `seed ${seed}`);
      const runOf = (sequence: typeof inOrder) => sequence.runner.peek('gate/loitering')?.run;
      assert.deepEqual(runOf(swapped), runOf(inOrder), `seed ${seed}`);
    }
  });
});
