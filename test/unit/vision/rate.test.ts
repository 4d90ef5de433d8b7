import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  drawn,
  fullRate,
  LONGEST_HOLD_MS,
  learnt,
  mayStartAt,
  modelMayStartAt,
  nextGain,
  type RateState,
  refused,
  slotsNow,
} from '../../../src/vision/rate';
import { rateHeaders } from '../../../src/vision/rate-headers';

const NOW = 1_000_000;
const MINUTE = 60_000;
const none = { requestsPerMinute: null, tokensPerMinute: null };

/** When a call of a model may start, by all limits. */
const startAt = (rate: RateState, tokens: number, now: number, model = 'm') =>
  Math.max(mayStartAt(rate, tokens, now), modelMayStartAt(rate, model, tokens, now));

describe('the rate of calls', () => {
  it('has no limit where none is set or told', () => {
    let rate = fullRate(none, NOW);
    for (let i = 0; i < 1000; i++) rate = drawn(rate, 'm', 10_000, NOW);
    assert.equal(startAt(rate, 10_000, NOW), NOW);
  });

  it('keeps requests a minute, of which a sixth may go at once', () => {
    let rate = fullRate({ ...none, requestsPerMinute: 60 }, NOW);
    for (let i = 0; i < 10; i++) {
      assert.equal(startAt(rate, 1, NOW), NOW);
      rate = drawn(rate, 'm', 1, NOW);
    }
    assert.equal(startAt(rate, 1, NOW), NOW + 1000);
  });

  it('keeps tokens a minute', () => {
    let rate = fullRate({ ...none, tokensPerMinute: 60_000 }, NOW);
    rate = drawn(rate, 'm', 10_000, NOW);
    assert.equal(startAt(rate, 500, NOW), NOW + 500);
  });

  it('never starts more in a minute than it may, whatever the burst', () => {
    let rate = fullRate({ ...none, requestsPerMinute: 30 }, NOW);
    const starts: number[] = [];
    for (let now = NOW; now < NOW + 10 * MINUTE; now += 100) {
      while (startAt(rate, 1, now) <= now) {
        rate = drawn(rate, 'm', 1, now);
        starts.push(now);
      }
    }
    const most = Math.max(
      ...starts.map((at) => starts.filter((one) => one >= at && one < at + MINUTE).length),
    );
    // What is set, and what may go at once after a rest.
    assert.ok(most <= 30 + 5, String(most));
    assert.ok(starts.length >= 299, String(starts.length));
  });

  it('lets through, when it is full, what is more than it can ever hold', () => {
    const rate = fullRate({ ...none, tokensPerMinute: 600 }, NOW);
    assert.equal(startAt(rate, 5_000, NOW), NOW);
    assert.ok(startAt(drawn(rate, 'm', 5_000, NOW), 100, NOW) > NOW + MINUTE);
  });

  it('waits where the server tells that less is left than the next call needs', () => {
    const limits = { requests: null, tokens: { limit: 6_000, remaining: 100, resetMs: 59_000 } };
    const rate = learnt(fullRate(none, NOW), 'm', limits, NOW);
    assert.equal(startAt(rate, 100, NOW), NOW);
    assert.equal(startAt(rate, 200, NOW), NOW + 1000);
  });

  it('knows nothing more of what was told when it was told anew', () => {
    const told = (remaining: number) => ({ requests: { limit: 10, remaining, resetMs: 1000 }, tokens: null });
    const rate = learnt(learnt(fullRate(none, NOW), 'm', told(0), NOW), 'm', told(10), NOW);
    assert.equal(startAt(rate, 1, NOW), NOW);
  });

  it('halves the slots after a refusal, once for all calls that were under way, and gives back a tenth a minute', () => {
    let rate = fullRate(none, NOW);
    for (let i = 0; i < 5; i++) rate = refused(rate, 'm', { retryAfterMs: null, startedAt: NOW - 10 }, NOW);
    assert.equal(slotsNow(rate, 'm', 16, NOW), 8);
    assert.equal(nextGain(rate, 'm', NOW), NOW + MINUTE);
    assert.equal(slotsNow(rate, 'm', 16, NOW + MINUTE), 9);
    assert.equal(slotsNow(rate, 'm', 16, NOW + 5 * MINUTE), 16);
    assert.equal(nextGain(rate, 'm', NOW + 5 * MINUTE), null);
    rate = refused(rate, 'm', { retryAfterMs: null, startedAt: NOW + 10 }, NOW + 20);
    assert.equal(slotsNow(rate, 'm', 16, NOW + 20), 4);
  });

  it('always leaves one slot', () => {
    let rate = fullRate(none, NOW);
    for (let i = 1; i < 50; i++)
      rate = refused(rate, 'm', { retryAfterMs: null, startedAt: NOW + i }, NOW + i);
    assert.equal(slotsNow(rate, 'm', 4, NOW + 50), 1);
  });

  it('holds everything for as long as the server asks, but no longer than five minutes', () => {
    const held = (retryAfterMs: number) =>
      startAt(refused(fullRate(none, NOW), 'm', { retryAfterMs, startedAt: NOW }, NOW), 1, NOW);
    assert.equal(held(4000), NOW + 4000);
    assert.equal(held(3_600_000), NOW + LONGEST_HOLD_MS);
  });

  it('keeps what a model tells and refuses for that model alone', () => {
    const limits = { requests: { limit: 3, remaining: 0, resetMs: 60_000 }, tokens: null };
    let rate = learnt(fullRate(none, NOW), 'big', limits, NOW);
    rate = refused(rate, 'big', { retryAfterMs: 30_000, startedAt: NOW }, NOW);
    assert.equal(startAt(rate, 1, NOW, 'big'), NOW + 30_000);
    assert.equal(slotsNow(rate, 'big', 16, NOW), 8);
    assert.equal(startAt(rate, 1, NOW, 'small'), NOW);
    assert.equal(slotsNow(rate, 'small', 16, NOW), 16);
    assert.equal(nextGain(rate, 'small', NOW), null);
  });

  it('keeps what is set for all models together', () => {
    const rate = drawn(fullRate({ ...none, requestsPerMinute: 6 }, NOW), 'big', 1, NOW);
    assert.equal(startAt(rate, 1, NOW, 'small'), NOW + 10_000);
  });

  it('forgets the limits of the model that was asked longest ago, where there are more than a hundred', () => {
    const limits = { requests: { limit: 60, remaining: 1, resetMs: 59_000 }, tokens: null };
    let rate = fullRate(none, NOW);
    for (let i = 0; i < 100; i++) rate = learnt(rate, `m${i}`, limits, NOW);
    rate = drawn(rate, 'm0', 1, NOW);
    rate = learnt(rate, 'another', limits, NOW);
    assert.equal(rate.models.size, 100);
    assert.ok(startAt(rate, 1, NOW, 'm0') > NOW);
    assert.ok(!rate.models.has('m1'));
  });

  it('keeps nothing of models that tell nothing', () => {
    const rate = learnt(fullRate(none, NOW), 'm', { requests: null, tokens: null }, NOW);
    assert.equal(drawn(rate, 'm', 1, NOW).models.size, 0);
  });
});

describe('rateHeaders', () => {
  const read = (headers: Record<string, string>) => rateHeaders(new Headers(headers), NOW);

  it('reads those of OpenAI', () => {
    assert.deepEqual(
      read({
        'x-ratelimit-limit-requests': '60',
        'x-ratelimit-remaining-requests': '59',
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-limit-tokens': '150000',
        'x-ratelimit-remaining-tokens': '149984',
        'x-ratelimit-reset-tokens': '6m0s',
      }),
      {
        requests: { limit: 60, remaining: 59, resetMs: 1000 },
        tokens: { limit: 150_000, remaining: 149_984, resetMs: 360_000 },
      },
    );
  });

  it('reads those of Anthropic, which tell a moment', () => {
    const { requests, tokens } = read({
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '49',
      'anthropic-ratelimit-requests-reset': new Date(NOW + 3000).toISOString(),
      'anthropic-ratelimit-input-tokens-limit': '40000',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': new Date(NOW + 60_000).toISOString(),
    });
    assert.deepEqual(requests, { limit: 50, remaining: 49, resetMs: 3000 });
    assert.deepEqual(tokens, { limit: 40_000, remaining: 0, resetMs: 60_000 });
  });

  for (const [text, ms] of [
    ['20ms', 20],
    ['1.5s', 1500],
    ['1d2h', 93_600_000],
    ['7', 7000],
  ] as const) {
    it(`reads a reset of ${text}`, () => {
      const requests = read({
        'x-ratelimit-limit-requests': '1',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': text,
      }).requests;
      assert.equal(requests?.resetMs, ms);
    });
  }

  it('takes nothing from headers that tell nothing, such as the -1 of Azure', () => {
    const nothing = { requests: null, tokens: null };
    assert.deepEqual(read({}), nothing);
    assert.deepEqual(
      read({
        'x-ratelimit-limit-requests': '0',
        'x-ratelimit-remaining-requests': '-1',
        'x-ratelimit-reset-requests': 'soon',
      }),
      nothing,
    );
  });
});
