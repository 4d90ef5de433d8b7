import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { heldRule } from '../../../src/window/held';
import { Sequence, START, seen } from './sequence';

const CLIP = 'one-by-one-person-detection.mp4';
const folder = process.env.CLIPS_DIR ?? '';
const skip = folder === '' && 'CLIPS_DIR is not set: no labels to judge by';

interface Labels {
  [clip: string]: { duration: number; events: { start: number; end: number }[] };
}

/** The shares of the node's defaults; T and G are each test's own. */
const PROOF = { least: 3, share: 0.6, coverage: 0.5 };

function held(holdS: number, gapS: number): Sequence<unknown> {
  const rule = heldRule({ holdMs: holdS * 1000, gapMs: gapS * 1000, ends: 2, proof: PROOF });
  return new Sequence<unknown>(rule, { gapS, lateS: 45 });
}

describe('six people who come one by one, as they are labelled, one observation a second', { skip }, () => {
  let people: { start: number; end: number }[] = [];
  let duration = 0;
  before(() => {
    const labels = JSON.parse(readFileSync(join(folder, 'labels.json'), 'utf8')) as Labels;
    ({ events: people, duration } = labels[CLIP] ?? { events: [], duration: 0 });
    assert.equal(people.length, 6);
  });

  /** Shows the clip; `wanted` says which seconds are observed at all. */
  function show(
    sequence: Sequence<unknown>,
    phaseS: number,
    wanted: (isThere: boolean, at: number) => boolean,
  ) {
    for (let at = phaseS; at < duration; at++) {
      sequence.clock.advance(at * 1000 - sequence.clock.monotonic());
      const isThere = people.some(({ start, end }) => at >= start && at <= end);
      if (wanted(isThere, at)) sequence.see(seen(at, isThere ? 'y' : 'n'));
    }
    return sequence;
  }

  const phases = [0, 0.25, 0.5, 0.75];
  const runsOf = ({ changes }: Sequence<unknown>) => changes.filter((change) => change.startsWith('firing'));

  it('are six runs with G 2 s, each within its label, none merged', () => {
    for (const phase of phases) {
      const sequence = show(held(8, 2), phase, () => true);
      const firing = sequence.told.filter(
        ({ state }, i) => state === 'firing' && sequence.told[i - 1]?.state !== 'firing',
      );
      assert.equal(firing.length, 6);
      for (const [i, { since }] of firing.entries()) {
        const begin = ((since ?? 0) - START) / 1000 - (people[i]?.start ?? 0);
        assert.ok(begin >= 0 && begin < 1, `person ${i + 1} since ${begin} s after the label`);
      }
      assert.equal(sequence.changes.filter((change) => change.startsWith('resolved')).length, 6);
    }
  });

  it('are no run of two minutes with G 10 s where each no was lost', () => {
    for (const phase of phases) {
      const sequence = show(held(120, 10), phase, (isThere) => isThere);
      assert.deepEqual(runsOf(sequence), []);
      const longest = Math.max(...sequence.told.map(({ heldMs }) => heldMs));
      // All that was seen, and nothing of the time between the people.
      const inView = people.reduce((sum, { start, end }) => sum + end - start, 0) * 1000;
      assert.ok(longest > 60_000 && longest <= inView, `${longest} of ${inView} ms in view`);
    }
  });

  it('turn blind, with no clear and no second alarm, where the stream is cut for G + 1 s', () => {
    for (const gapS of [2, 5]) {
      const [first] = people;
      const cutAt = Math.ceil(first?.start ?? 0) + 10;
      const sequence = show(held(8, gapS), 0, (_, at) => at <= cutAt || at > cutAt + gapS);
      const ofFirst = sequence.told.filter(
        ({ since }) => since === sequence.told.find((one) => one.since)?.since,
      );
      const states = ofFirst.map(({ state }) => state).filter((state, i, all) => state !== all[i - 1]);
      assert.deepEqual(states, ['pending', 'firing', 'blind', 'firing', 'resolved']);
    }
  });
});
