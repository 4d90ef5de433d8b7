import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chosen, type Evidence, NO_EVIDENCE, withPicture } from '../../../src/window/evidence';
import { timelineOf } from '../../../src/window/timeline';

/** One picture a second for so long. */
function kept(seconds: number, spanS: number): Evidence {
  let evidence = NO_EVIDENCE;
  for (let t = 0; t <= seconds; t++) {
    evidence = withPicture(evidence, { id: `p${t}`, t: t * 1000 }, spanS * 1000, t === seconds);
  }
  return evidence;
}

describe('the pictures of a run', () => {
  it('are the first, the one in the middle and the one that fired', () => {
    assert.deepEqual(chosen(kept(60, 60), 0), { first: 'p0', middle: 'p30', last: 'p60' });
  });

  it('are few until it fires, and bounded however long it lasts', () => {
    assert.equal(kept(60, 60).kept.length, 5);
    const long = kept(86_400, 60);
    assert.ok(long.kept.length <= 8);
    const { first, middle, last } = chosen(long, 0) ?? { first: '', middle: 'p0', last: '' };
    assert.deepEqual([first, last], ['p0', 'p86400']);
    assert.ok(Math.abs(Number(middle.slice(1)) - 43_200) < 10_000, middle);
  });

  it('are of this run only', () => {
    assert.deepEqual(chosen(kept(60, 60), 30_000), { first: 'p30', middle: 'p45', last: 'p60' });
    assert.equal(chosen(NO_EVIDENCE, 0), null);
  });
});

describe('the timeline', () => {
  it('tells the verdicts in the time zone of the camera', () => {
    const at = (minute: number) => Date.UTC(2026, 10, 22, 7, minute);
    const spans = [
      { verdict: 'yes' as const, from: at(0), to: at(2), n: 14 },
      { verdict: 'no' as const, from: at(3), to: at(3), n: 1 },
    ];
    assert.equal(timelineOf(spans, 'Europe/Berlin'), '08:00:00 yes ×14 until 08:02:00, 08:03:00 no');
    assert.equal(timelineOf(spans, 'UTC'), '07:00:00 yes ×14 until 07:02:00, 07:03:00 no');
    assert.match(timelineOf(spans, 'No/Where'), /yes ×14/);
  });

  it('tells seconds within a minute, and another minute after it', () => {
    const at = (second: number) => Date.UTC(2026, 10, 22, 7, 0, second);
    const spans = [
      { verdict: 'yes' as const, from: at(5), to: at(59), n: 2 },
      { verdict: 'no' as const, from: at(60) + 999, to: at(60) + 999, n: 1 },
    ];
    assert.equal(timelineOf(spans, 'Asia/Kolkata'), '12:30:05 yes ×2 until 12:30:59, 12:31:00 no');
  });
});
