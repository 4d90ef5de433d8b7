/** How many frames may still be sent, and since when that is so. Plain data. */
export interface Bucket {
  tokens: number;
  /** Event time, epoch milliseconds; null before the first frame. */
  at: number | null;
}

/** Spacing is stretched at most to this many times of itself. */
const MAX_STRETCH = 8;
/** Share of a full one that is kept for the first frames of the next events. */
const RESERVE = 0.25;

/** A full one: a minute's worth may go at once. */
export function fullBucket(perMinute: number): Bucket {
  return { tokens: capacityOf(perMinute), at: null };
}

/** What has come in until now. */
export function filled({ tokens, at }: Bucket, perMinute: number, time: number): Bucket {
  const minutes = at === null ? 0 : Math.max(0, time - at) / 60_000;
  return { tokens: Math.min(capacityOf(perMinute), tokens + minutes * perMinute), at: time };
}

/** Takes one for a frame; a frame that must be sent is sent without one too. */
export function spent({ tokens, at }: Bucket): Bucket {
  return { tokens: Math.max(0, tokens - 1), at };
}

/** Whether a frame that can wait may be sent: a quarter is kept for what must be sent soon. */
export function hasMoreThanReserve({ tokens }: Bucket, perMinute: number): boolean {
  return tokens >= Math.max(1, capacityOf(perMinute) * RESERVE);
}

/** Never less than one, or none would ever be full. */
function capacityOf(perMinute: number): number {
  return Math.max(1, perMinute);
}

/** By how much the spacing is stretched: 1 while the bucket is more than half full, more the emptier it is. */
export function stretch({ tokens }: Bucket, perMinute: number): number {
  return Math.min(MAX_STRETCH, Math.max(1, capacityOf(perMinute) / 2 / Math.max(tokens, 0.1)));
}
