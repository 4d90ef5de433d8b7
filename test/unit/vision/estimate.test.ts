import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUILT_IN_SCHEMA } from '../../../src/vision/answer-schema';
import type { VisionRequest } from '../../../src/vision/client';
import { costOf } from '../../../src/vision/cost';
import { Estimates } from '../../../src/vision/estimate';
import { seeded } from '../../fixtures/seeded';

const prices = { input: 1, output: 4 };
const request: VisionRequest = {
  ...{ lane: 'n\nc', time: 0, model: 'm', system: 'Look.', prompt: 'Is a person there?', detail: 'auto' },
  ...{ picture: { data: Buffer.alloc(0), type: 'image/jpeg' }, schema: BUILT_IN_SCHEMA },
  ...{
    verdictField: 'verdict',
    confidenceField: 'confidence',
    maxTokens: 100,
    temperature: null,
    reasoningEffort: '',
  },
};

describe('the estimate of a call', () => {
  it('covers prompt, picture and the longest answer', () => {
    const { input, tokens, cost } = new Estimates().of(request, 400, prices);
    assert.ok(input > 400 && input < 600, String(input));
    assert.ok(tokens > input + 100);
    assert.ok(Math.abs(cost - ((tokens - 100) * 1 + 100 * 4) / 1e6) < 1e-12);
  });

  it('takes a picture of which nothing is known for a large one', () => {
    assert.ok(new Estimates().of(request, 0, prices).input > 1600);
  });

  it('follows what the model bills, upwards at once and downwards slowly', () => {
    const estimates = new Estimates();
    const { input } = estimates.of(request, 400, prices);
    const billed = () => estimates.of(request, 400, prices).tokens - 100;
    estimates.learn(request, input, { input: input * 4, output: 1 });
    assert.ok(billed() >= input * 4);
    estimates.learn(request, input, { input, output: 1 });
    assert.ok(billed() > input * 3.5);
    for (let i = 0; i < 400; i++) estimates.learn(request, input, { input, output: 1 });
    assert.ok(billed() < input * 1.1);
  });

  it('is not below the bill for a model whose bills vary by a few per cent', () => {
    const estimates = new Estimates();
    const random = seeded(3);
    let short = 0;
    for (let i = 0; i < 1000; i++) {
      const { input, cost } = estimates.of(request, 400, prices);
      const usage = { input: Math.round(input * (2 + random() * 0.08)), output: 100 };
      if (i > 0 && (costOf(usage, prices) ?? 0) > cost) short += 1;
      estimates.learn(request, input, usage);
    }
    assert.equal(short, 0);
  });

  describe('of several pictures', () => {
    const size = { width: 640, height: 360 };
    const one = { data: Buffer.alloc(0), type: 'image/jpeg' as const, size, time: null, tokens: 400 };
    const series = [1, 2, 3, 4].map(() => ({ ...one, masked: false, times: [] }));
    const job = (model: string) => ({ request: { ...request, model, series }, pictureTokens: 400 });

    it('is that of the way in which they go, by what the model bills', () => {
      const estimates = new Estimates();
      const apart = estimates.arranged(job('gpt-5-mini'), false);
      assert.deepEqual([apart.request.arrangement, apart.pictureTokens], ['several', 4 * 389]);
      const sheet = estimates.arranged(job('gemini-3-flash'), false);
      assert.deepEqual([sheet.request.arrangement, sheet.pictureTokens], ['sheet', 1120]);
      const { input } = estimates.of(sheet.request, sheet.pictureTokens, prices);
      assert.ok(input > 1120 && input < 1500, `what is reserved is for the sheet: ${input}`);
    });

    it('is corrected by bills, each way by itself, and may change the way', () => {
      const estimates = new Estimates();
      const first = estimates.arranged(job('unknown'), false);
      assert.equal(first.request.arrangement, 'several');
      const { input } = estimates.of(first.request, first.pictureTokens, prices);
      estimates.learn(first.request, input, { input: input * 3, output: 1 });
      const second = estimates.arranged(job('unknown'), false);
      assert.equal(second.request.arrangement, 'sheet');
      const sheet = estimates.of(second.request, second.pictureTokens, prices);
      estimates.learn(second.request, sheet.input, { input: sheet.input * 3, output: 1 });
      assert.equal(estimates.arranged(job('unknown'), false).request.arrangement, 'several');
    });

    it('is bounded: one bill that cannot be true does not stop everything', () => {
      const estimates = new Estimates();
      estimates.learn(request, 100, { input: 1e12, output: 1 });
      const { input, tokens } = estimates.of(request, 400, prices);
      assert.ok(tokens - 100 <= input * 50 * 1.05 + 1);
    });
  });

  it('of one picture goes by the model that is asked, where its size is known', () => {
    const picture = { ...request.picture, size: { width: 640, height: 360 } };
    const { pictureTokens } = new Estimates().arranged(
      { request: { ...request, model: 'claude-haiku-4-5', picture }, pictureTokens: 9000 },
      false,
    );
    assert.equal(pictureTokens, 303);
  });

  it('costs nothing where there is no price', () => {
    assert.equal(new Estimates().of(request, 400, null).cost, 0);
  });
});
