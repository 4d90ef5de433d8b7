import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AdmittedWork } from '../../../src/shared/admitted-work';

/** Work that ends when told, and what came of it: `a1 done`, `a2 busy`. */
function worker(limits = { maxRunning: 2, maxWaiting: 10 }) {
  const told: string[] = [];
  const started: string[] = [];
  const ends = new Map<string, { resolve(): void; reject(error: Error): void }>();
  const work = new AdmittedWork<{ camera: string; urgent: boolean; name: string }, string>({
    ...limits,
    work({ name }) {
      started.push(name);
      return new Promise((resolve, reject) => ends.set(name, { resolve: () => resolve(name), reject }));
    },
    onOutcome(outcome) {
      told.push(`${outcome.job.name} ${outcome.type === 'dropped' ? outcome.reason : outcome.type}`);
    },
  });
  const push = (name: string) => work.push({ camera: name.charAt(0), urgent: name.endsWith('!'), name });
  return { work, told, started, ends, push };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('admitted work', () => {
  test('runs a bounded number at once over all cameras', async () => {
    const { push, started, ends, told } = worker();
    for (const name of ['a1', 'b1', 'c1']) push(name);
    assert.deepEqual(started, ['a1', 'b1']);
    ends.get('a1')?.resolve();
    await settle();
    assert.deepEqual(started, ['a1', 'b1', 'c1']);
    assert.deepEqual(told, ['a1 done']);
  });

  test('that fails does not hold up the next one', async () => {
    const { push, started, ends, told } = worker();
    push('a1');
    push('a2');
    ends.get('a1')?.reject(new Error('broken'));
    await settle();
    assert.deepEqual(told, ['a1 failed']);
    assert.deepEqual(started, ['a1', 'a2']);
  });

  test('of a camera that is forgotten is dropped, also what runs, and its place is free when that has ended', async () => {
    const { work, push, started, ends, told } = worker({ maxRunning: 1, maxWaiting: 10 });
    for (const name of ['a1', 'a2', 'b1']) push(name);
    assert.equal(work.isBusy('a'), true);
    work.forget('a');
    assert.equal(work.isBusy('a'), false);
    assert.deepEqual(told, ['a1 forgotten', 'a2 forgotten']);
    assert.deepEqual(started, ['a1']);
    ends.get('a1')?.resolve();
    await settle();
    assert.deepEqual(started, ['a1', 'b1']);
    assert.deepEqual(told, ['a1 forgotten', 'a2 forgotten']);
  });

  test('that is stopped ends each job once, and waits for what cannot be broken off', async () => {
    const { work, push, ends, told } = worker();
    for (const name of ['a1', 'a2', 'b1']) push(name);
    work.forget('b');
    let over = false;
    const stopped = work.stop(new AbortController().signal).then(() => {
      over = true;
    });
    push('c1');
    assert.deepEqual(told, ['b1 forgotten', 'a1 stopped', 'a2 stopped', 'c1 stopped']);
    await settle();
    assert.equal(over, false);
    ends.get('a1')?.resolve();
    ends.get('b1')?.resolve();
    await stopped;
    assert.equal(told.length, 4);
  });
});
