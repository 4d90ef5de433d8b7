import { type ChildProcess, fork } from 'node:child_process';
import { asError } from '../../../src/shared/errors';

type Methods = Record<string, (args: never) => unknown>;

interface Question {
  id: number;
  method: string;
  args: unknown;
}

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

/** A process of a benchmark, so that what it costs is measured apart. It is asked by the names of its methods. */
export class Worker {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #last = 0;

  /**
   * @param file of a module that calls {@link serve}
   * @param inside a command that runs another one in its own surroundings, such as `ip netns exec NAME`
   */
  constructor(file: string, inside: readonly string[] = []) {
    const [execPath = '', ...before] = [...inside, process.execPath];
    this.#child = fork(file, {
      execPath,
      execArgv: [...before, '--expose-gc', '--import', 'tsx'],
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    this.#child.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    this.#child.on('exit', (code) => {
      for (const [id, tell] of this.#waiting) tell({ id, error: `The process ended with ${code}.` });
      this.#waiting.clear();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  call<T>(method: string, args: unknown = {}): Promise<T> {
    this.#last += 1;
    const question: Question = { id: this.#last, method, args };
    return new Promise((resolve, reject) => {
      this.#waiting.set(question.id, ({ result, error }) => {
        if (error === undefined) resolve(result as T);
        else reject(new Error(`${method}: ${error}`));
      });
      this.#child.send(question);
    });
  }

  /** Lets it end by itself, for at most five seconds. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    this.#child.disconnect();
    await gone;
    clearTimeout(timer);
  }
}

/** The other side: answers with what the methods give. */
export function serve(methods: Methods, onEnd: () => Promise<unknown>): void {
  process.on('message', async ({ id, method, args }: Question) => {
    const answer: Answer = { id };
    try {
      answer.result = await methods[method]?.(args as never);
    } catch (error) {
      answer.error = asError(error).message;
    }
    if (process.connected) process.send?.(answer);
  });
  process.on('disconnect', () => onEnd().finally(() => process.exit()));
}
