import type { WindowInfo, WindowState } from '../shared/messages';
import { chosen } from './evidence';
import type { KeyState } from './key-state';
import type { Rule } from './rule';
import { coverageOf } from './share';
import { spansOf } from './story';

const NOTHING = { yes: 0, no: 0, unknown: 0 };

/**
 * What is told of a key.
 *
 * @param told the state to tell
 * @param changed whether it has changed: the message that ends a run tells how far it came
 */
export function windowInfo<O>(
  rule: Rule<O>,
  { subject, run, newest, confidence, reason, evidence }: KeyState<O>,
  told: WindowState,
  changed: boolean,
): WindowInfo {
  const { key, camera, rule: name } = subject;
  const known = told !== 'idle' || changed;
  const yes = rule.wants === 'yes';
  const info: WindowInfo = {
    key,
    camera,
    rule: name,
    state: told,
    since: told === 'idle' ? null : run.since,
    heldMs: known ? run.heldMs : 0,
    samples: known
      ? {
          yes: yes ? run.forN : run.againstN,
          no: yes ? run.againstN : run.forN,
          unknown: run.unknownN,
        }
      : NOTHING,
    coverage: known ? coverageOf(run.share, rule.spanMs, newest - run.since) : 0,
    time: newest,
    confidence: known ? confidence : null,
  };
  if (subject.name !== '') info.subject = subject.name;
  if (known && run.until !== null) info.until = run.until;
  if (known && reason !== '') info.reason = reason;
  if (!changed) return info;
  info.verdicts = spansOf(run.story);
  const pictures = chosen(evidence, run.since);
  if (pictures) info.evidence = pictures;
  return info;
}
