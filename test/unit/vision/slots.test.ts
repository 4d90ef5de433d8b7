import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Bottleneck from 'bottleneck';
import { systemClock } from '../../../src/shared/clock';
import { type Grant, LocalSlots } from '../../../src/vision/slots';
import { FakeClock } from '../../fixtures/fake-clock';
import { waitFor } from '../../fixtures/wait';

/** The timers of grants that nobody gives back hold up the end of this file. */
const LONG = 10_000;

function localSlots(maxConcurrent: number, minTimeMs = 0): LocalSlots {
  return new LocalSlots({ maxConcurrent, minTimeMs }, systemClock);
}

describe('slots of one process', () => {
  it('are no more than there may be', async () => {
    const slots = localSlots(2);
    const first = await slots.acquire(LONG);
    await slots.acquire(LONG);
    let third: Grant | null = null;
    const waiting = slots.acquire(LONG).then((grant) => {
      third = grant;
    });
    // Time for a third one to be given, if it were.
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(third, null);
    first.release();
    await waiting;
    slots.stop();
  });

  it('are given with the spacing that is asked for', async () => {
    const slots = localSlots(9, 60);
    const from = performance.now();
    for (let i = 0; i < 3; i++) await slots.acquire(LONG);
    // Starts are planned from the one before: where that was late, the pause after it is shorter. A timer may run a
    // millisecond early.
    const took = performance.now() - from;
    assert.ok(took > 115, `${took} ms for two pauses of 60`);
    slots.stop();
  });

  it('are free again after a call that does not end by itself', async () => {
    const slots = localSlots(1);
    await slots.acquire(20);
    await slots.acquire(LONG);
    slots.stop();
  });

  it('are counted right where a call gives its slot back late and twice', async () => {
    const slots = localSlots(1);
    const late = await slots.acquire(20);
    const next = await slots.acquire(LONG);
    late.release();
    late.release();
    let third = false;
    const waiting = slots.acquire(LONG).then(() => {
      third = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(third, false);
    next.release();
    await waiting;
    slots.stop();
  });

  it('are given to nobody after they were stopped', async () => {
    const slots = localSlots(1);
    await slots.acquire(LONG);
    const waiting = slots.acquire(LONG);
    slots.stop();
    await assert.rejects(waiting);
    await assert.rejects(slots.acquire(LONG));
  });

  it('are made anew where the limiter leaves a request queued although nothing runs', async () => {
    const clock = new FakeClock();
    const made: Bottleneck[] = [];
    const make = () => {
      // What its issues 152 and 194 tell of: a limiter that starts nothing.
      const limiter = new Bottleneck(made.length === 0 ? { reservoir: 0 } : { maxConcurrent: 1 });
      made.push(limiter);
      return limiter;
    };
    const slots = new LocalSlots({ maxConcurrent: 1, minTimeMs: 0 }, clock, make);
    const stuck = slots.acquire(LONG);
    await waitFor('the request to queue', 15_000, () => (made[0]?.counts().QUEUED ?? 0) === 1);
    clock.advance(10_000);
    await assert.rejects(stuck);
    const grant = await slots.acquire(LONG);
    assert.equal(made.length, 2);
    assert.equal(clock.pending, 0);
    grant.release();
    slots.stop();
  });
});
