import { InputError } from '../shared/errors';

const MINUTE_MS = 60_000;
/** A day between two frames is the longest that makes sense. */
const MAX_MS = 86_400_000;

/**
 * The limit in a message's `rate`: milliseconds from one frame to the next, as the core's delay node reads it.
 *
 * @returns frames a minute; null for empty or 0, which is the limit of the settings again
 * @throws InputError INPUT_COMMAND where it is no such number
 */
export function perMinuteOf(rate: unknown): number | null {
  if (rate === null || rate === undefined || rate === '' || Number(rate) === 0) return null;
  const ms = Number(rate);
  if (ms > 0 && ms <= MAX_MS) return MINUTE_MS / ms;
  throw new InputError('INPUT_COMMAND', `The rate "${String(rate).slice(0, 20)}" cannot be used.`, {
    advice:
      'Set msg.rate to the milliseconds from one frame to the next, or to 0 for the limit of the settings.',
  });
}
