import type { AdmissionOptions, AdmissionState, AttemptEnd } from './admission-state';
import type { Breaker } from './breaker';
import * as breakers from './breaker';
import type { Flight } from './lane';
import * as pace from './rate';

/** Models whose state is kept: a flow that makes up names must not fill memory. */
const MAX_MODELS = 100;

/** What the end of an attempt says about its model and about the provider's limits. */
export function judge(
  state: AdmissionState,
  { candidate, startedAt }: Flight,
  end: AttemptEnd,
  now: number,
  { blockMs }: AdmissionOptions,
): void {
  const breaker = breakerOf(state, candidate.model);
  const judged = {
    answered: () => breakers.answered(breaker, now),
    outage: () => (end.kind === 'outage' ? breakers.failed(breaker, end.outage, now) : breaker),
    standing: () => breakers.stands(now + blockMs),
    limited: () => breakers.answered(breaker, now),
    other: () => breakers.givenUp(breaker),
  }[end.kind]();
  setBreaker(state, candidate.model, judged);
  if (end.kind !== 'limited') return;
  const { retryAfterMs } = end;
  state.rate = pace.refused(state.rate, candidate.model, { retryAfterMs, startedAt }, now);
}

export function breakerOf(state: AdmissionState, model: string): Breaker {
  return state.breakers.get(model) ?? breakers.CLOSED;
}

export function setBreaker(state: AdmissionState, model: string, breaker: Breaker): void {
  const isPlain = breaker.state === 'closed' && breaker.recent.every(({ failed }) => !failed);
  if (isPlain) state.breakers.delete(model);
  else if (state.breakers.has(model) || state.breakers.size < MAX_MODELS) state.breakers.set(model, breaker);
}
