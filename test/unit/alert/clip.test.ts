import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gateEventOf } from '../../../src/alert/finding';
import { heldRule } from '../../../src/window/held';
import { Sequence } from '../window/sequence';
import { GateSequence } from './gate-sequence';

/** Whole seconds at which a person is in view in one-by-one-person-detection.mp4 (labels.json). */
const IN_VIEW = [
  [6, 19],
  [23, 43],
  [51, 68],
  [75, 85],
  [93, 118],
  [124, 134],
] as const;

/** One answer a second through window and gate. */
function playClip(cooldownMs: number): GateSequence {
  const proof = { least: 3, share: 0.6, coverage: 0.5 };
  const window = new Sequence(heldRule({ holdMs: 8000, gapMs: 3000, ends: 2, proof }), { gapS: 3 });
  const gate = new GateSequence({ cooldownMs });
  for (let second = 0; second < 139; second++) {
    const before = window.told.length;
    const inView = IN_VIEW.some(([first, last]) => second >= first && second <= last);
    window.play(inView ? 'y' : 'n', second);
    for (const info of window.told.slice(before)) {
      const nothing = { payload: undefined, frame: undefined, vision: undefined };
      gate.get(gateEventOf({ ...nothing, camera: 'gate', topic: 'Gate', window: info }, gate.clock.now()));
    }
    gate.pass(1);
  }
  return gate;
}

describe('six persons, one after the other', () => {
  it('give six alerts, each cleared, none in between', () => {
    const gate = playClip(0);
    const told = gate.told.filter((what) => !what.startsWith('held already-raised'));
    assert.deepEqual(
      told,
      IN_VIEW.flatMap(() => ['raised', 'cleared']),
    );
    assert.equal(new Set(gate.ids).size, 6);
  });

  it('give fewer with a cooldown, and each end of one that was not raised is held back', () => {
    const gate = playClip(60_000);
    const count = (what: string) => gate.told.filter((told) => told === what).length;
    assert.equal(count('raised') + count('raised later'), count('cleared'));
    assert.equal(count('cleared') + count('held not-raised'), 6);
    assert.ok(count('held not-raised') > 0);
  });
});
