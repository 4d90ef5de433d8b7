import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  canNeverFit,
  fits,
  levelOf,
  newBudget,
  reserve,
  rolled,
  settleCost,
  spentBefore,
} from '../../../src/vision/budget';

const NOON = new Date(2026, 0, 15, 12, 5).getTime();
const HOUR = 3_600_000;
const hourly = { perHour: 1, perDay: null, whenSpent: 'stop' } as const;

describe('a budget', () => {
  it('counts what is promised to calls under way as well as what is spent', () => {
    let budget = newBudget(NOON);
    for (let i = 0; i < 10; i++) {
      assert.equal(fits(budget, hourly, 0.1), true);
      budget = reserve(budget, 0.1);
    }
    assert.equal(fits(budget, hourly, 0.1), false);
    assert.equal(canNeverFit(budget, hourly, 0.1), false, 'some may cost less than was put aside');
    budget = settleCost(budget, 0.1, 0.02);
    assert.equal(fits(budget, hourly, 0.08), true);
  });

  it('is normal, then short from 80 % on, then spent when not even one more call fits', () => {
    const at = (spent: number) => levelOf(settleCost(newBudget(NOON), 0, spent), hourly, 0.05).level;
    assert.deepEqual([0.79, 0.8, 0.95, 0.96, 1].map(at), ['normal', 'saving', 'saving', 'spent', 'spent']);
  });

  it('says which period it is that runs short', () => {
    const both = { perHour: 1, perDay: 3, whenSpent: 'stop' } as const;
    const budget = spentBefore(newBudget(NOON), { hour: 0.1, day: 2.9 });
    assert.deepEqual(levelOf(budget, both, 0.01), { level: 'saving', period: 'day' });
    assert.deepEqual(levelOf(settleCost(budget, 0, 0.9), both, 0.01), { level: 'spent', period: 'day' });
    assert.deepEqual(levelOf(settleCost(newBudget(NOON), 0, 0.9), both, 0.01), {
      level: 'saving',
      period: 'hour',
    });
  });

  it('begins anew with the hour and with the day of the machine', () => {
    const spent = settleCost(newBudget(NOON), 0, 5);
    assert.equal(rolled(spent, NOON + 50 * 60_000).hour.spent, 5);
    const nextHour = rolled(spent, NOON + HOUR);
    assert.deepEqual([nextHour.hour.spent, nextHour.day.spent], [0, 5]);
    const nextDay = rolled(nextHour, NOON + 12 * HOUR);
    assert.deepEqual([nextDay.hour.spent, nextDay.day.spent], [0, 0]);
  });

  it('keeps what is promised over the end of an hour', () => {
    assert.equal(rolled(reserve(newBudget(NOON), 0.4), NOON + HOUR).reserved, 0.4);
  });

  it('has no end where none is set', () => {
    const none = { perHour: null, perDay: null, whenSpent: 'stop' } as const;
    const budget = settleCost(newBudget(NOON), 0, 1e9);
    assert.equal(fits(budget, none, 1), true);
    assert.equal(levelOf(budget, none, 1).level, 'normal');
  });
});
