import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Happening, playBoth } from './histories';
import type { ReferenceOptions } from './reference';

/** Not whole seconds only: boundaries are met exactly, and missed by a little. */
const ms = (maxS: number) => fc.integer({ min: 0, max: maxS * 4 }).map((quarters) => quarters * 250);

const optionsOf = (rule: ReferenceOptions['rule']): fc.Arbitrary<ReferenceOptions> =>
  fc.record({
    rule: fc.constant(rule),
    T: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 2, max: 20 }).map((s) => s * 1000),
    ),
    G: fc.integer({ min: 1, max: 8 }).map((s) => s * 1000),
    m: fc.integer({ min: 1, max: 3 }),
    k: fc.integer({ min: 1, max: 4 }),
    n: fc.integer({ min: 4, max: 6 }),
    W: fc.integer({ min: 3, max: 15 }).map((s) => s * 1000),
    E: fc.integer({ min: 1, max: 20 }).map((s) => s * 1000),
    L: fc.integer({ min: 1, max: 20 }).map((s) => s * 1000),
    least: fc.integer({ min: 1, max: 4 }),
    p: fc.constantFrom(0, 0.6, 0.8),
    c: fc.constantFrom(0, 0.5, 0.9),
    startConfidence: fc.constantFrom(0, 0.5),
  });

const happening: fc.Arbitrary<Happening> = fc.record({
  waitMs: fc.oneof(
    { weight: 8, arbitrary: fc.constant(1000) },
    { weight: 3, arbitrary: ms(3) },
    { weight: 1, arbitrary: ms(12) },
  ),
  latencyMs: fc.oneof({ weight: 6, arbitrary: fc.constant(500) }, { weight: 1, arbitrary: ms(12) }),
  verdict: fc.constantFrom('yes', 'yes', 'yes', 'yes', 'no', 'no', 'unknown'),
  confidence: fc.constantFrom(null, 0.3, 0.6),
  paced: fc.boolean(),
  what: fc.oneof(
    { weight: 30, arbitrary: fc.constant('seen' as const) },
    { weight: 1, arbitrary: fc.constantFrom('repeat' as const, 'offline' as const, 'killed' as const) },
  ),
});

/** Shorter than what makes an idle key forgotten. */
const history = fc.array(happening, { minLength: 20, maxLength: 60 });

describe('the fast reducer and the plain reference tell the same', () => {
  for (const rule of ['held', 'absence', 'count', 'edges', 'kOfN'] as const) {
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
