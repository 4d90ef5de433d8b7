import { StoreError } from '../shared/errors';

interface Value {
  scope: string;
  key: string;
  value: unknown;
  /** When it was saved, epoch milliseconds. */
  at: number;
  /** Of its line. 0 until it was written. */
  bytes: number;
}

const MAX_VALUE_BYTES = 1024 * 1024;
const MAX_VALUES = 50_000;
/** About 0.5 ms of JSON.stringify: other work gets its turn between two pieces. */
const PIECE_CHARS = 64 * 1024;

/** The values of a journal as they are now, bounded, and as lines of its file. */
export class Living {
  readonly #values = new Map<string, Value>();
  readonly #maxBytes: number;
  readonly #onLimit: (error: StoreError) => void;
  #bytes = 0;

  /**
   * @param maxBytes most bytes of lines; beyond it those that were saved longest ago are forgotten
   * @param onLimit told of what was forgotten or cannot be written
   */
  constructor(maxBytes: number, onLimit: (error: StoreError) => void) {
    this.#maxBytes = maxBytes;
    this.#onLimit = onLimit;
  }

  /** Of the lines of all that lives. */
  get bytes(): number {
    return this.#bytes;
  }

  has(id: string): boolean {
    return this.#values.has(id);
  }

  ids(): string[] {
    return [...this.#values.keys()];
  }

  /** Keys and values of a scope, in the order in which they were first set. */
  of(scope: string): [key: string, value: unknown][] {
    return [...this.#values.values()]
      .filter((one) => one.scope === scope)
      .map(({ key, value }) => [key, value]);
  }

  /** Takes a line that was read. */
  read(scope: string, key: string, at: number, value: unknown, bytes: number): void {
    const id = idOf(scope, key);
    this.#bytes += bytes - (this.#values.get(id)?.bytes ?? 0);
    this.#values.set(id, { scope, key, value, at, bytes });
  }

  /** @returns ids that were forgotten to make room */
  set(scope: string, key: string, at: number, value: unknown): string[] {
    const id = idOf(scope, key);
    const bytes = this.#values.get(id)?.bytes ?? 0;
    this.#values.set(id, { scope, key, value, at, bytes });
    const forgotten: string[] = [];
    while (this.#values.size > MAX_VALUES || this.#bytes > this.#maxBytes) {
      const oldest = this.#oldest(id);
      if (oldest === null) {
        this.#bytes = 0;
        break;
      }
      this.forget(oldest);
      forgotten.push(oldest);
    }
    if (forgotten.length > 0) {
      this.#onLimit(
        new StoreError(
          'STORE_LIMIT',
          'More state is to be kept than there is room for: the oldest was forgotten.',
          { advice: 'Delete nodes that are not used, or spread the cameras over several Node-REDs.' },
        ),
      );
    }
    return forgotten;
  }

  forget(id: string): void {
    this.#bytes -= this.#values.get(id)?.bytes ?? 0;
    this.#values.delete(id);
  }

  /** Lines of values and of those that were forgotten (`at`: when, by now), as they are when their turn comes. */
  *pieces(ids: string[], at: () => number): Generator<string> {
    let piece = '';
    for (const id of ids) {
      piece += this.#lineOf(id, at);
      if (piece.length < PIECE_CHARS) continue;
      yield piece;
      piece = '';
    }
    if (piece !== '') yield piece;
  }

  #oldest(but: string): string | null {
    let oldest: string | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const [id, { at }] of this.#values) if (id !== but && at < least) [oldest, least] = [id, at];
    return oldest;
  }

  #lineOf(id: string, at: () => number): string {
    const one = this.#values.get(id);
    if (!one) {
      const end = id.indexOf('\n');
      return `${JSON.stringify([id.slice(0, end), id.slice(end + 1), at()])}\n`;
    }
    const line = `${JSON.stringify([one.scope, one.key, one.at, one.value])}\n`;
    if (line.length > MAX_VALUE_BYTES) {
      this.#onLimit(
        new StoreError('STORE_LIMIT', `A value of ${line.length} bytes is too large to be kept.`, {
          advice: 'Please report this, with the flow that shows it.',
        }),
      );
      return '';
    }
    this.#bytes += line.length - one.bytes;
    one.bytes = line.length;
    return line;
  }
}

/** An owner's name holds no line break; a key may. */
export function idOf(scope: string, key: string): string {
  return `${scope}\n${key}`;
}
