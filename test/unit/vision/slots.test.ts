import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bottleneckSlots } from '../../../src/vision/slots';

it('runs no more calls at once than it has slots', async () => {
  const slots = bottleneckSlots({ maxConcurrent: 2, minTimeMs: 0 });
  let inFlight = 0;
  let most = 0;
  const call = async () => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    // Longer than it takes to start the next one.
    await new Promise((resolve) => setTimeout(resolve, 20));
    inFlight -= 1;
  };
  await Promise.all(Array.from({ length: 6 }, () => slots.run(call, 60_000)));
  assert.equal(most, 2);
  slots.stop();
});

it('frees the slot of a call that does not end by itself', async () => {
  const slots = bottleneckSlots({ maxConcurrent: 1, minTimeMs: 0 });
  await assert.rejects(slots.run(() => new Promise(() => {}), 20));
  assert.equal(await slots.run(async () => 'next', 60_000), 'next');
  slots.stop();
});

it('refuses calls after it was stopped', async () => {
  const slots = bottleneckSlots({ maxConcurrent: 1, minTimeMs: 0 });
  slots.stop();
  await assert.rejects(slots.run(async () => 'too late', 1000));
});
