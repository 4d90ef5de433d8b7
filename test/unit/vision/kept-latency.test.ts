import assert from 'node:assert/strict';
import { it } from 'node:test';
import { KeptLatency } from '../../../src/vision/kept-latency';

function store() {
  const values = new Map<string, unknown>();
  let writes = 0;
  return {
    load: () => [...values],
    save: (key: string, value: unknown) => {
      writes += 1;
      values.set(key, value);
    },
    get writes() {
      return writes;
    },
  };
}

it("the latency of a server and model is known after a restart, and no other one's", () => {
  const kept = store();
  new KeptLatency(kept, 'a model').note(2500);
  assert.equal(new KeptLatency(kept, 'a model').ms, 2500);
  assert.equal(new KeptLatency(kept, 'another').ms, null);
});

it('is written where it has changed by a fifth, and not with each answer', () => {
  const kept = store();
  const latency = new KeptLatency(kept, 'm');
  for (const ms of [1000, 1100, 900, 1190, 1250, null, 0]) latency.note(ms);
  assert.deepEqual([kept.writes, latency.ms], [2, 1250]);
});

it('is not known where what was kept is nonsense', () => {
  const kept = store();
  for (const value of [null, 'x', { of: 'm' }, { of: 'm', ms: -1 }]) {
    kept.save('latency', value);
    assert.equal(new KeptLatency(kept, 'm').ms, null);
  }
});
