import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  confirm,
  EMPTY_LANE,
  hurry,
  type Lane,
  type LaneChange,
  post,
  reject,
  resumed,
  tend,
  wakeOf,
} from '../../../src/alert/lane';
import type { AlertState } from '../../../src/shared/messages';
import { letter } from './letter';

const OPTIONS = { confirmMs: 30_000, giveUpMs: 3_600_000 };

/** A lane on a clock of its own, and what came out of it. */
class Walk {
  lane: Lane = EMPTY_LANE;
  now = 0;
  readonly told: string[] = [];

  post(id: string, count = 1, state: AlertState = 'raised'): this {
    return this.take(post(this.lane, letter(id, count, state, this.now))).tend();
  }

  confirm(id: string, count = 1): this {
    return this.take(confirm(this.lane, id, count)).tend();
  }

  reject(id: string, count = 1): this {
    return this.take(reject(this.lane, id, count, this.now, OPTIONS)).tend();
  }

  /** Sleeps as a runner does: up to each moment that was asked for. */
  pass(seconds: number): this {
    const end = this.now + seconds * 1000;
    for (
      let wake = wakeOf(this.lane, OPTIONS);
      wake !== null && wake <= end;
      wake = wakeOf(this.lane, OPTIONS)
    ) {
      this.now = Math.max(this.now, wake);
      this.tend();
    }
    this.now = end;
    return this.tend();
  }

  tend(): this {
    return this.take(tend(this.lane, this.now, OPTIONS));
  }

  take({ lane, outputs }: LaneChange): this {
    this.lane = lane;
    for (const { type, letter: one } of outputs) this.told.push(`${type} ${one.alert.id}${one.alert.count}`);
    return this;
  }
}

describe('a lane', () => {
  it('sends one at a time, in order, the next when the one before is confirmed', () => {
    const walk = new Walk().post('a').post('a', 2, 'cleared');
    assert.deepEqual(walk.told, ['send a1']);
    assert.deepEqual(walk.confirm('a').told.slice(1), ['delivered a1', 'send a2']);
    assert.deepEqual(walk.confirm('a', 2).lane, EMPTY_LANE);
    assert.equal(wakeOf(walk.lane, OPTIONS), null);
  });

  it('sends again with growing pauses what nobody confirms', () => {
    const walk = new Walk().post('a');
    const sentAt: number[] = [0];
    for (let second = 1; second <= 300; second++) {
      const before = walk.told.filter((what) => what.startsWith('send')).length;
      walk.pass(1);
      if (walk.told.filter((what) => what.startsWith('send')).length > before) sentAt.push(second);
    }
    // 30 s to wait, and 5, 10, 20, 40, 80 s of pause.
    assert.deepEqual(sentAt, [0, 35, 75, 125, 195]);
  });

  it('pauses no longer than five minutes', () => {
    const walk = new Walk().post('a');
    const pauses: number[] = [];
    for (let i = 0; i < 12; i++) {
      walk.reject('a');
      const wake = wakeOf(walk.lane, { ...OPTIONS, giveUpMs: Number.POSITIVE_INFINITY }) ?? 0;
      pauses.push((wake - walk.now) / 1000);
      walk.lane = hurry(walk.lane, walk.now);
      walk.tend();
    }
    assert.deepEqual(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300, 300]);
  });

  it('pauses at once when somebody tells that it failed', () => {
    const walk = new Walk().post('a').reject('a');
    assert.deepEqual(walk.told, ['send a1', 'lost a1']);
    assert.equal(walk.pass(5).told.at(-1), 'send a1');
  });

  it('takes a confirmation that comes late, and one that comes twice', () => {
    const walk = new Walk().post('a').pass(31).confirm('a').confirm('a').post('b').confirm('a');
    assert.deepEqual(walk.told, ['send a1', 'lost a1', 'delivered a1', 'send b1']);
  });

  it('is not confused by the confirmation of another message', () => {
    const walk = new Walk().post('a').post('a', 2, 'updated').confirm('a', 2).confirm('b');
    assert.deepEqual(walk.told, ['send a1']);
  });

  it('gives up after the time that is set, and goes on with the next', () => {
    const walk = new Walk().post('a').pass(1800).post('b').pass(1800);
    assert.ok(walk.told.includes('dead a1'));
    assert.equal(walk.told.at(-1), 'send b1');
  });

  it('keeps the newest of updates that wait, and the order of all else', () => {
    const walk = new Walk().post('a').post('a', 2, 'updated').post('a', 3, 'updated').post('a', 4, 'cleared');
    walk.confirm('a').confirm('a', 3).confirm('a', 4);
    assert.deepEqual(
      walk.told.filter((what) => what.startsWith('delivered')),
      ['delivered a1', 'delivered a3', 'delivered a4'],
    );
  });

  it('has room for 20, and tells of what has none', () => {
    const walk = new Walk();
    for (let i = 0; i < 25; i++) walk.post(`x${i}-`);
    assert.equal(walk.lane.letters.length, 20);
    assert.equal(walk.told.filter((what) => what.startsWith('dead')).length, 5);
    assert.equal(walk.lane.letters[0]?.alert.id, 'x0-', 'the one that is out may still be confirmed');
  });

  it('hurries when the channel works again', () => {
    const walk = new Walk().post('a').reject('a');
    walk.lane = hurry(walk.lane, walk.now);
    assert.deepEqual(walk.tend().told, ['send a1', 'lost a1', 'send a1']);
  });

  it('sends again after a restart what was out', () => {
    const walk = new Walk().post('a');
    walk.lane = resumed(JSON.parse(JSON.stringify(walk.lane)));
    walk.tend();
    assert.deepEqual(walk.told, ['send a1', 'send a1']);
    assert.equal(walk.lane.letters[0]?.tries, 2);
  });

  it('loses nothing and mixes nothing up, whatever happens', () => {
    const step = fc.oneof(
      fc.constant('post' as const),
      fc.constant('confirm' as const),
      fc.constant('reject' as const),
      fc.constant('restart' as const),
      fc.integer({ min: 1, max: 120 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const walk = new Walk();
        let posted = 0;
        for (const what of steps) {
          const head = walk.lane.letters[0]?.alert.id ?? '';
          if (what === 'post') walk.post(`${posted++}-`);
          else if (what === 'confirm') walk.confirm(head);
          else if (what === 'reject') walk.reject(head);
          else if (what === 'restart') walk.lane = resumed(walk.lane);
          else walk.pass(what);
        }
        const ended = walk.told
          .filter((one) => /^(delivered|dead)/.test(one))
          .map((one) => Number.parseInt(one.split(' ')[1] ?? '', 10));
        const waits = walk.lane.letters.map(({ alert }) => Number.parseInt(alert.id, 10));
        assert.deepEqual(
          [...ended, ...waits].sort((a, b) => a - b),
          [...Array(posted).keys()],
        );
        const delivered = walk.told
          .filter((one) => one.startsWith('delivered'))
          .map((one) => Number.parseInt(one.split(' ')[1] ?? '', 10));
        assert.deepEqual(
          delivered,
          [...delivered].sort((a, b) => a - b),
          'in order',
        );
        for (const [index, one] of walk.told.entries()) {
          const before = walk.told.slice(0, index).findLast((other) => other.startsWith('send'));
          if (one.startsWith('delivered'))
            assert.equal(before, one.replace('delivered', 'send'), 'sent before');
        }
      }),
      { numRuns: 300 },
    );
  });
});
