import type { Verdict } from '../shared/messages';
import { isTimeZone, localTime } from '../shared/time';
import type { Question } from './questions';
import type { Answered } from './settle';

/** What was answered about a picture of a camera: words of ours and a time, nothing that was seen or said. */
export interface PastVerdict {
  rule: string;
  /** Capture time of the picture, epoch milliseconds. */
  time: number;
  verdict: Verdict;
}

/** Most that a prompt is told of: what is longer ago than that says little about now, and costs tokens each time. */
export const MAX_HISTORY = 20;
/** As many as an endpoint asks about; the one that was silent longest is forgotten. */
const MAX_CAMERAS = 2_000;
/** Of one camera: the rules of one node. */
const MAX_RULES = 20;

/** The last verdicts of each camera and rule. */
export class RecentVerdicts {
  readonly #count: number;
  /** By camera, in order of last use; the newest verdict of a rule is the last. */
  readonly #cameras = new Map<string, Map<string, PastVerdict[]>>();

  /** @param count verdicts kept of each rule of a camera, 0 to {@link MAX_HISTORY}; 0: none */
  constructor(count: number) {
    this.#count = count;
  }

  /** Cameras of which something is kept. */
  get size(): number {
    return this.#cameras.size;
  }

  /** Notes an answer. One about the same moment takes the place of the one before. */
  note(camera: string, { rule, time, verdict }: PastVerdict): void {
    if (this.#count === 0) return;
    const rules = this.#cameras.get(camera) ?? new Map<string, PastVerdict[]>();
    this.#cameras.delete(camera);
    this.#cameras.set(camera, rules);
    if (this.#cameras.size > MAX_CAMERAS) forgetFirst(this.#cameras);
    if (!rules.has(rule) && rules.size >= MAX_RULES) forgetFirst(rules);
    const others = (rules.get(rule) ?? []).filter((one) => one.time !== time);
    // Only these: whatever else an answer holds stays out of every later prompt.
    const all = [...others, { rule, time, verdict }].sort((a, b) => a.time - b.time);
    rules.set(rule, all.slice(-this.#count));
  }

  /** Notes the answers to all that was asked about one picture. */
  noteAll(camera: string, time: number, verdicts: readonly Omit<PastVerdict, 'time'>[]): void {
    for (const { rule, verdict } of verdicts) this.note(camera, { rule, time, verdict });
  }

  /**
   * What was answered about earlier pictures of a camera, the oldest first; [] where nothing was.
   *
   * @param before capture time of the picture that is to be asked about, epoch milliseconds
   */
  of(camera: string, before: number): PastVerdict[] {
    const rules = this.#cameras.get(camera);
    return [...(rules?.values() ?? [])].flat().filter(({ time }) => time < before);
  }

  /** @param camera null for all */
  forget(camera: string | null): void {
    if (camera === null) this.#cameras.clear();
    else this.#cameras.delete(camera);
  }
}

/** The verdict of each rule in an answer. @param questions null where the node asks one */
export function verdictsIn(
  { vision, answers }: Pick<Answered, 'vision' | 'answers'>,
  questions: readonly Pick<Question, 'name'>[] | null,
): Omit<PastVerdict, 'time'>[] {
  if (!questions || !answers) return [{ rule: vision.rule, verdict: vision.verdict }];
  return answers.map(({ verdict }, index) => ({ rule: questions[index]?.name ?? '', verdict }));
}

/**
 * The last verdicts as a model is told of them; '' for none.
 *
 * @param timeZone of the camera
 */
export function historyText(past: readonly PastVerdict[], timeZone: string): string {
  if (past.length === 0) return '';
  const zone = isTimeZone(timeZone) ? timeZone : '';
  const rules = [...new Set(past.map(({ rule }) => rule))];
  const lines = rules.map((rule) => {
    const words = past
      .filter((one) => one.rule === rule)
      .map(({ time, verdict }) => `${localTime(time, zone)} ${verdict}`);
    return rules.length === 1 ? words.join(', ') : `${rule}: ${words.join(', ')}`;
  });
  return [HEAD, ...lines].join('\n');
}

/** So that the past is not taken for what is seen now. */
const HEAD =
  'What was answered about earlier pictures of this camera, for context only; answer from what is sent now:';

function forgetFirst<T>(map: Map<string, T>): void {
  const [first] = map.keys();
  if (first !== undefined) map.delete(first);
}
