import { appendFileSync, truncateSync } from 'node:fs';
import { Cassette } from '../replay/cassette';

/**
 * The answers of a file.
 *
 * @param text what is in the file; '' where there is none yet
 * @param record more are to be added to it: what cannot be appended to is cut off first, or it would spoil what follows
 * @throws ReplayError where it is no file of answers; then it stays as it is
 */
export function openAnswers(path: string, text: string, record: boolean): Cassette {
  const cassette = new Cassette((line) => appendFileSync(path, `${line}\n`));
  const whole = cassette.load(text);
  if (record && whole.length < text.length) truncateSync(path, Buffer.byteLength(whole));
  if (record && whole.length > text.length) appendFileSync(path, whole.slice(text.length));
  return cassette;
}
