import { FAULTS, type NamedFault } from './fault-list';
import { UsageError } from './usage-error';

export interface TimedFault {
  /** As it was typed. */
  text: string;
  /** Seconds from the start of the camera. */
  atS: number;
  fault: NamedFault;
}

/**
 * Reads `name`, `name@seconds` and `name:value@seconds`: what happens one after the other.
 *
 * @throws UsageError where a fault is not known, its value cannot be used, or the times go back
 */
export function faultsFrom(texts: string[]): TimedFault[] {
  const faults = texts.map(faultFrom);
  for (const [index, { text, atS }] of faults.entries())
    if (index > 0 && atS <= (faults[index - 1]?.atS ?? 0))
      throw new UsageError(
        `--fault ${text}: each fault must begin later than the one before it, such as "stall@20" and then "none@40".`,
      );
  return faults;
}

function faultFrom(text: string): TimedFault {
  const [, what = '', at = '0'] = /^(.*?)(?:@(\d{1,6}(?:\.\d+)?))?$/s.exec(text) ?? [];
  const colon = what.indexOf(':');
  const name = colon < 0 ? what : what.slice(0, colon);
  const value = colon < 0 ? '' : what.slice(colon + 1);
  const entry = Object.hasOwn(FAULTS, name) ? FAULTS[name] : undefined;
  if (!entry)
    throw new UsageError(`--fault: "${name.slice(0, 40)}" is no fault. --fault list shows all of them.`);
  if (entry.value === '' && value !== '')
    throw new UsageError(
      `--fault ${name} has no value. Write "${name}", or "${name}@20" for after 20 seconds.`,
    );
  const isOptional = entry.value === '' || entry.value.startsWith('[');
  if (!isOptional && value === '')
    throw new UsageError(`--fault ${name} needs a value: ${name}:${entry.value}.`);
  return { text, atS: Number(at), fault: entry.make(value) };
}
