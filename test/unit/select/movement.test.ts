import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { follow, type Moment, NO_MOVEMENT } from '../../../src/select/movement';

const LIMITS = { threshold: 10, endAfterMs: 3000 };

/** Each letter is a second: `m` moves, `p` present but still, `.` empty, `r` a rest that is hardly there. */
const SIGHTS: Record<string, { score: number; toBackground: number }> = {
  m: { score: 80, toBackground: 100 },
  p: { score: 2, toBackground: 100 },
  r: { score: 2, toBackground: 12 },
  '.': { score: 2, toBackground: 3 },
};

const LETTERS: Record<string, string> = { start: 'S', moves: 'm', settled: 's', end: 'E' };

function moments(seconds: string): string {
  let movement = NO_MOVEMENT;
  return [...seconds]
    .map((letter, second) => {
      const sight = SIGHTS[letter] ?? { score: 0, toBackground: 0 };
      let moment: Moment;
      ({ movement, moment } = follow(movement, { time: second * 1000, ...sight }, LIMITS));
      return moment ? LETTERS[moment] : '-';
    })
    .join('');
}

describe('movement', () => {
  for (const [what, seen, told] of [
    ['nothing moves: nothing is told', '......', '------'],
    ['somebody passes: a start, and an end after three quiet seconds', '.mm.....', '-Sm--E--'],
    ['a short stop does not end it', '.mppm....', '-S--m--E-'],
    ['somebody stands still: settled once, and the end when he has gone', '.mpppppmm....', '-S--s--mm--E-'],
    ['somebody leaves while nothing is seen to move', '.mpppp..', '-S--s-E-'],
    ['people who come one after the other are two events', '.m..m....', '-S--S--E-'],
    ['a gap of one empty second is the same event', '.m.m....', '-S-m--E-'],
    ['a shadow that stays behind does not hold the event open', '.mmrrrr', '-Sm--E-'],
    ['after the end the next movement is a start', '.m....m', '-S--E-S'],
  ] as const)
    test(what, () => assert.equal(moments(seen), told));

  test('events are counted', () => {
    const first = follow(NO_MOVEMENT, { time: 0, score: 80, toBackground: 80 }, LIMITS).movement;
    assert.equal(first.events, 1);
    const ended = follow(first, { time: 3000, score: 0, toBackground: 0 }, LIMITS).movement;
    assert.equal(follow(ended, { time: 4000, score: 80, toBackground: 80 }, LIMITS).movement.events, 2);
  });
});
