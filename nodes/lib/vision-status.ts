import type { Node, NodeAPI } from 'node-red';
import { systemClock } from '../../src/shared/clock';
import type { Verdict } from '../../src/shared/messages';
import type { Question } from '../../src/vision/questions';
import type { Answered } from '../../src/vision/settle';
import { StatusLine } from './status';

/** Rules in the line, and how much of each name: a status is cut by the editor where it gets long. */
const MAX_RULES = 3;
const MAX_NAME_CHARS = 12;

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

  asking(load: () => Load): void {
    this.#line.set('blue', 'dot', () => {
      const { waiting, asking } = load();
      const text = this.#word('asking', { count: asking });
      return join(text, waiting > 0 && this.#word('waiting', { count: waiting }));
    });
  }

  /** @param questions null where the node asks one */
  answered(
    { vision: { verdict, code, latency }, answers }: Answered,
    questions: readonly Question[] | null,
    { standIn, saving }: { standIn: boolean; saving: boolean },
  ): void {
    const text = () =>
      join(
        standIn && this.#word('standIn'),
        answers && questions ? this.#rules(questions, answers) : this.#word(verdict),
        code ? this.#word(code) : this.#word('seconds', { seconds: (latency / 1000).toFixed(1) }),
        saving && this.#word('saving'),
        this.#dropped > 0 && this.#word('dropped', { count: this.#dropped }),
      );
    this.#line.set(code ? 'yellow' : 'green', code ? 'ring' : 'dot', text);
  }

  /** `helmet yes, vest no`: as many as there is room for. */
  #rules(questions: readonly Question[], answers: readonly { verdict: Verdict }[]): string {
    const shown = answers
      .slice(0, MAX_RULES)
      .map(({ verdict }, index) => `${nameOf(questions[index])} ${this.#word(verdict)}`);
    const more = answers.length - shown.length;
    return [...shown, ...(more > 0 ? [`+${more}`] : [])].join(', ');
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

/** No ":" in it: the editor would take what is before for a namespace. */
function nameOf(question: Question | undefined): string {
  return (question?.name ?? '').slice(0, MAX_NAME_CHARS).replaceAll(':', ' ');
}

function join(...parts: (string | false)[]): string {
  return parts.filter(Boolean).join(' · ');
}
