import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readFlow } from '../../../src/replay/flow-file';
import { readSweep, sweptValue, withValue } from '../../../src/replay/sweep';
import { replayFlow } from '../../fixtures/replay-flow';

const flow = readFlow(JSON.stringify(replayFlow({ sel: { threshold: '10', mode: 'motion' } })), {});

describe('a sweep', () => {
  test('has so many values from the first to the last', () => {
    assert.deepEqual(readSweep('frame-select.threshold=0.5:4:8').values, [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
    assert.deepEqual(readSweep('frame-select.heartbeatS=60:0:3').values, [60, 30, 0]);
  });

  for (const text of [
    '',
    'threshold=1:2:3',
    'frame-select.threshold=1:2',
    'frame-select.threshold=a:2:3',
    'frame-select.threshold=1:2:1',
    'frame-select.threshold=1:2:51',
    'frame-select.threshold=..:2:3',
  ]) {
    test(`"${text}" is refused, with an example`, () => {
      assert.throws(() => readSweep(text), {
        name: 'ReplayError',
        message: /such as frame-select.threshold=5:40:8/,
      });
    });
  }

  test('needs a node that takes part, and a setting of it that is a number', () => {
    const nodes = [...flow.values()];
    assert.equal(sweptValue(readSweep('frame-select.threshold=1:2:2'), nodes), 10);
    assert.throws(
      () => sweptValue(readSweep('frame-choose.threshold=1:2:2'), nodes),
      /no frame-choose takes part/,
    );
    assert.throws(
      () => sweptValue(readSweep('frame-select.mode=1:2:2'), nodes),
      /no setting "mode" that is a number/,
    );
    assert.throws(() => sweptValue(readSweep('frame-select.treshold=1:2:2'), nodes), /no setting "treshold"/);
  });

  test('changes the setting in a copy of the flow', () => {
    const changed = withValue(flow, readSweep('frame-select.threshold=1:2:2'), 2);
    assert.equal(changed.get('sel')?.threshold, '2');
    assert.equal(flow.get('sel')?.threshold, '10');
    assert.equal(changed.get('enc'), flow.get('enc'));
  });
});
