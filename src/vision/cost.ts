import type { Usage } from '../shared/messages';

/** Prices per million tokens, in any currency; null where the user has set none. */
export interface Prices {
  input: number | null;
  output: number | null;
}

/** What a call has cost, in the currency of the prices; null where there are no prices, or no usage was told. */
export function costOf(usage: Usage | null, prices: Prices): number | null {
  if (!usage || (prices.input === null && prices.output === null)) return null;
  return (usage.input * (prices.input ?? 0) + usage.output * (prices.output ?? 0)) / 1_000_000;
}
