import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heldRule } from '../../../src/window/held';
import { Sequence, seen } from './sequence';

/** T 60, G 30, as by default. */
function probing({ holdS = 60, gapS = 30, probe = true } = {}) {
  const proof = { least: 1, share: 0, coverage: 0 };
  return new Sequence(heldRule({ holdMs: holdS * 1000, gapMs: gapS * 1000, ends: 2, proof }), {
    gapS,
    probe,
  });
}

describe('probes', () => {
  it('are not sent for an idle key', () => {
    const sequence = probing().play('nn');
    sequence.clock.advance(100_000);
    assert.deepEqual(sequence.probes, []);
  });

  it('are not sent where they are switched off', () => {
    const sequence = probing({ probe: false }).play('y');
    sequence.clock.advance(100_000);
    assert.deepEqual(sequence.probes, []);
  });

  it('go out half a gap after the newest observation of a pending run, until it ends', () => {
    const sequence = probing().play('y');
    sequence.clock.advance(100_000);
    assert.deepEqual(sequence.probes, [15, 30]);
    assert.deepEqual(sequence.changes, ['pending@0', 'idle@0']);
  });

  it('are not sent while observations come often enough, but for the one that completes the run', () => {
    const sequence = probing().play('y.........'.repeat(6));
    assert.deepEqual(sequence.probes, []);
    sequence.play('.y', 60);
    assert.deepEqual(sequence.probes, [60]);
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@61']);
  });

  it('keep a run alive and fire it in time when nothing but answers to them comes', () => {
    const sequence = probing().play('y');
    let answered = 0;
    for (let second = 1; second <= 70; second++) {
      sequence.clock.advance(1000);
      if (sequence.probes.length === answered) continue;
      answered = sequence.probes.length;
      sequence.see(seen(second, 'y'));
    }
    assert.deepEqual(sequence.probes, [15, 30, 45, 60]);
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@60']);
  });

  it('go out earlier by the time that an answer takes, so that the gap is not longer for it', () => {
    const sequence = probing();
    sequence.clock.advance(10_000);
    sequence.see(seen(0, 'y', { latencyMs: 10_000 }));
    sequence.clock.advance(30_000);
    // Captured at 0, answered at 10: the next frame is wanted at 15.
    assert.equal(sequence.probes[0], 15);
  });

  it('go out at once where an answer takes longer than half a gap', () => {
    const sequence = probing();
    sequence.clock.advance(20_000);
    sequence.see(seen(0, 'y', { latencyMs: 20_000 }));
    assert.deepEqual(sequence.probes, [20]);
  });

  it('never stop while firing, but go slower when nothing is answered', () => {
    const sequence = probing({ holdS: 0 }).play('y');
    sequence.clock.advance(135_000);
    assert.deepEqual(sequence.probes, [15, 45, 75, 105, 135]);
    sequence.see(seen(135, 'u'));
    sequence.clock.advance(50_000);
    assert.deepEqual(sequence.probes.slice(5), [150, 180]);
  });

  it('end with the run', () => {
    const sequence = probing({ holdS: 0 }).play('ynn');
    sequence.clock.advance(100_000);
    assert.deepEqual(sequence.probes, []);
  });
});
