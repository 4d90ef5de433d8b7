/** Why a model does not answer: the server cannot be reached, or it has a fault. */
export type Outage = 'network' | 'server';

/**
 * Whether a model of an endpoint can be asked.
 * closed: it answers. open: it does not; a cheap look at the server every {@link PROBE_MS} tells when it may again,
 * and a picture now and then (`trialAt`, each time `trialMs` later) finds out what the look cannot.
 * trial: the server is there again, and one picture finds out whether it answers.
 * standing: nothing helps until somebody changes something; one picture in a while finds out.
 */
export type Breaker =
  | { state: 'closed'; inARow: number; recent: { at: number; failed: boolean }[] }
  | { state: 'open'; outage: Outage; probeAt: number; trialAt: number; trialMs: number }
  | { state: 'trial'; taken: boolean; outage: Outage }
  | { state: 'standing'; until: number };

/** Reference §3. */
const FAILURES_IN_A_ROW = 5;
const LEAST_RECENT = 10;
const FAILED_SHARE = 0.5;
const RECENT_MS = 60_000;
const MAX_RECENT = 200;
/** Every two seconds, so that a server that is back is asked again within four. */
export const PROBE_MS = 2_000;
/** Reference §3. A server may be well and its list of models broken, so that the look alone would never see it. */
const FIRST_TRIAL_MS = 15_000;
const LONGEST_TRIAL_MS = 300_000;

export const CLOSED: Breaker = { state: 'closed', inARow: 0, recent: [] };

/** A call was answered, if only with an error that is about its picture. */
export function answered(breaker: Breaker, now: number): Breaker {
  if (breaker.state !== 'closed') return CLOSED;
  return { ...breaker, inARow: 0, recent: withLatest(breaker.recent, false, now) };
}

/** A call was not answered. */
export function failed(breaker: Breaker, outage: Outage, now: number): Breaker {
  if (breaker.state === 'standing') return breaker;
  // Calls that were under way when it opened: it knows.
  if (breaker.state === 'open') return breaker;
  if (breaker.state === 'trial') return open(outage, now);
  const inARow = breaker.inARow + 1;
  const recent = withLatest(breaker.recent, true, now);
  const share = recent.filter((one) => one.failed).length / recent.length;
  const isBad = inARow >= FAILURES_IN_A_ROW || (recent.length >= LEAST_RECENT && share >= FAILED_SHARE);
  return isBad ? open(outage, now) : { state: 'closed', inARow, recent };
}

/** A call met what only a change can help: a bad key, no such model, no credit. */
export function stands(until: number): Breaker {
  return { state: 'standing', until };
}

/** A look at the server has ended. */
export function probed(breaker: Breaker, isThere: boolean): Breaker {
  if (breaker.state !== 'open' || !isThere) return breaker;
  // That it could not be reached is over. Whether a fault is over, only a picture can tell.
  return breaker.outage === 'network' ? CLOSED : { state: 'trial', taken: false, outage: breaker.outage };
}

/** Whether a picture may be asked about now. */
export function isUsable(breaker: Breaker, now: number): boolean {
  if (breaker.state === 'closed') return true;
  if (breaker.state === 'standing') return breaker.until <= now;
  if (breaker.state === 'open') return breaker.trialAt <= now;
  return breaker.state === 'trial' && !breaker.taken;
}

/**
 * A call has started: where it is the one that finds out, no other may for now.
 *
 * @param blockMs how long a model that needs a change is left alone then
 */
export function taken(breaker: Breaker, blockMs: number, now: number): Breaker {
  if (breaker.state === 'trial') return { ...breaker, taken: true };
  if (breaker.state === 'standing') return { state: 'standing', until: now + blockMs };
  if (breaker.state === 'closed') return breaker;
  // It stays open: the call may hang until its deadline, and the looks must go on meanwhile.
  const trialMs = Math.min(LONGEST_TRIAL_MS, 2 * breaker.trialMs);
  return { ...breaker, trialMs, trialAt: now + trialMs };
}

/** Something may have been changed: a model that is left alone may be asked again. */
export function changed(breaker: Breaker, now: number): Breaker {
  if (breaker.state === 'standing') return CLOSED;
  return breaker.state === 'open' ? { ...breaker, trialAt: now } : breaker;
}

/** The call that was to find out was given up: another one may. */
export function givenUp(breaker: Breaker): Breaker {
  return breaker.state === 'trial' ? { ...breaker, taken: false } : breaker;
}

function open(outage: Outage, now: number): Breaker {
  const trialMs = FIRST_TRIAL_MS;
  return { state: 'open', outage, probeAt: now + PROBE_MS, trialAt: now + trialMs, trialMs };
}

function withLatest(recent: { at: number; failed: boolean }[], isFailed: boolean, now: number) {
  const young = recent.filter(({ at }) => at > now - RECENT_MS);
  return [...young, { at: now, failed: isFailed }].slice(-MAX_RECENT);
}
