import fc from 'fast-check';
import type { Happening } from './histories';
import type { ReferenceOptions } from './reference';

export const RULES = ['held', 'absence', 'count', 'edges', 'kOfN'] as const;

/** Not whole seconds only: boundaries are met exactly, and missed by a little. */
const ms = (maxS: number) => fc.integer({ min: 0, max: maxS * 4 }).map((quarters) => quarters * 250);

export const optionsOf = (rule: ReferenceOptions['rule']): fc.Arbitrary<ReferenceOptions> =>
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
    probe: fc.boolean(),
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
export const history = fc.array(happening, { minLength: 20, maxLength: 60 });
