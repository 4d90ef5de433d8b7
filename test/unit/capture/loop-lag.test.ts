import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopLag, loopLagOf } from '../../../src/capture/loop-lag';
import { FakeClock } from '../../fixtures/fake-clock';

function setUp() {
  const clock = new FakeClock();
  const lag = new LoopLag(clock);
  return { clock, lag, end: lag.use() };
}

test('a loop that runs is never behind', () => {
  const { clock, lag } = setUp();
  for (let n = 0; n < 50; n++) {
    clock.advance(37);
    assert.equal(lag.isCatchingUp, false);
  }
});

test('after a block it catches up for a second, and is asked before any timer has run', () => {
  const { clock, lag } = setUp();
  clock.block(3000);
  assert.equal(lag.isCatchingUp, true);
  clock.advance(900);
  assert.equal(lag.isCatchingUp, true);
  clock.advance(200);
  assert.equal(lag.isCatchingUp, false);
});

test('a block that nobody asked about at once is noticed by the timer', () => {
  const { clock, lag } = setUp();
  clock.advance(50);
  clock.block(3000);
  clock.advance(300);
  assert.equal(lag.isCatchingUp, true);
});

test('a short hold-up is none', () => {
  const { clock, lag } = setUp();
  clock.block(250);
  clock.advance(0);
  assert.equal(lag.isCatchingUp, false);
});

test('one timer for all users, and none after the last', () => {
  const { clock, lag, end } = setUp();
  const endToo = lag.use();
  assert.equal(clock.pending, 1);
  end();
  end();
  assert.equal(clock.pending, 1);
  endToo();
  assert.equal(clock.pending, 0);
  lag.use()();
  assert.equal(clock.pending, 0);
});

test('the time in which nobody measured is no block', () => {
  const { clock, lag, end } = setUp();
  end();
  clock.advance(60_000);
  assert.equal(lag.isCatchingUp, false);
  lag.use();
  assert.equal(lag.isCatchingUp, false);
});

test('a clock has one meter', () => {
  const clock = new FakeClock();
  assert.equal(loopLagOf(clock), loopLagOf(clock));
  assert.notEqual(loopLagOf(clock), loopLagOf(new FakeClock()));
});
