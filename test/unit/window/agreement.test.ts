import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { history, optionsOf, RULES } from './arbitraries';
import { playBoth } from './histories';

describe('the fast reducer and the plain reference tell the same', () => {
  for (const rule of RULES) {
    it(`of 200 random histories: ${rule}`, () => {
      const told = new Set<string>();
      fc.assert(
        fc.property(optionsOf(rule), history, (options, happenings) => {
          const { reference, live } = playBoth(options, happenings);
          assert.deepEqual(live.told, reference.told);
          assert.deepEqual(live.dropped, reference.dropped);
          for (const text of reference.told) told.add(text.split(/[@ ]/)[0] ?? '');
        }),
        { numRuns: 200, seed: Number(process.env.FC_SEED ?? 6) },
      );
      const states = ['pending', 'firing', 'blind', 'resolved', 'expired', 'amended'];
      for (const state of states) assert.ok(told.has(state), `the histories hold no ${state}: ${[...told]}`);
    });
  }
});
