import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  answered,
  type Breaker,
  CLOSED,
  changed,
  failed,
  givenUp,
  isUsable,
  PROBE_MS,
  probed,
  stands,
  taken,
} from '../../../src/vision/breaker';

const NOW = 1_000_000;

function afterFailures(count: number, outage: 'network' | 'server' = 'server'): Breaker {
  let breaker = CLOSED;
  for (let i = 0; i < count; i++) breaker = failed(breaker, outage, NOW);
  return breaker;
}

describe('the breaker of a model', () => {
  it('opens after five failures in a row, and asks for a look two seconds later', () => {
    assert.equal(isUsable(afterFailures(4), NOW), true);
    const open = afterFailures(5);
    assert.ok(open.state === 'open' && open.probeAt === NOW + PROBE_MS);
    assert.equal(PROBE_MS, 2000);
    assert.equal(isUsable(open, NOW), false);
  });

  it('opens where half of ten or more calls within a minute fail', () => {
    let breaker = CLOSED;
    for (let i = 0; i < 9; i++) breaker = i % 2 ? answered(breaker, NOW) : failed(breaker, 'server', NOW);
    assert.equal(breaker.state, 'closed');
    breaker = answered(breaker, NOW);
    assert.equal(failed(breaker, 'server', NOW + 1).state, 'open');
    // A minute later those are forgotten.
    assert.equal(failed(breaker, 'server', NOW + 60_001).state, 'closed');
  });

  it('is not opened by failures between answers', () => {
    let breaker = CLOSED;
    for (let i = 0; i < 100; i++)
      breaker = i % 3 === 0 ? failed(breaker, 'server', NOW) : answered(breaker, NOW);
    assert.equal(breaker.state, 'closed');
  });

  it('keeps no more than it needs, however many calls there are', () => {
    let breaker = CLOSED;
    for (let i = 0; i < 5000; i++) breaker = answered(breaker, NOW);
    assert.ok(breaker.state === 'closed' && breaker.recent.length <= 200);
  });

  it('closes when a server that could not be reached is there again', () => {
    const open = afterFailures(5, 'network');
    assert.deepEqual(probed(open, false), open);
    assert.deepEqual(probed(open, true), CLOSED);
  });

  it('tries one picture where a server with a fault is there, and goes by that', () => {
    const trial = probed(afterFailures(5), true);
    assert.equal(isUsable(trial, NOW), true);
    const tried = taken(trial, 60_000, NOW);
    assert.equal(isUsable(tried, NOW), false, 'one picture, no more');
    assert.deepEqual(answered(tried, NOW), CLOSED);
    assert.equal(failed(tried, 'server', NOW).state, 'open');
    assert.equal(isUsable(givenUp(tried), NOW), true, 'the picture was given up: another one');
  });

  it('tries a picture after 15 s whatever the look says, then each time after twice as long, up to 5 minutes', () => {
    let open = afterFailures(5);
    let now = NOW;
    for (const wait of [15, 30, 60, 120, 240, 300, 300]) {
      now += wait * 1000;
      assert.equal(isUsable(open, now - 1), false, `before ${wait} s`);
      assert.equal(isUsable(open, now), true, `after ${wait} s`);
      open = failed(taken(open, 60_000, now), 'server', now);
      assert.equal(open.state === 'open' && open.probeAt, NOW + PROBE_MS, 'the looks go on meanwhile');
    }
    assert.deepEqual(answered(taken(open, 60_000, now), now), CLOSED);
  });

  it('is asked again at once where something may have been changed', () => {
    assert.equal(isUsable(changed(afterFailures(5), NOW), NOW), true);
    assert.deepEqual(changed(stands(NOW + 60_000), NOW), CLOSED);
  });

  it('leaves a model alone that needs a change, and tries one picture after a while', () => {
    const standing = stands(NOW + 60_000);
    assert.equal(isUsable(standing, NOW + 59_999), false);
    assert.equal(isUsable(standing, NOW + 60_000), true);
    assert.equal(isUsable(taken(standing, 60_000, NOW + 60_000), NOW + 119_999), false);
    assert.deepEqual(answered(standing, NOW), CLOSED);
    assert.equal(failed(standing, 'network', NOW).state, 'standing');
  });
});
