import dns from 'node:dns/promises';
import { networkError } from './network-error';

/** Gives the addresses of a name, in the order in which they are to be tried. */
export type Lookup = (name: string) => Promise<string[]>;

/**
 * The machine's look-up (getaddrinfo) runs on libuv's threads, four by default, which sharp and the file system use
 * too: two that hang must leave two that work.
 */
const MAX_AT_ONCE = 2;
/** Names that wait; a fleet has hundreds of cameras at the most, and each waits for one name. */
const MAX_WAITING = 1000;

interface Question {
  name: string;
  /** Those who wait for the answer: one look-up serves all that ask for the same name meanwhile. */
  waiting: Set<{ resolve(addresses: string[]): void; reject(reason: unknown): void }>;
  isRunning: boolean;
}

/**
 * Looks names up, two at once. A look-up cannot be cancelled: one that hangs is left by those who asked when their
 * time is over, but keeps its place until it returns, which the system's resolver sees to (glibc: 5 s a try and
 * server). No third one starts instead: it would most likely hang as well, and take a thread from the pictures.
 * Numeric addresses never come here, so they do not wait.
 */
export class NameLookup {
  readonly #lookup: Lookup;
  /** By name, in the order of their asking. */
  readonly #questions = new Map<string, Question>();
  #running = 0;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  /** Names that are looked up or wait now. */
  get size(): number {
    return this.#questions.size;
  }

  /**
   * @param signal gives up waiting; the promise then rejects with its reason
   * @throws CameraError CAMERA_NETWORK where there is no such name, or where a thousand names wait
   */
  resolve(name: string, signal: AbortSignal): Promise<string[]> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const question = this.#questionFor(name);
      const onAbort = () => {
        question.waiting.delete(waiter);
        if (question.waiting.size === 0 && !question.isRunning) this.#questions.delete(name);
        reject(signal.reason);
      };
      const waiter = {
        resolve: (addresses: string[]) => {
          signal.removeEventListener('abort', onAbort);
          resolve(addresses);
        },
        reject: (reason: unknown) => {
          signal.removeEventListener('abort', onAbort);
          reject(reason);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      question.waiting.add(waiter);
      this.#startNext();
    });
  }

  #questionFor(name: string): Question {
    const known = this.#questions.get(name);
    if (known) return known;
    if (this.#questions.size >= MAX_WAITING) {
      throw networkError(new Error('too many names wait for their look-up'), name);
    }
    const question: Question = { name, waiting: new Set(), isRunning: false };
    this.#questions.set(name, question);
    return question;
  }

  #startNext(): void {
    for (const question of this.#questions.values()) {
      if (this.#running >= MAX_AT_ONCE) return;
      if (!question.isRunning) void this.#run(question);
    }
  }

  async #run(question: Question): Promise<void> {
    question.isRunning = true;
    this.#running++;
    try {
      const addresses = await this.#lookup(question.name);
      for (const waiter of question.waiting) waiter.resolve(addresses);
    } catch (error) {
      const failure = networkError(error, question.name);
      for (const waiter of question.waiting) waiter.reject(failure);
    } finally {
      this.#running--;
      this.#questions.delete(question.name);
      this.#startNext();
    }
  }
}

/** The one of this process: more would take more threads together. */
export const sharedNames = new NameLookup(async (name) => {
  const found = await dns.lookup(name, { all: true, verbatim: true });
  return found.map(({ address }) => address);
});
