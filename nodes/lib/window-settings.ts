import type { NodeDef } from 'node-red';
import { countRule } from '../../src/window/count';
import { absenceRule, heldRule } from '../../src/window/held';
import { kOfNRule } from '../../src/window/k-of-n';
import type { Rule } from '../../src/window/rule';
import type { RunOptions } from '../../src/window/run';
import { Settings } from './settings';

const RULES = ['held', 'count', 'kOfN', 'edges', 'absence'] as const;
const DAY_S = 86_400;

/** Settings of a temporal-window, coerced; `problem` where they cannot be used. */
export function readWindowSettings(config: NodeDef) {
  const settings = new Settings(config);
  const ms = (name: string, rule: { default: number; min: number; max: number }) =>
    settings.number(name, rule) * 1000;
  const share = (name: string, byDefault: number) =>
    settings.number(name, { default: byDefault, min: 0, max: 1 });
  const count = (name: string, byDefault: number) =>
    settings.integer(name, { default: byDefault, min: 1, max: 100 });

  const kind = settings.choice('rule', RULES, 'held');
  const holdMs = ms('holdS', { default: 60, min: 0, max: 7 * DAY_S });
  const gapMs = ms('gapS', { default: 30, min: 1, max: DAY_S });
  const ends = count('noEnds', 2);
  // A flow of before this setting fired on less; it goes on doing so.
  const isOld = (config as { version?: unknown }).version !== 2;
  const proof = {
    least: count('minYes', isOld ? 1 : 3),
    share: share('minShare', 0.6),
    coverage: share('minCoverage', 0.5),
  };
  const held = { holdMs, gapMs, ends, proof };
  const windowMs = ms('countWindowS', { default: 60, min: 1, max: 7 * DAY_S });
  const countN = count('countN', 3);
  const ofN = count('ofN', 5);
  if (kind === 'kOfN' && countN > ofN) settings.problem(`countN is ${countN}, more than the ${ofN} of ofN`);

  const run: RunOptions = {
    gapMs,
    ends,
    expireMs: ms('expireS', { default: 600, min: 1, max: 7 * DAY_S }),
    startConfidence: share('startConfidence', 0),
    lateMs: ms('answerS', { default: 45, min: 1, max: 3600 }),
  };
  return {
    kind,
    rule: ruleOf() as Rule<unknown>,
    run,
    minConfidence: share('minConfidence', 0),
    subject: settings.text('subject'),
    probe: settings.flag('probe', true),
    evidence: settings.flag('evidence', true),
    emitAll: settings.choice('emit', ['changes', 'all'], 'changes') === 'all',
    problem: settings.error(),
  };

  /** Which of them is chosen once, and noted with what is kept: the record of one is never given to another. */
  function ruleOf() {
    if (kind === 'held') return heldRule(held);
    if (kind === 'absence') return absenceRule(held);
    if (kind === 'kOfN') return kOfNRule({ countN, ofN, gapMs });
    return countRule({ countN, windowMs, ends, edges: kind === 'edges', gapMs });
  }
}
