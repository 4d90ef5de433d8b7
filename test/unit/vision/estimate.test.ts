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

  it('costs nothing where there is no price', () => {
    assert.equal(new Estimates().of(request, 400, null).cost, 0);
  });
});
