import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countRule } from '../../../src/window/count';
import { absenceRule, heldRule } from '../../../src/window/held';
import { kOfNRule } from '../../../src/window/k-of-n';
import type { Proof } from '../../../src/window/rule';
import { Sequence, START, seen } from './sequence';

const NO_PROOF = { least: 1, share: 0, coverage: 0 };
const held = (holdS: number, gapS: number, proof: Partial<Proof> = {}) =>
  new Sequence(
    heldRule({ holdMs: holdS * 1000, gapMs: gapS * 1000, ends: 2, proof: { ...NO_PROOF, ...proof } }),
    { gapS },
  );

describe('what a run must have to fire beside its time', () => {
  it('enough answers', () => {
    const changes = (least: number) => held(4, 4, { least }).play('y...y...y').changes;
    assert.deepEqual(changes(2), ['pending@0', 'firing@4']);
    assert.deepEqual(changes(3), ['pending@0', 'firing@8']);
  });

  it('enough of them yes, over the last T', () => {
    const pattern = `ynynynyn${'y'.repeat(8)}`;
    assert.deepEqual(held(6, 3, { share: 0.7 }).play(pattern).changes, ['pending@0', 'firing@11']);
    assert.deepEqual(held(6, 3).play(pattern).changes, ['pending@0', 'firing@6']);
  });

  it('a rhythm without holes: time in which answers are missing is not held, and does not end it', () => {
    const sequence = held(10, 8).play('yyyyyy.....yyyyy');
    assert.deepEqual(sequence.changes, ['pending@0']);
    assert.equal(sequence.last().heldMs, 9000);
    sequence.play('y', 16);
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@16']);
    assert.ok(sequence.last().coverage < 0.7);
  });

  it('no rhythm is asked of frames that were chosen by what moved, or asked for', () => {
    const sequence = held(10, 8);
    for (const second of [0, 1, 2, 3, 4, 5]) sequence.see(seen(second, 'y', { reason: 'motion' }));
    sequence.see(seen(11, 'y', { reason: 'probe' }));
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@11']);
  });

  it('an answer that is sure enough to begin', () => {
    const rule = heldRule({ holdMs: 2000, gapMs: 3000, ends: 2, proof: NO_PROOF });
    const sequence = new Sequence(rule, { gapS: 3, startConfidence: 0.7 });
    for (const [second, confidence] of [0.5, 0.8, 0.4, 0.4].entries()) {
      sequence.see(seen(second, 'y', { confidence }));
    }
    assert.deepEqual(sequence.changes, ['pending@1', 'firing@3']);
  });
});

describe('most of the newest answers', () => {
  const kOfN = (countN = 3, ofN = 5) =>
    new Sequence(kOfNRule({ countN, ofN, gapMs: 4000 }), { gapS: 4, noEnds: 1 });

  it('fire with k of n, whatever their order; unknown is no answer', () => {
    assert.deepEqual(kOfN().play('ynuyu.y').changes, ['pending@0', 'firing@6']);
    assert.deepEqual(kOfN().play('ynnyny').changes, ['pending@0']);
  });

  it('resolve when fewer are left', () => {
    assert.deepEqual(kOfN().play('yyynnnn').changes, ['pending@0', 'firing@2', 'resolved@5']);
  });

  it('begin anew after a silence, and when none is left', () => {
    assert.deepEqual(kOfN().play('yy......y').changes, ['pending@0', 'idle@1', 'pending@8']);
    assert.deepEqual(kOfN().play('ynnnnn').changes, ['pending@0', 'idle@5']);
  });
});

describe('coming several times', () => {
  const edges = (countN: number, noEnds: number) =>
    new Sequence(countRule({ countN, windowMs: 20_000, ends: noEnds, edges: true, gapMs: 5000 }), {
      gapS: 5,
      noEnds,
    });

  it('counts a yes only after so many no in a row', () => {
    assert.deepEqual(edges(3, 2).play('yyyynnyyynyyynny').changes, ['pending@0', 'firing@15']);
    assert.equal(edges(3, 2).play('yyyynnyyynyyynny').last().since, START);
    assert.deepEqual(edges(3, 1).play('yyyynnyyynyyynny').changes, ['pending@0', 'firing@10']);
  });

  it('does not count who stays as come again with each W', () => {
    // Here for 25 s, away, and back: twice within 20 s it has not come.
    const sequence = edges(2, 2).play(`${'y'.repeat(25)}nn`);
    assert.deepEqual(sequence.changes, ['pending@0']);
    assert.deepEqual(sequence.play('y', 27).changes, ['pending@0']);
    assert.deepEqual(sequence.play('nny', 28).changes, ['pending@0', 'firing@30']);
  });

  it('forgets what is longer ago than W', () => {
    assert.deepEqual(edges(3, 1).play(`yn${'n'.repeat(14)}yn${'n'.repeat(4)}y`).changes, ['pending@0']);
  });
});

describe('absence', () => {
  it('is not claimed of the time in which the camera was offline', () => {
    const sequence = absence(8, 4).play('nnn').camera(false);
    // Each gap is one of at most G, but nobody has looked.
    for (const second of [5, 8]) sequence.play('n', second).camera(false);
    assert.deepEqual(sequence.changes, ['pending@0']);
    assert.equal(sequence.last().heldMs, 2000);
    sequence.camera(true).play('nnnnnnn', 9);
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@15']);
  });

  const absence = (holdS: number, gapS: number) =>
    new Sequence(absenceRule({ holdMs: holdS * 1000, gapMs: gapS * 1000, ends: 2, proof: NO_PROOF }), {
      gapS,
    });

  it('fires when no yes came for T although it was looked; one yes sets it back', () => {
    assert.deepEqual(absence(4, 2).play('nnnynnnnn').changes, [
      'pending@0',
      'idle@3',
      'pending@4',
      'firing@8',
    ]);
  });

  it('is ended by so many yes in a row', () => {
    const sequence = absence(2, 2).play('nnnyny');
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@2']);
    sequence.play('y', 6);
    assert.deepEqual(sequence.changes.at(-1), 'resolved@6');
    assert.equal(sequence.last().until, START + 5000);
  });

  it('stands still while nothing is seen, and while it is unknown', () => {
    const sequence = absence(4, 2).play(`nnn${'.'.repeat(50)}n`);
    assert.deepEqual(sequence.changes, ['pending@0']);
    assert.equal(sequence.last().heldMs, 2000);
    assert.deepEqual(absence(4, 2).play('nnuuuuuuuun').changes, ['pending@0']);
    assert.deepEqual(sequence.play('nn', 54).changes, ['pending@0', 'firing@55']);
  });

  it('is blind when the camera goes offline', () => {
    const sequence = absence(2, 30).play('nnn').camera(false);
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@2', 'blind@2']);
  });
});
