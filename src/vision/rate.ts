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

/** How fast a server may be asked: by our settings, by what its headers tell, and by what it has refused. */
export interface RateState {
  own: { requests: Bucket | null; tokens: Bucket | null };
  told: { requests: Bucket | null; tokens: Bucket | null };
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
/** A server that wants to be left alone for an hour is tried once in five minutes all the same. */
export const LONGEST_HOLD_MS = 300_000;

export function fullRate(options: RateOptions, now: number): RateState {
  return {
    own: {
      requests: ownBucket(options.requestsPerMinute, now),
      tokens: ownBucket(options.tokensPerMinute, now),
    },
    told: { requests: null, tokens: null },
    heldUntil: Number.NEGATIVE_INFINITY,
    share: 1,
    refusedAt: Number.NEGATIVE_INFINITY,
  };
}

/** When a call of so many tokens may start; `now` or earlier for at once. */
export function mayStartAt(rate: RateState, tokens: number, now: number): number {
  const { own, told, heldUntil } = rate;
  return Math.max(
    heldUntil,
    whenHolds(own.requests, 1, now),
    whenHolds(told.requests, 1, now),
    whenHolds(own.tokens, tokens, now),
    whenHolds(told.tokens, tokens, now),
  );
}

/** A call of so many tokens has started. */
export function drawn(rate: RateState, tokens: number, now: number): RateState {
  const { own, told } = rate;
  return {
    ...rate,
    own: { requests: draw(own.requests, 1, now), tokens: draw(own.tokens, tokens, now) },
    told: { requests: draw(told.requests, 1, now), tokens: draw(told.tokens, tokens, now) },
  };
}

/** A server has told its limits. What it tells not, stays as it was told before. */
export function learnt(rate: RateState, limits: ToldLimits, now: number): RateState {
  const { told } = rate;
  return {
    ...rate,
    told: {
      requests: toldBucket(limits.requests, now) ?? told.requests,
      tokens: toldBucket(limits.tokens, now) ?? told.tokens,
    },
  };
}

/**
 * A server has answered 429. Half of the slots from now on, once for all calls that were under way together; and
 * nothing at all until it wants to be asked again.
 *
 * @param startedAt when the refused call was started
 */
export function refused(
  rate: RateState,
  { retryAfterMs, startedAt }: { retryAfterMs: number | null; startedAt: number },
  now: number,
): RateState {
  const holdMs = Math.min(retryAfterMs ?? 0, LONGEST_HOLD_MS);
  const heldUntil = Math.max(rate.heldUntil, now + holdMs);
  if (startedAt <= rate.refusedAt) return { ...rate, heldUntil };
  return { ...rate, heldUntil, share: Math.max(LEAST_SHARE, shareOf(rate, now) / 2), refusedAt: now };
}

/** Of so many slots, those that may be used now. At least one. */
export function slotsNow(rate: RateState, slots: number, now: number): number {
  return Math.max(1, Math.floor(slots * shareOf(rate, now)));
}

/** When there is another slot; null where all are used already. */
export function nextGain(rate: RateState, now: number): number | null {
  if (shareOf(rate, now) >= 1) return null;
  return rate.refusedAt + GAIN_MS * (Math.floor((now - rate.refusedAt) / GAIN_MS) + 1);
}

function shareOf({ share, refusedAt }: RateState, now: number): number {
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

/** When the bucket holds so much; what can never be in it is let through when it is full. */
function whenHolds(bucket: Bucket | null, amount: number, now: number): number {
  if (!bucket) return now;
  const missing = Math.min(amount, bucket.capacity) - levelAt(bucket, now);
  // Rounding must not leave a billionth missing for ever.
  return missing <= 1e-6 ? now : now + Math.max(1, Math.ceil(missing / bucket.perMs));
}

function draw(bucket: Bucket | null, amount: number, now: number): Bucket | null {
  return bucket && { ...bucket, level: levelAt(bucket, now) - amount, at: Math.max(now, bucket.at) };
}
