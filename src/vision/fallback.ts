import type { Endpoint } from './endpoint';
import type { Job, Outcome } from './job';

export interface ElsewhereOptions {
  job: Job;
  /** Age of the picture by now, in milliseconds. */
  ageMs(): number;
  /** Endpoints that are not asked again. */
  tried: readonly Endpoint[];
  /** Endpoints to ask, in their order. */
  endpoints: readonly Endpoint[];
  /** Gives it up. */
  signal: AbortSignal;
}

export interface Elsewhere {
  outcome: Outcome;
  /** The picture had become too old for an endpoint that was to be asked. */
  wasTooOld: boolean;
}

/** Whether another endpoint may do better than an outcome. */
export function isWanting(outcome: Outcome): boolean {
  if (outcome.kind === 'answered')
    return outcome.reply.refusal !== null || outcome.reply.finish === 'filtered';
  return outcome.kind === 'failed' && outcome.error.code !== 'VISION_NO_PICTURE';
}

/** Asks one endpoint after the other until one answers. `own`: what the first one came to, where none does. */
export async function askElsewhere(
  own: Outcome,
  { job, ageMs, tried, endpoints, signal }: ElsewhereOptions,
): Promise<Elsewhere> {
  const asked = [...tried];
  let cost = own.cost;
  let wasTooOld = false;
  for (const next of endpoints) {
    if (signal.aborted) break;
    if (asked.includes(next)) continue;
    const request = { ...job.request, model: next.modelFor('') };
    const outcome = await next.ask({ ...job, request, ageMs: ageMs() }, asked, signal);
    cost = cost === null ? outcome.cost : cost + (outcome.cost ?? 0);
    asked.push(next);
    if (outcome.kind === 'dropped' && outcome.reason === 'stale') wasTooOld = true;
    if (outcome.kind !== 'answered' || isWanting(outcome)) continue;
    const instead = own.kind === 'answered' ? undefined : (own.error ?? undefined);
    return { outcome: { ...outcome, cost, ...(instead && { instead }) }, wasTooOld };
  }
  return { outcome: { ...own, cost }, wasTooOld };
}
