import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KeyedRunner } from '../../../src/shared/decider';
import { type WindowEvent, windowDecider } from '../../../src/window/decider';
import { heldRule } from '../../../src/window/held';
import { kept, restored, toldBefore } from '../../../src/window/kept';
import type { KeyState, WindowOutput } from '../../../src/window/key-state';
import { runOf } from '../../../src/window/run';
import { FakeClock } from '../../fixtures/fake-clock';

const START = Date.UTC(2026, 10, 22, 8);
const KEY = 'gate/loitering';
const PROOF = { least: 2, share: 0, coverage: 0 };
const RULE = heldRule({ holdMs: 3000, gapMs: 10_000, ends: 2, proof: PROOF });
const OPTIONS = { gapMs: 10_000, ends: 2, expireMs: 30_000, startConfidence: 0, lateMs: 1000 };

/** One answer a second, then silence; gives what the journal has then. */
function journalAfter(pattern: string, silenceS = 0): unknown {
  const clock = new FakeClock(START);
  let journal: string | null = null;
  const runner = new KeyedRunner<KeyState<null> | undefined, WindowEvent, WindowOutput>({
    step: windowDecider(runOf(RULE, OPTIONS), { probe: false, updates: false }),
    clock,
    maxKeys: 1,
    onState: (_key, state, now) => {
      journal = state ? JSON.stringify(kept('held', state, now, clock.now())) : null;
    },
    onOutput: () => {},
  });
  for (const [i, letter] of [...pattern].entries()) {
    const t = START + i * 1000;
    clock.advance(t - clock.now());
    const verdict = letter === 'y' ? 'yes' : 'no';
    const subject = { key: KEY, camera: 'gate', rule: 'loitering', name: '', topic: 'Gate', profile: null };
    const observation = { t, verdict, confidence: null, paced: false, unseen: false } as const;
    runner.dispatch(
      KEY,
      {
        type: 'observation',
        id: `f${i}`,
        observation,
        subject,
        latencyMs: 0,
        aheadMs: 0,
        reason: '',
        picture: null,
      },
      t,
    );
  }
  clock.advance(silenceS * 1000);
  runner.stop();
  return JSON.parse(journal ?? 'null');
}

const toldAgain = (value: unknown) => toldBefore('held', RULE, value).map(({ info }) => info);

describe('what was told before a restart', () => {
  const cases: [what: string, pattern: string, silenceS: number, states: string[]][] = [
    ['an alarm', 'yyyyy', 0, ['firing']],
    ['one that is blind: whoever has not heard of it must hear of both', 'yyyyy', 20, ['firing', 'blind']],
    ['the end of one', 'yyyyynn', 0, ['resolved']],
    ['that one was given up', 'yyyyy', 50, ['expired']],
    ['nothing of a run that is pending', 'yy', 0, []],
    ['nothing of an end after which another run began', 'yyyyynny', 0, []],
    ['nothing where nothing was ever on', 'nnn', 0, []],
    ['nothing of an end that is a minute old', `yyyyynn${'n'.repeat(62)}`, 0, []],
  ];
  for (const [what, pattern, silenceS, states] of cases) {
    it(`is ${what}`, () => {
      const again = toldAgain(journalAfter(pattern, silenceS));
      assert.deepEqual(
        again.map(({ state }) => state),
        states,
      );
      assert.ok(again.every(({ repeat, since }) => repeat && since === START));
    });
  }

  it('is nothing of a rule of another kind, or of another version', () => {
    const value = journalAfter('yyyyy') as object;
    assert.deepEqual(toldBefore('count', RULE, value), []);
    assert.deepEqual(toldAgain({ ...value, version: 1 }), []);
    assert.deepEqual(toldAgain('something'), []);
  });

  it('lets no run go on that has ended', () => {
    const at = START + 10_000;
    assert.equal(restored('held', journalAfter('yyyyynn'), at), null);
    assert.equal(restored('held', journalAfter('yyyyy'), at)?.state.told, 'firing');
  });
});
