import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { follow, type Moment, NO_MOVEMENT } from '../../../src/select/movement';

const LIMITS = { threshold: 10, endAfterMs: 3000, stepMs: 200 };

/** Each letter is a second: `a` something comes, `m` moves, `p` present but still, `.` empty, `r` hardly there. */
const SIGHTS: Record<string, { arrival: boolean; moving: boolean; shifted: boolean; strength: number }> = {
  a: { arrival: true, moving: true, shifted: false, strength: 200 },
  m: { arrival: false, moving: true, shifted: false, strength: 200 },
  w: { arrival: false, moving: true, shifted: false, strength: 30 },
  p: { arrival: false, moving: false, shifted: false, strength: 200 },
  r: { arrival: false, moving: false, shifted: false, strength: 15 },
  '.': { arrival: false, moving: false, shifted: false, strength: 0 },
};

const LETTERS: Record<string, string> = { start: 'S', moves: 'm', resumes: 'R', stays: 's', end: 'E' };

function moments(seconds: string): string {
  let movement = NO_MOVEMENT;
  return [...seconds]
    .map((letter, second) => {
      const sight = SIGHTS[letter] ?? { arrival: false, moving: false, shifted: false, strength: 0 };
      let moment: Moment;
      ({ movement, moment } = follow(movement, { time: second * 1000, ...sight }, LIMITS));
      return moment ? LETTERS[moment] : '-';
    })
    .join('');
}

describe('movement', () => {
  for (const [what, seen, told] of [
    ['nothing moves: nothing is told', '......', '------'],
    ['somebody passes: a start, and an end after three quiet seconds', '.am.....', '-SmmmE--'],
    ['a short stop does not end it', '.amppm....', '-SmmmmmmE-'],
    ['somebody stands still: he stays, and the end comes when he has gone', '.apppppmm....', '-SmmsssRmmmE-'],
    ['somebody leaves while nothing is seen to move', '.apppp..', '-SmmssE-'],
    ['who comes when it was empty for half the time is another event', '.a..m....', '-SmmSmmE-'],
    ['a gap of one empty second is the same event', '.a.m....', '-SmmmmE-'],
    ['somebody else who comes is another event', '.ammma', '-SmmmS'],
    ['but head and feet that come apart are not', '.aa', '-Sm'],
    ['a shadow that stays behind does not hold the event open', '.amrrrr', '-SmmmE-'],
    ['after the end the next movement is a start', '.a....m', '-SmmE-S'],
    ['what little moves while nothing goes on is no start', '.w.w', '----'],
  ] as const)
    test(what, () => assert.equal(moments(seen), told));

  test('events are counted', () => {
    const first = follow(
      NO_MOVEMENT,
      { time: 0, arrival: true, moving: true, shifted: false, strength: 80 },
      LIMITS,
    ).movement;
    assert.equal(first.events, 1);
    const ended = follow(
      first,
      { time: 3000, arrival: false, moving: false, shifted: false, strength: 0 },
      LIMITS,
    ).movement;
    const again = follow(
      ended,
      { time: 4000, arrival: true, moving: true, shifted: false, strength: 80 },
      LIMITS,
    ).movement;
    assert.equal(again.events, 2);
  });

  test('where frames are far apart nobody can tell who is who: whoever moves belongs to the event, and it shifts', () => {
    const sparse = { ...LIMITS, stepMs: 2000 };
    const moves = { arrival: false, moving: true, shifted: false, strength: 80 };
    const { movement } = follow(NO_MOVEMENT, { time: 0, ...moves, arrival: true }, sparse);
    assert.equal(follow(movement, { time: 4000, ...moves, arrival: true }, sparse).moment, 'shifts');
    assert.equal(follow(movement, { time: 4000, ...moves, shifted: true }, sparse).moment, 'shifts');
    assert.equal(follow(movement, { time: 4000, ...moves }, sparse).moment, 'moves');
    assert.equal(follow(movement, { time: 4000, ...moves, shifted: true }, LIMITS).moment, 'moves');
  });
});
