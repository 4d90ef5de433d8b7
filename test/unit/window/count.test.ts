import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countRule } from '../../../src/window/count';
import { Sequence, START, seen } from './sequence';

function count({ countN = 3, windowS = 10, noEnds = 2, gapS = 3, edges = false } = {}) {
  const rule = countRule({ countN, windowMs: windowS * 1000, ends: noEnds, edges, gapMs: gapS * 1000 });
  return new Sequence(rule, { gapS, noEnds, lateS: windowS });
}

describe('enough yes within a time', () => {
  const table: { name: string; pattern: string; changes: string[]; countN?: number }[] = [
    {
      name: 'fires on the one that completes the number',
      pattern: 'ynynyy',
      changes: ['pending@0', 'firing@4'],
    },
    { name: 'fires at once where one is enough', pattern: 'ny', countN: 1, changes: ['firing@1'] },
    {
      name: 'counts those at both ends of the window',
      pattern: 'y....y....y',
      changes: ['pending@0', 'firing@10'],
    },
    { name: 'does not count what has left the window', pattern: 'y....y.....y', changes: ['pending@0'] },
    { name: 'is not ended by no while pending', pattern: 'ynnnnynnny', changes: ['pending@0', 'firing@9'] },
    { name: 'does not count unknown', pattern: 'yuuyuu', changes: ['pending@0'] },
    {
      name: 'goes on firing while enough are in the window',
      pattern: 'yyynnnnn',
      changes: ['pending@0', 'firing@2'],
    },
    {
      name: 'resolves on a no when too few are left and two came in a row',
      pattern: 'yyynnnnnnnnn',
      changes: ['pending@0', 'firing@2', 'resolved@11'],
    },
    {
      name: 'is not resolved by silence',
      pattern: `yyy${'.'.repeat(50)}n`,
      changes: ['pending@0', 'firing@2', 'blind@2', 'firing@53'],
    },
    {
      name: 'does not count twice what was resolved',
      pattern: 'yyynnnnnnnnnyy',
      changes: ['pending@0', 'firing@2', 'resolved@11', 'pending@12'],
    },
  ];
  for (const { name, pattern, changes, ...options } of table) {
    it(name, () => assert.deepEqual(count(options).play(pattern).changes, changes));
  }

  it('is pending no more when the newest yes has left the window', () => {
    const sequence = count().play('y');
    sequence.clock.advance(10_000);
    assert.deepEqual(sequence.changes, ['pending@0']);
    sequence.clock.advance(2);
    assert.deepEqual(sequence.changes, ['pending@0', 'idle@0']);
  });

  it('tells of those that count, not of all that there ever were', () => {
    const { since, samples, heldMs } = count({ windowS: 4 }).play('y...n.yyuny').last();
    assert.deepEqual(
      { since, samples, heldMs },
      {
        since: START + 6000,
        samples: { yes: 3, no: 1, unknown: 1 },
        heldMs: 4000,
      },
    );
  });

  it('takes a late one in, if it is not older than the window', () => {
    const sequence = count();
    sequence.see(seen(0, 'y'), seen(9, 'y'), seen(4, 'y'));
    assert.deepEqual(sequence.changes, ['pending@0', 'firing@9']);
  });

  it('is bounded', () => {
    const sequence = count({ countN: 100, windowS: 1e5 });
    for (let i = 0; i < 3000; i++) sequence.see(seen(i, i % 2 ? 'y' : 'n'));
    assert.ok(JSON.stringify(sequence.runner.peek('gate/loitering')).length < 40_000);
  });
});
