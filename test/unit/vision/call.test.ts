import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VisionError } from '../../../src/shared/errors';
import { type CallParts, makeCall } from '../../../src/vision/call';
import type { VisionReply } from '../../../src/vision/client';
import { CallFailure } from '../../../src/vision/failure';
import { FakeClock } from '../../fixtures/fake-clock';

const reply: VisionReply = { text: '{}', finish: 'stop', refusal: null, model: 'm', usage: null };
const busy = new CallFailure('retry', new VisionError('VISION_SERVER', 'busy'));
const limited = (retryAfterMs: number) =>
  new CallFailure('retry', new VisionError('VISION_RATE_LIMITED', 'too many'), { retryAfterMs });

type Attempt = VisionReply | Error | 'never' | { afterMs: number };

/** A call under test with scripted attempts. */
function start(
  attempts: Attempt[],
  options: { timeoutMs?: number; maxAttempts?: number } = {},
  again?: () => Promise<void>,
) {
  const clock = new FakeClock();
  const abort = new AbortController();
  const log: string[] = [];
  const startedAt = clock.monotonic();
  const note = (what: string) => void log.push(`${what} ${clock.monotonic() - startedAt}`);
  const parts: CallParts = {
    clock,
    random: () => 1,
    attempt: () => {
      note('ask');
      const next = attempts.shift() ?? reply;
      if (next instanceof Error) return Promise.reject(next);
      if (next === 'never') return new Promise(() => {});
      if ('afterMs' in next)
        return new Promise((resolve) => clock.setTimeout(() => resolve(reply), next.afterMs));
      return Promise.resolve(next);
    },
    again: () => {
      note('again');
      return again?.() ?? Promise.resolve();
    },
  };
  const result = makeCall({ timeoutMs: 45_000, maxAttempts: 3, ...options }, parts, abort);
  return { clock, abort, log, result };
}

/** Lets what is under way come to its next timer, then lets time pass. */
async function pass(clock: FakeClock, ms: number, stepMs?: number): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advanceAsync(ms, stepMs);
}

describe('makeCall', () => {
  it('gives back the reply, how long it took and the number of attempts', async () => {
    const { clock, result } = start([{ afterMs: 1200 }]);
    await pass(clock, 2000);
    assert.deepEqual(await result, { kind: 'answered', reply, latencyMs: 1200, attempts: 1 });
    assert.equal(clock.pending, 0);
  });

  it('tries again after a wait, without a slot meanwhile', async () => {
    const { clock, log, result } = start([busy, busy]);
    await pass(clock, 5000);
    assert.deepEqual(await result, { kind: 'answered', reply, latencyMs: 1500, attempts: 3 });
    assert.deepEqual(log, ['ask 0', 'again 500', 'ask 500', 'again 1500', 'ask 1500']);
  });

  it('gives up after the last attempt, with its error', async () => {
    const { clock, log, result } = start([busy, busy, busy]);
    await pass(clock, 5000);
    const { kind, ...rest } = await result;
    assert.equal(kind, 'failed');
    assert.deepEqual(rest, { error: busy.error, standing: false, latencyMs: 1500, attempts: 3 });
    assert.equal(log.filter((one) => one.startsWith('ask')).length, 3);
  });

  for (const kind of ['once', 'standing'] as const) {
    it(`does not try again what would fail again (${kind})`, async () => {
      const { clock, result } = start([new CallFailure(kind, new VisionError('VISION_AUTH', 'no'))]);
      const end = await result;
      assert.ok(end.kind === 'failed' && end.attempts === 1 && end.standing === (kind === 'standing'));
      assert.equal(clock.pending, 0);
    });
  }

  it('waits as long as the server asks', async () => {
    const { clock, log } = start([limited(4000)]);
    await pass(clock, 3990);
    assert.equal(log.length, 1);
    await pass(clock, 20);
    assert.equal(log.at(-1), 'ask 4000');
  });

  it('does not wait where the deadline would be over before', async () => {
    const { clock, result } = start([limited(4000)], { timeoutMs: 3000 });
    const end = await result;
    assert.ok(end.kind === 'failed' && end.error.code === 'VISION_RATE_LIMITED');
    assert.equal(clock.monotonic(), 0);
    assert.equal(clock.pending, 0);
  });

  it('ends at the deadline an attempt that never ends', async () => {
    const { clock, result } = start(['never']);
    await pass(clock, 45_000, 1000);
    const end = await result;
    assert.ok(end.kind === 'failed' && end.error.code === 'VISION_TIMEOUT' && end.attempts === 1);
    assert.equal(end.latencyMs, 45_000);
    assert.equal(clock.pending, 0);
  });

  it('has one deadline for all attempts', async () => {
    const { clock, result } = start([busy, 'never'], { timeoutMs: 10_000 });
    await pass(clock, 10_000, 500);
    const end = await result;
    assert.ok(end.kind === 'failed' && end.error.code === 'VISION_TIMEOUT' && end.attempts === 2);
    assert.equal(end.latencyMs, 10_000);
  });

  it('tells what went wrong, not the deadline, where that ends the wait for a slot', async () => {
    const { clock, result } = start([busy], { timeoutMs: 10_000 }, () => new Promise(() => {}));
    await pass(clock, 10_000, 500);
    const end = await result;
    assert.ok(end.kind === 'failed' && end.error.code === 'VISION_SERVER');
  });

  for (const when of ['attempt', 'wait'] as const) {
    it(`ends at once when it is aborted in its ${when}, and leaves no timer`, async () => {
      const { clock, abort, result } = start(when === 'attempt' ? ['never'] : [limited(30_000)]);
      await pass(clock, 1000, 100);
      abort.abort(new Error('closed'));
      assert.equal((await result).kind, 'failed');
      assert.equal(clock.pending, 0);
    });
  }
});
