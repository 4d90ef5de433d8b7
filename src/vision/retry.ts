/** First wait and its limit: the defaults of the openai package and of most gateways (reference §3). */
const FIRST_MS = 500;
const LONGEST_MS = 8_000;
/** Portkey's limit: a server that asks for more is not worth waiting for within one call. */
const LONGEST_ASKED_MS = 60_000;

/**
 * How long to wait before the next attempt; null where there should be none.
 *
 * @param attempt attempts made so far, 1 or more
 * @param retryAfterMs what the server asked for; null where it did not
 * @param leftMs what is left of the call's deadline, and of the time in which its picture may be asked about
 * @param random 0 to 1: full jitter, so that many cameras do not come back at the same moment
 */
export function retryDelay(
  attempt: number,
  retryAfterMs: number | null,
  leftMs: number,
  random: number,
): number | null {
  const delay = retryAfterMs ?? random * Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1));
  return delay < leftMs && delay <= LONGEST_ASKED_MS ? delay : null;
}
