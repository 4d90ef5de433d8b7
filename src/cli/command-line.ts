import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './usage-error';

interface Strictly<T extends ParseArgsConfig['options']> {
  args: string[];
  options: T;
  strict: true;
  allowPositionals: false;
}

/**
 * What was typed, by the names of the options.
 *
 * @throws UsageError where an option is not known, or lacks its value
 */
export function typedOptions<T extends ParseArgsConfig['options']>(args: string[], options: T) {
  try {
    return parseArgs<Strictly<T>>({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Node's own sentences, without the hint about "--" that helps nobody here.
    const [sentence = ''] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${sentence.replace(/\.$/, '')}.`);
  }
}
