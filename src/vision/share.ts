import type { EndpointOptions } from './job';

type Shared = Pick<EndpointOptions, 'maxConcurrent' | 'rate' | 'budget'> & { minTimeMs: number };

/**
 * A process's own share of limits that are meant for all: each uses no more than that, and none has to know of the
 * others.
 *
 * @param processes 1 or more. Where there are more processes than slots, each has one all the same.
 */
export function shareOf<T extends Shared>(all: T, processes: number): T {
  const part = (value: number | null) => value && value / processes;
  const { rate, budget } = all;
  return {
    ...all,
    maxConcurrent: Math.max(1, Math.floor(all.maxConcurrent / processes)),
    minTimeMs: all.minTimeMs * processes,
    rate: { requestsPerMinute: part(rate.requestsPerMinute), tokensPerMinute: part(rate.tokensPerMinute) },
    budget: { ...budget, perHour: part(budget.perHour), perDay: part(budget.perDay) },
  };
}
