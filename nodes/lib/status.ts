import type { Node } from 'node-red';
import type { Clock, Timer } from '../../src/shared/clock';

export interface Status {
  fill: 'red' | 'green' | 'yellow' | 'blue' | 'grey';
  shape: 'ring' | 'dot';
  text: string;
}

/** A status of which the text may still be worded. */
interface Unworded extends Omit<Status, 'text'> {
  text: string | (() => string);
}

/** Each status goes to every open editor, so it may change once a second at the most. */
const MIN_INTERVAL_MS = 1000;

/** The line under a node: sent when it changes, the newest wins, at most once a second. */
export class StatusLine {
  readonly #node: Node;
  readonly #clock: Clock;
  #sent: Status | null = null;
  #next: Unworded | null = null;
  #timer: Timer | null = null;
  /** When a line was last sent, or worded and found to be the same. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(node: Node, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
  }

  /** @param text a function is asked when the line is sent: a node that sets its line with each frame is spared most */
  set(fill: Status['fill'], shape: Status['shape'], text: Unworded['text']): void {
    if (this.#closed) return;
    this.#next = { fill, shape, text };
    if (this.#timer) return;
    const wait = this.#lookedAt + MIN_INTERVAL_MS - this.#clock.monotonic();
    if (wait <= 0) this.#flush();
    else this.#timer = this.#clock.setTimeout(() => this.#flush(), wait);
  }

  /** Takes the line away, for good. */
  close(): void {
    this.#closed = true;
    this.#timer?.clear();
    this.#timer = null;
    this.#node.status({});
  }

  #flush(): void {
    this.#timer = null;
    if (!this.#next) return;
    const { text } = this.#next;
    const isWorded = typeof text === 'string';
    const next = { ...this.#next, text: isWorded ? text : text() };
    this.#next = null;
    const isSame = this.#sent !== null && sameStatus(this.#sent, next);
    if (!isSame || !isWorded) this.#lookedAt = this.#clock.monotonic();
    if (isSame) return;
    this.#sent = next;
    this.#node.status(next);
  }
}

/** The editor shows about 20 characters under a node. */
const MAX_NAME_CHARS = 12;

/** A camera's name as it may stand in a status: the editor takes what is before a colon for a name space. */
export function shortName(name: string): string {
  return name.replaceAll(':', ' ').slice(0, MAX_NAME_CHARS);
}

function sameStatus(a: Status, b: Status): boolean {
  return a.fill === b.fill && a.shape === b.shape && a.text === b.text;
}
