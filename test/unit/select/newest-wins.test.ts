import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NewestWins, type WorkOutcome } from '../../../src/select/newest-wins';

/** Work that ends when told, and what was told about it. */
function worker() {
  const ends = new Map<string, { resolve(result: string): void; reject(error: Error): void }>();
  const told: string[] = [];
  const lane = new NewestWins<string, string>(
    (item) => new Promise((resolve, reject) => ends.set(item, { resolve, reject })),
    (outcome: WorkOutcome<string, string>) => told.push(`${outcome.item} ${outcome.type}`),
  );
  return {
    lane,
    told,
    started: () => [...ends.keys()],
    end: (item: string) => ends.get(item)?.resolve(item),
    ends,
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('newest wins', () => {
  test('one item is worked on at a time; of those that come meanwhile the newest is next', async () => {
    const { lane, told, started, end } = worker();
    for (const item of ['a', 'b', 'c', 'd']) lane.push(item);
    assert.deepEqual(started(), ['a']);
    assert.deepEqual(told, ['b dropped', 'c dropped']);
    end('a');
    await settle();
    assert.deepEqual(started(), ['a', 'd']);
    end('d');
    await settle();
    assert.deepEqual(told, ['b dropped', 'c dropped', 'a done', 'd done']);
    assert.equal(lane.busy, false);
  });

  test('an item that fails does not hold up the next one', async () => {
    const { lane, told, started, ends } = worker();
    lane.push('a');
    lane.push('b');
    ends.get('a')?.reject(new Error('broken'));
    await settle();
    assert.deepEqual(told, ['a failed']);
    assert.deepEqual(started(), ['a', 'b']);
  });

  test('stopped, it drops what runs and what waits, and ignores the late result', async () => {
    const { lane, told, end } = worker();
    lane.push('a');
    lane.push('b');
    lane.stop();
    end('a');
    await settle();
    assert.deepEqual(told, ['a dropped', 'b dropped']);
  });
});
