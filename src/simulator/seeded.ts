/**
 * A source of numbers from 0 to below 1 that are the same in each run, so that a fault hits the same pictures again.
 * A linear congruential generator with the constants of Numerical Recipes, 2nd edition, section 7.1: for tests only.
 */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
