import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VirtualClock } from '../../../src/replay/virtual-clock';

test('stands still until it is moved', () => {
  const clock = new VirtualClock(1000);
  clock.setTimeout(() => assert.fail('nobody moved the clock'), 0);
  assert.equal(clock.now(), 1000);
  assert.equal(clock.next, 1000);
});

test('runs a timer at its own time, and one that it sets in turn', () => {
  const clock = new VirtualClock(0);
  const ran: number[] = [];
  clock.setTimeout(() => {
    ran.push(clock.now());
    clock.setTimeout(() => ran.push(clock.now()), 5);
  }, 10);
  while (clock.runNext(20));
  assert.deepEqual(ran, [10, 15]);
  assert.equal(clock.pending, 0);
});

test('runs nothing that is due later', () => {
  const clock = new VirtualClock(0);
  clock.setTimeout(() => assert.fail('too early'), 21);
  assert.equal(clock.runNext(20), false);
  assert.equal(clock.pending, 1);
});

test('a timer that was cleared does not run, and counts no more', () => {
  const clock = new VirtualClock(0);
  const timer = clock.setTimeout(() => assert.fail('was cleared'), 1);
  timer.clear();
  timer.clear();
  assert.equal(clock.pending, 0);
  assert.equal(clock.next, null);
  assert.equal(clock.runNext(10), false);
});

test('clearing a timer that has run changes nothing', () => {
  const clock = new VirtualClock(0);
  const timer = clock.setTimeout(() => {}, 1);
  clock.setTimeout(() => {}, 2);
  clock.runNext(1);
  timer.clear();
  assert.equal(clock.pending, 1);
});

test('never goes back', () => {
  const clock = new VirtualClock(50);
  clock.moveTo(20);
  assert.equal(clock.now(), 50);
});

test('runs any timers in the order of their times, and those of one time in the order in which they were set', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ delay: fc.nat(20), cleared: fc.boolean() })), (timers) => {
      const clock = new VirtualClock(0);
      const ran: number[] = [];
      const all = timers.map(({ delay }, index) => clock.setTimeout(() => ran.push(index), delay));
      for (const [index, { cleared }] of timers.entries()) if (cleared) all[index]?.clear();
      while (clock.runNext(100));
      const expected = timers
        .map(({ delay, cleared }, index) => ({ delay, cleared, index }))
        .filter(({ cleared }) => !cleared)
        .sort((a, b) => a.delay - b.delay || a.index - b.index);
      assert.deepEqual(
        ran,
        expected.map(({ index }) => index),
      );
    }),
  );
});
