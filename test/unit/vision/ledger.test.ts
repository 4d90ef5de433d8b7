import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ledger, type LedgerStore } from '../../../src/vision/ledger';

const NOON = new Date(2026, 0, 15, 12, 5).getTime();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

class Store implements LedgerStore {
  readonly values = new Map<string, unknown>();
  load = () => [...this.values];
  save = (key: string, value: unknown) => void this.values.set(key, structuredClone(value));
  remove = (key: string) => void this.values.delete(key);
}

const bill = (camera: string, cost: number, rule = 'person') => ({
  ...{ camera, rule, cost },
  usage: { input: 400, output: 40 },
});

describe('the ledger', () => {
  it('adds up calls, tokens and money per camera, rule and day', () => {
    const ledger = new Ledger(new Store(), NOON);
    ledger.add(bill('gate', 0.5), NOON);
    ledger.add(bill('gate', 0.25), NOON + HOUR);
    ledger.add(bill('gate', 1, 'helmet'), NOON);
    ledger.add({ ...bill('yard', 0), usage: null }, NOON + DAY);
    assert.deepEqual(ledger.rows(), [
      { day: '2026-01-15', camera: 'gate', rule: 'person', calls: 2, input: 800, output: 80, cost: 0.75 },
      { day: '2026-01-15', camera: 'gate', rule: 'helmet', calls: 1, input: 400, output: 40, cost: 1 },
      { day: '2026-01-16', camera: 'yard', rule: 'person', calls: 1, input: 0, output: 0, cost: 0 },
    ]);
  });

  it('knows after a restart what was spent in this hour and day', () => {
    const store = new Store();
    const before = new Ledger(store, NOON);
    before.add(bill('gate', 1), NOON - HOUR);
    before.add(bill('gate', 2), NOON);
    const after = new Ledger(store, NOON + 60_000);
    assert.deepEqual(after.spent(NOON + 60_000), { hour: 2, day: 3 });
    assert.deepEqual(after.spent(NOON + HOUR), { hour: 0, day: 3 });
    assert.deepEqual(after.spent(NOON + DAY), { hour: 0, day: 0 });
  });

  it('keeps 32 days, and so many rows a day, the rest in one', () => {
    const store = new Store();
    const ledger = new Ledger(store, NOON);
    for (let day = 0; day < 40; day++) ledger.add(bill('gate', 1), NOON + day * DAY);
    assert.equal(new Set(ledger.rows().map(({ day }) => day)).size, 32);
    for (let i = 0; i < 1500; i++) ledger.add(bill(`camera ${i}`, 1), NOON + 50 * DAY);
    const today = ledger.rows().filter(({ day }) => day === '2026-03-06');
    assert.equal(today.length, 1001);
    assert.equal(today.find(({ camera }) => camera === '(others)')?.cost, 500);
    assert.equal(
      store.values.size,
      ledger.rows().length + 1,
      'what is forgotten is forgotten on the disk as well',
    );
  });

  it('passes over what it did not write', () => {
    const store = new Store();
    store.save('row odd', { day: 1 });
    store.save('hour', 'odd');
    assert.deepEqual(new Ledger(store, NOON).rows(), []);
  });
});
