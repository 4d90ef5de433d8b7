import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heldRule } from '../../../src/window/held';
import { Sequence, type SequenceOptions, START, seen } from './sequence';

const PROOF = { least: 1, share: 0, coverage: 0 };

function held({ gapS = 3, ...options }: Partial<SequenceOptions> = {}) {
  const rule = heldRule({ holdMs: 2000, gapMs: gapS * 1000, ends: 2, proof: PROOF });
  return new Sequence(rule, { gapS, expireS: 20, ...options });
}

describe('an alarm that is not seen any more', () => {
  it('is blind after G, and expires after the time set', () => {
    const sequence = held().play('yyy');
    sequence.clock.advance(3000);
    assert.deepEqual(sequence.changes.at(-1), 'firing@2');
    sequence.clock.advance(2);
    assert.deepEqual(sequence.changes.at(-1), 'blind@2');
    sequence.clock.advance(19_990);
    assert.deepEqual(sequence.changes.at(-1), 'blind@2');
    sequence.clock.advance(10);
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@2', 'blind@2', 'expired@2']);
    assert.equal(sequence.last().until, START + 2000);
  });

  it('begins a new run after it has expired, and one that came too late only annotates it', () => {
    const sequence = held().play('yyy');
    sequence.clock.advance(30_000);
    sequence.see(seen(20, 'y'));
    assert.deepEqual(sequence.last().amended, {
      state: 'expired',
      verdict: 'yes',
      time: START + 20_000,
      count: 1,
    });
    sequence.see(seen(33, 'y'));
    assert.deepEqual(sequence.changes.at(-1), 'pending@33');
  });

  it('is told as blind first where a replay comes to its end at once', () => {
    const sequence = held();
    for (const second of [0, 1, 2, 60]) sequence.see(seen(second, 'y'));
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@2', 'blind@2', 'expired@2', 'pending@60']);
  });

  it('is blind at once when its camera goes offline, and stays so when that is back but shows nothing', () => {
    const sequence = held({ gapS: 30 }).play('yyy').camera(false);
    assert.deepEqual(sequence.changes.at(-1), 'blind@2');
    sequence.camera(true);
    sequence.see(seen(3, 'u'));
    assert.deepEqual(sequence.changes.at(-1), 'blind@2');
    sequence.see(seen(4, 'y'));
    assert.deepEqual(sequence.changes.at(-1), 'firing@4');
  });

  it('leaves a pending run to the gap rule when its camera goes offline', () => {
    const sequence = held().play('yy').camera(false);
    assert.deepEqual(sequence.changes, ['pending@0']);
    sequence.play('y', 3);
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@3']);
  });
});

describe('silence while a question is out', () => {
  it('is not judged before the answer could have come', () => {
    const sequence = held({ gapS: 30, probe: true, lateS: 45 }).play('y');
    sequence.clock.advance(40_000);
    assert.deepEqual(sequence.probes.slice(0, 2), [2, 17]);
    assert.deepEqual(sequence.changes, ['pending@0']);
    // The answer to the second probe, twenty seconds after it was asked.
    sequence.see(seen(18, 'y'));
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@18']);
  });

  it('is judged when no answer comes', () => {
    const sequence = held({ probe: true, lateS: 10 }).play('y');
    sequence.clock.advance(60_000);
    assert.deepEqual(sequence.changes, ['pending@0', 'idle@0']);
    assert.ok(sequence.probes.length < 5, 'an idle key is not asked about');
  });

  it('is judged for an alarm although more questions follow the one that was not answered', () => {
    const sequence = held({ gapS: 30, probe: true, lateS: 45, expireS: 600 }).play('yyy');
    sequence.clock.advance(58_000);
    assert.equal(sequence.changes.at(-1), 'firing@2', 'asked at 17, the answer may take until 62');
    sequence.clock.advance(3000);
    assert.equal(sequence.changes.at(-1), 'blind@2');
    sequence.clock.advance(600_000);
    assert.equal(sequence.changes.at(-1), 'expired@2');
  });

  it('is judged at once for a camera that is offline', () => {
    const sequence = held({ probe: true, lateS: 60, gapS: 4 }).play('yyy');
    sequence.clock.advance(3000);
    assert.ok(sequence.probes.length > 0);
    sequence.camera(false);
    assert.deepEqual(sequence.changes.at(-1), 'blind@2');
  });
});

describe('answers that come too seldom', () => {
  const seldom = (pattern: string) =>
    held({ gapS: 4 })
      .play(pattern)
      .outputs.flatMap((output) => (output.type === 'seldom' ? [output.everyMs] : []));

  it('are told of, when most of them come later than half of G', () => {
    assert.deepEqual(seldom('y...y...y...y...y'), [4000]);
  });

  it('are not where a single one was lost', () => {
    assert.deepEqual(seldom('y.y.y.y...y.y.y.y.y'), []);
  });

  it('are not while no run is on', () => {
    assert.deepEqual(seldom('n...n...n...n...n...n'), []);
  });
});
