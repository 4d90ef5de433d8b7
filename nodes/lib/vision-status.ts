import type { Node, NodeAPI } from 'node-red';
import { systemClock } from '../../src/shared/clock';
import type { VisionInfo } from '../../src/shared/messages';
import { StatusLine } from './status';

interface Load {
  waiting: number;
  asking: number;
}

/** The line under a vision-llm node: what is being asked, the last verdict, or what is wrong. */
export class VisionStatus {
  readonly #RED: NodeAPI;
  readonly #line: StatusLine;
  #dropped = 0;

  constructor(RED: NodeAPI, node: Node) {
    this.#RED = RED;
    this.#line = new StatusLine(node, systemClock);
  }

  asking({ waiting, asking }: Load): void {
    const text = this.#word('asking', { count: asking });
    this.#line.set('blue', 'dot', join(text, waiting > 0 && this.#word('waiting', { count: waiting })));
  }

  answered(
    { verdict, code, latency }: VisionInfo,
    { standIn, saving }: { standIn: boolean; saving: boolean },
  ): void {
    const text = join(
      standIn && this.#word('standIn'),
      this.#word(verdict),
      // No ":" in it: the editor would take what is before for a namespace.
      code ? this.#word(code) : this.#word('seconds', { seconds: (latency / 1000).toFixed(1) }),
      saving && this.#word('saving'),
      this.#dropped > 0 && this.#word('dropped', { count: this.#dropped }),
    );
    this.#line.set(code ? 'yellow' : 'green', code ? 'ring' : 'dot', text);
  }

  /** A picture was not asked about: shown with the next answer, counted since the deploy. */
  dropped(): void {
    this.#dropped += 1;
  }

  /** `code`: of an error; each has a few words in the catalog. */
  failed(code: string): void {
    this.#line.set('red', 'ring', this.#word(code));
  }

  close(): void {
    this.#line.close();
  }

  #word(key: string, values?: Record<string, unknown>): string {
    return this.#RED._(`vision-llm.status.${key}`, values as never);
  }
}

function join(...parts: (string | false)[]): string {
  return parts.filter(Boolean).join(' · ');
}
