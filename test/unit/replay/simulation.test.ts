import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Simulation } from '../../../src/replay/simulation';
import { VirtualClock } from '../../../src/replay/virtual-clock';
import { VirtualSlots } from '../../../src/replay/virtual-slots';
import { offClock } from '../../../src/shared/off-clock';

const nothing = { isBusy: false, deliver: () => {} };
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a simulation', () => {
  test('runs timers in their order up to a moment, and stands there', async () => {
    const clock = new VirtualClock(0);
    const simulation = new Simulation(clock, nothing);
    const ran: number[] = [];
    for (const delay of [30, 10, 200]) clock.setTimeout(() => ran.push(delay), delay);
    await simulation.runTo(100);
    assert.deepEqual(ran, [10, 30]);
    assert.equal(clock.now(), 100);
  });

  test('lets no time go by while work is done that is not on its clock', async () => {
    const clock = new VirtualClock(0);
    const simulation = new Simulation(clock, nothing);
    let finish = () => {};
    let seen = -1;
    clock.setTimeout(() => {
      const work = new Promise<void>((resolve) => {
        finish = resolve;
      });
      void offClock.track(work).then(() => {
        seen = clock.now();
      });
    }, 10);
    clock.setTimeout(() => {}, 20);
    const run = simulation.runTo(100);
    for (let turns = 0; turns < 20; turns++) await turn();
    assert.equal(clock.now(), 10);
    finish();
    await run;
    assert.equal(seen, 10);
    assert.equal(clock.now(), 100);
  });

  test('goes on when work has failed', async () => {
    const simulation = new Simulation(new VirtualClock(0), nothing);
    offClock.track(Promise.reject(new Error('broken'))).catch(() => {});
    await simulation.settle();
    assert.ok(offClock.isIdle);
  });

  test('hands over what waits, and what comes of it, before time goes by', async () => {
    const clock = new VirtualClock(0);
    let waiting = 3;
    const stage = {
      get isBusy() {
        return waiting > 0;
      },
      deliver: () => {
        waiting -= 1;
      },
    };
    await new Simulation(clock, stage).settle();
    assert.equal(waiting, 0);
    assert.equal(clock.now(), 0);
  });

  test('runs until something is so, and no further', async () => {
    const clock = new VirtualClock(0);
    let ticks = 0;
    const tick = () => {
      ticks++;
      clock.setTimeout(tick, 10);
    };
    clock.setTimeout(tick, 10);
    const simulation = new Simulation(clock, nothing);
    await simulation.runUntil(() => ticks === 3, 1000);
    assert.equal(clock.now(), 30);
    await simulation.runUntil(() => false, 55);
    assert.equal(ticks, 5);
  });
});

describe('slots on the clock of a replay', () => {
  test('are given up to their number, and the next one when one is given back', async () => {
    const slots = new VirtualSlots({ maxConcurrent: 1, minTimeMs: 0 }, new VirtualClock(0));
    const first = slots.acquireNow();
    assert.ok(first);
    assert.equal(slots.acquireNow(), null);
    const second = slots.acquire();
    first.release();
    first.release();
    assert.ok(await second);
    assert.equal(slots.acquireNow(), null, 'giving back twice makes no second slot');
  });

  test('are spaced by the clock', async () => {
    const clock = new VirtualClock(0);
    const slots = new VirtualSlots({ maxConcurrent: 5, minTimeMs: 100 }, clock);
    assert.ok(slots.acquireNow());
    assert.equal(slots.acquireNow(), null);
    const next = slots.acquire();
    assert.equal(clock.next, 100);
    clock.runNext(100);
    assert.ok(await next);
  });
});
