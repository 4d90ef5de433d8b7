import type { Verdict } from '../shared/messages';
import { type ObservationEvent, ofSubject } from './observation';

/** Subjects of one answer: more in one picture are no use to anybody. */
const MAX_SUBJECTS = 32;
const MAX_CHARS = 64;

/**
 * What an answer is about: the values that a path leads to. Where the path meets a list, all its entries are meant:
 * `plates` in `{plates: ["B-XY 1", "K-AB 2"]}`, `people.id` in `{people: [{id: 7}]}`.
 *
 * @param payload the answer, from outside
 * @param path names, with dots between them
 * @returns texts, each once, at most 32; null where the path leads to nothing
 */
export function subjectsIn(payload: unknown, path: string): string[] | null {
  let values: unknown[] = [payload];
  let found = false;
  for (const name of path.split('.')) {
    const next = values
      .flat()
      .slice(0, MAX_SUBJECTS)
      .flatMap((value) => {
        if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
        found = true;
        return [(value as Record<string, unknown>)[name]];
      });
    values = next;
  }
  if (!found) return null;
  const texts = values.flat().slice(0, MAX_SUBJECTS).flatMap(textOf);
  return [...new Set(texts)];
}

function textOf(value: unknown): string[] {
  if (typeof value === 'number' && Number.isFinite(value)) return [String(value)];
  if (typeof value !== 'string') return [];
  const text = value.slice(0, 4 * MAX_CHARS).trim();
  return text === '' ? [] : [text];
}

/** A subject that is remembered for the same camera and rule. */
export interface Known {
  name: string;
  isIdle: boolean;
}

/**
 * One observation a subject, out of one of the whole scene. Who is named in a `yes` is seen; who was seen before and
 * is not named is not: that is a `no`. A `yes` that names nobody says nothing about anybody.
 *
 * @param names as {@link subjectsIn} gives them
 * @param wants the verdict that the rule waits for
 */
export function bySubject(
  scene: ObservationEvent,
  names: string[] | null,
  known: readonly Known[],
  wants: Verdict,
): ObservationEvent[] {
  const { verdict } = scene.observation;
  const seen = verdict === 'yes' ? (names ?? []) : [];
  const others = verdict === 'yes' ? (seen.length > 0 ? 'no' : 'unknown') : verdict;
  // A rule of absence begins with who was there once; for the others an idle subject has nothing to lose.
  const rest = known.filter(({ name, isIdle }) => !seen.includes(name) && (!isIdle || wants === 'no'));
  return [
    ...seen.map((name) => ofSubject(scene, name, 'yes')),
    ...rest.map(({ name }) => ofSubject(scene, name, others)),
  ];
}
