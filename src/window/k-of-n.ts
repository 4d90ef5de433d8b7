import type { Rule } from './rule';

export interface KOfNOptions {
  /** So many … 1 to `ofN`. */
  countN: number;
  /** … of the newest so many answers must be `yes`. 1 to 100. */
  ofN: number;
  /** G: a longer silence ends a pending run. Milliseconds. */
  gapMs: number;
}

/** The newest answers that are known, oldest first: `y` and `n`. */
export type Answers = string;

/** Enough `yes` among the newest answers: a condition that flickers. `unknown` is no answer. */
export function kOfNRule({ countN, ofN, gapMs }: KOfNOptions): Rule<Answers> {
  const yes = (answers: Answers) => answers.length - answers.replaceAll('y', '').length;
  return {
    wants: 'yes',
    spanMs: ofN * gapMs,
    start: '',
    note: (answers, _seen, isFor) => (answers + (isFor ? 'y' : 'n')).slice(-ofN),
    fires: (run) => yes(run.own) >= countN,
    endsPending: (run) => yes(run.own) === 0,
    endsFiring: (run) => yes(run.own) < countN,
    pendingUntil: (run) => run.lastKnown + gapMs,
    completeAt: () => null,
  };
}
