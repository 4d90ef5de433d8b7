import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DemandWatch } from '../../../src/vision/demand-watch';
import { FakeClock } from '../../fixtures/fake-clock';

const SECOND = 1000;
const MUCH = { cameras: 200, perMinute: 200 };

function setUp(slots = 4) {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const watch = new DemandWatch({ clock, slots, onDemand: (text) => void warnings.push(text) });
  const answered = (times: number, ms = 3 * SECOND) => {
    for (let i = 0; i < times; i++) watch.answered(ms);
  };
  return { clock, warnings, watch, answered };
}

describe('that a flow asks more than can be served', () => {
  it('is told at the deploy where it is known how long an answer takes', () => {
    const { watch, warnings } = setUp();
    watch.expect(MUCH, 3 * SECOND);
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? '',
      /^200 cameras will send at least 200 pictures a minute, but 4 calls at once of 3\.0 s serve 80/,
    );
  });

  it('is told with the third answer where it is not, and not with the first, which may have loaded a model', () => {
    const { watch, warnings, answered } = setUp();
    watch.expect(MUCH, null);
    answered(2);
    assert.deepEqual(warnings, []);
    answered(1);
    assert.equal(warnings.length, 1);
  });

  it('is not told where all can be served', () => {
    const { watch, warnings, answered } = setUp(20);
    watch.expect(MUCH, 3 * SECOND);
    answered(5);
    assert.deepEqual(warnings, []);
  });

  it('is told once: not again for the next answers, nor for a deploy that changes nothing of it', async () => {
    const { clock, watch, warnings, answered } = setUp();
    watch.expect(MUCH, 3 * SECOND);
    answered(5);
    watch.expect({ ...MUCH }, 3 * SECOND);
    for (let i = 0; i < 300; i++) watch.count(`camera ${i}`);
    await clock.advanceAsync(61 * SECOND);
    assert.equal(warnings.length, 1);
  });

  it('is told again where a deploy asks for more', () => {
    const { watch, warnings } = setUp();
    watch.expect(MUCH, 3 * SECOND);
    watch.expect({ cameras: 300, perMinute: 300 }, 3 * SECOND);
    assert.equal(warnings.length, 2);
  });

  it('is told after a minute by what has come, where the settings do not tell', async () => {
    const { clock, watch, warnings, answered } = setUp();
    watch.expect(null, null);
    answered(3);
    for (let i = 0; i < 300; i++) watch.count(`camera ${i % 100}`);
    await clock.advanceAsync(59 * SECOND);
    assert.deepEqual(warnings, []);
    await clock.advanceAsync(2 * SECOND);
    assert.match(warnings.join(), /^100 cameras send 300 pictures a minute/);
  });

  it('is told to nobody after it was stopped, and no timer is left', async () => {
    const { clock, watch, warnings } = setUp();
    watch.count('a');
    watch.stop();
    watch.expect(MUCH, 3 * SECOND);
    await clock.advanceAsync(61 * SECOND);
    assert.deepEqual([warnings, clock.pending], [[], 0]);
  });
});

it('the mean latency follows the answers', () => {
  const { watch, answered } = setUp();
  assert.equal(watch.latencyMs, null);
  answered(1, 2000);
  assert.equal(watch.latencyMs, 2000);
  answered(1, 3000);
  assert.equal(watch.latencyMs, 2200);
});
