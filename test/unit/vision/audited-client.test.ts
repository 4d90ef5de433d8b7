import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { VisionError } from '../../../src/shared/errors';
import { AuditedClient, type AuditLine } from '../../../src/vision/audited-client';
import type { VisionClient, VisionReply, VisionRequest } from '../../../src/vision/client';
import { CallFailure, timedOut } from '../../../src/vision/failure';
import { laneOf } from '../../../src/vision/lane';
import { readPrices } from '../../../src/vision/prices';
import { FakeClock } from '../../fixtures/fake-clock';

const reply: VisionReply = {
  ...{ text: '{"reason": "secret words"}', finish: 'stop', refusal: null, model: 'm-2026' },
  usage: { input: 1000, output: 100 },
};
const picture = Buffer.from('picture');
const request: VisionRequest = {
  ...{ lane: laneOf('node', 'gate-2'), time: 1_000, model: 'm', system: 'SYSTEM', prompt: 'PROMPT' },
  ...{ picture: { data: picture, type: 'image/jpeg' }, detail: 'auto', schema: { type: 'object' } },
  ...{
    verdictField: 'verdict',
    confidenceField: 'confidence',
    maxTokens: 1,
    temperature: null,
    reasoningEffort: '',
  },
};

function start(ask: VisionClient['ask'], prices = 'm-2026 1 10') {
  const clock = new FakeClock();
  const entries: Promise<object>[] = [];
  const client = new AuditedClient({
    ...{ client: { ask }, clock, name: 'Cloud', prices: [readPrices(prices).table] },
    push: (entry) => void entries.push(entry),
  });
  const lines = () => Promise.all(entries) as Promise<AuditLine[]>;
  return { client, clock, lines };
}
const never = new AbortController().signal;

describe('a client whose calls are noted', () => {
  it('answers as before, and notes what was sent and what it cost, but no word of it', async () => {
    const { client, lines, clock } = start(() => Promise.resolve(reply));
    assert.equal(await client.ask(request, never), reply);
    await client.noted();
    const [line, ...more] = await lines();
    assert.deepEqual(more, []);
    assert.deepEqual(line, {
      ...{
        time: new Date(clock.now()).toISOString(),
        captured: '1970-01-01T00:00:01.000Z',
        camera: 'gate-2',
      },
      ...{ endpoint: 'Cloud', model: 'm-2026', input: 1000, output: 100, cost: 0.002, ms: 0, code: 'OK' },
      pictures: [{ bytes: 7, sha256: createHash('sha256').update(picture).digest('hex') }],
    });
    assert.doesNotMatch(JSON.stringify(line), /PROMPT|SYSTEM|secret|picture"/);
  });

  const codes: [code: string, ask: VisionClient['ask']][] = [
    ['VISION_REFUSED', async () => ({ ...reply, refusal: 'no' })],
    ['VISION_FILTERED', async () => ({ ...reply, finish: 'filtered' })],
    ['VISION_TRUNCATED', async () => ({ ...reply, finish: 'length' })],
    ['VISION_AUTH', () => Promise.reject(new CallFailure('standing', new VisionError('VISION_AUTH', 'no')))],
    ['GIVEN_UP', () => Promise.reject(new Error('superseded'))],
  ];
  for (const [code, ask] of codes) {
    it(`notes ${code}`, async () => {
      const { client, lines } = start(ask);
      await client.ask(request, never).catch(() => {});
      await client.noted();
      assert.equal((await lines())[0]?.code, code);
    });
  }

  it('notes what was given up at once, also where the server never lets go', async () => {
    const { client, lines, clock } = start(() => new Promise(() => {}));
    const abort = new AbortController();
    void client.ask(request, abort.signal);
    await clock.advanceAsync(2_000);
    abort.abort(timedOut(2_000));
    await client.noted();
    const [line] = await lines();
    assert.deepEqual([line?.code, line?.ms, line?.cost], ['VISION_TIMEOUT', 2_000, null]);
  });

  it('knows no cost where it knows no price, and keeps names short', async () => {
    const { client, lines } = start(async () => ({ ...reply, model: 'x'.repeat(1_000) }), '');
    await client.ask({ ...request, lane: laneOf('node', 'y'.repeat(1_000)) }, never);
    await client.noted();
    const [line] = await lines();
    assert.equal(line?.cost, null);
    assert.ok(JSON.stringify(line).length < 1_000);
  });
});
