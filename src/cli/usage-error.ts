/** What was typed cannot be used. The command ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads a number that was typed.
 *
 * @param what name for the message
 * @throws UsageError where it is none, or out of range
 */
export function numberFrom(
  what: string,
  text: string,
  { min, max, whole = false }: { min: number; max: number; whole?: boolean },
): number {
  const value = Number(text);
  const isNumber = /^-?\d+(\.\d+)?$/.test(text) && (!whole || Number.isInteger(value));
  if (isNumber && value >= min && value <= max) return value;
  const kind = whole ? 'a whole number' : 'a number';
  throw new UsageError(`${what}: expected ${kind} from ${min} to ${max}, got "${text.slice(0, 40)}".`);
}
