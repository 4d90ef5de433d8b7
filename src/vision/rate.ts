/** What a server tells about a limit of its own. */
export interface ToldLimit {
  limit: number;
  remaining: number;
  /** Until `remaining` is `limit` again. */
  resetMs: number;
}

/** Limits as an answer's headers tell them; null where they do not. */
export interface ToldLimits {
  requests: ToldLimit | null;
  tokens: ToldLimit | null;
}

export interface RateOptions {
  /** null for no limit of our own. */
  requestsPerMinute: number | null;
  tokensPerMinute: number | null;
}

/** A store that fills up steadily and is drawn from. */
interface Bucket {
  capacity: number;
  level: number;
  at: number;
  perMs: number;
}

interface Buckets {
  requests: Bucket | null;
  tokens: Bucket | null;
}

/** How fast a server may be asked: by our settings, and by what it has told and refused for each of its models. */
export interface RateState {
  own: Buckets;
  /** The one that was asked or has told longest ago is the first. One that is not here is not limited. */
  models: Map<string, ModelRate>;
}

/** Providers limit each model by itself: what one tells or refuses says nothing about another. */
interface ModelRate {
  /** By the headers of its answers. */
  told: Buckets;
  /** The server asked to be left alone until then. */
  heldUntil: number;
  /** Share of the slots that is used since the last refusal, above 0 to 1. */
  share: number;
  refusedAt: number;
}

/** Providers enforce a minute's limit over windows of 1 to 10 s (reference §1.3): so much may go at once. */
const BURST_MS = 10_000;
/** Additive increase: a tenth for each minute without a refusal (reference §3). */
const GAIN = 0.1;
const GAIN_MS = 60_000;
const LEAST_SHARE = 1 / 64;
/** Models whose limits are kept: a flow that makes up names must not fill memory. */
const MAX_MODELS = 100;
/** A server that wants to be left alone for an hour is tried once in five minutes all the same. */
export const LONGEST_HOLD_MS = 300_000;

export function fullRate(options: RateOptions, now: number): RateState {
  return {
    own: {
      requests: ownBucket(options.requestsPerMinute, now),
      tokens: ownBucket(options.tokensPerMinute, now),
    },
    models: new Map(),
  };
}

const UNLIMITED: ModelRate = {
  told: { requests: null, tokens: null },
  heldUntil: Number.NEGATIVE_INFINITY,
  share: 1,
  refusedAt: Number.NEGATIVE_INFINITY,
};

/** When a call of so many tokens may start by our own limits, whatever its model; `now` or earlier for at once. */
export function mayStartAt({ own }: RateState, tokens: number, now: number): number {
  return whenHold(own, tokens, now);
}

/** The same by the limits of its model. */
export function modelMayStartAt(rate: RateState, model: string, tokens: number, now: number): number {
  const { told, heldUntil } = of(rate, model);
  return Math.max(heldUntil, whenHold(told, tokens, now));
}

/** Until when the server wants that a model is left alone; in the past where it does not. */
export function heldUntil(rate: RateState, model: string): number {
  return of(rate, model).heldUntil;
}

/** A call of so many tokens has started. */
export function drawn(rate: RateState, model: string, tokens: number, now: number): RateState {
  const next = { ...rate, own: draw(rate.own, tokens, now) };
  const known = of(rate, model);
  if (!known.told.requests && !known.told.tokens) return next;
  return withModel(next, model, { ...known, told: draw(known.told, tokens, now) });
}

/** A server has told the limits of a model. What it tells not, stays as it was told before. */
export function learnt(rate: RateState, model: string, limits: ToldLimits, now: number): RateState {
  const requests = toldBucket(limits.requests, now);
  const tokens = toldBucket(limits.tokens, now);
  // Most servers tell none.
  if (!requests && !tokens) return rate;
  const known = of(rate, model);
  const told = { requests: requests ?? known.told.requests, tokens: tokens ?? known.told.tokens };
  return withModel(rate, model, { ...known, told });
}

/**
 * A server has answered 429. Half of the slots for that model from now on, once for all calls that were under way
 * together; and nothing at all until it wants to be asked again.
 *
 * @param startedAt when the refused call was started
 */
export function refused(
  rate: RateState,
  model: string,
  { retryAfterMs, startedAt }: { retryAfterMs: number | null; startedAt: number },
  now: number,
): RateState {
  const holdMs = Math.min(retryAfterMs ?? 0, LONGEST_HOLD_MS);
  const known = of(rate, model);
  const held = { ...known, heldUntil: Math.max(known.heldUntil, now + holdMs) };
  if (startedAt <= known.refusedAt) return withModel(rate, model, held);
  const share = Math.max(LEAST_SHARE, shareOf(known, now) / 2);
  return withModel(rate, model, { ...held, share, refusedAt: now });
}

/** Of so many slots, those that a model may use now. At least one. */
export function slotsNow(rate: RateState, model: string, slots: number, now: number): number {
  return Math.max(1, Math.floor(slots * shareOf(of(rate, model), now)));
}

/** When a model may use another slot; null where it may use all already. */
export function nextGain(rate: RateState, model: string, now: number): number | null {
  const known = of(rate, model);
  if (shareOf(known, now) >= 1) return null;
  return known.refusedAt + GAIN_MS * (Math.floor((now - known.refusedAt) / GAIN_MS) + 1);
}

function of(rate: RateState, model: string): ModelRate {
  return rate.models.get(model) ?? UNLIMITED;
}

/** The map is copied only here, where something of a limit has changed, and not with each decision. */
function withModel(rate: RateState, model: string, known: ModelRate): RateState {
  const models = new Map(rate.models);
  models.delete(model);
  models.set(model, known);
  const [oldest] = models.keys();
  if (models.size > MAX_MODELS && oldest !== undefined) models.delete(oldest);
  return { ...rate, models };
}

function shareOf({ share, refusedAt }: ModelRate, now: number): number {
  if (share >= 1) return 1;
  return Math.min(1, share + GAIN * Math.floor((now - refusedAt) / GAIN_MS));
}

function ownBucket(perMinute: number | null, now: number): Bucket | null {
  if (perMinute === null) return null;
  const capacity = Math.max(1, (perMinute * BURST_MS) / 60_000);
  return { capacity, level: capacity, at: now, perMs: perMinute / 60_000 };
}

/** Both OpenAI and Anthropic fill up steadily, and tell when all will be there again. */
function toldBucket(told: ToldLimit | null, now: number): Bucket | null {
  if (!told || told.limit <= 0) return null;
  const level = Math.max(0, Math.min(told.remaining, told.limit));
  const missing = told.limit - level;
  const perMs = missing === 0 ? Number.POSITIVE_INFINITY : missing / Math.max(1, told.resetMs);
  return { capacity: told.limit, level, at: now, perMs };
}

function levelAt({ capacity, level, at, perMs }: Bucket, now: number): number {
  const gained = now > at ? (now - at) * perMs : 0;
  return Math.min(capacity, level + gained);
}

/** When the buckets hold what a call of so many tokens takes. */
function whenHold({ requests, tokens }: Buckets, amount: number, now: number): number {
  return Math.max(whenHolds(requests, 1, now), whenHolds(tokens, amount, now));
}

/** When the bucket holds so much; what can never be in it is let through when it is full. */
function whenHolds(bucket: Bucket | null, amount: number, now: number): number {
  if (!bucket) return now;
  const missing = Math.min(amount, bucket.capacity) - levelAt(bucket, now);
  // Rounding must not leave a billionth missing for ever.
  return missing <= 1e-6 ? now : now + Math.max(1, Math.ceil(missing / bucket.perMs));
}

function draw({ requests, tokens }: Buckets, amount: number, now: number): Buckets {
  return { requests: drawnFrom(requests, 1, now), tokens: drawnFrom(tokens, amount, now) };
}

function drawnFrom(bucket: Bucket | null, amount: number, now: number): Bucket | null {
  return bucket && { ...bucket, level: levelAt(bucket, now) - amount, at: Math.max(now, bucket.at) };
}
