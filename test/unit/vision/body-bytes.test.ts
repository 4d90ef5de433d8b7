import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BUILT_IN_SCHEMA } from '../../../src/vision/answer-schema';
import { bodyBytes } from '../../../src/vision/body-bytes';
import { chatBody } from '../../../src/vision/chat-body';
import type { VisionRequest } from '../../../src/vision/client';
import { firstDialect } from '../../../src/vision/dialect';
import { presets } from '../../../src/vision/presets';

const picture = (byte: number) => ({ data: Buffer.alloc(1000, byte), type: 'image/jpeg' as const });
const of = (byte: number) => ({
  ...picture(byte),
  size: null,
  time: byte,
  tokens: 0,
  masked: false,
  times: [],
});
const request: VisionRequest = {
  ...{
    lane: 'l',
    time: 0,
    model: 'some-model',
    system: 'S',
    prompt: 'Is “somebody” there?\n\u0000 ü',
    detail: 'auto',
  },
  picture: picture(3),
  ...{ schema: BUILT_IN_SCHEMA, verdictField: 'verdict', confidenceField: 'confidence' },
  ...{ maxTokens: 300, temperature: 0.2, reasoningEffort: '' },
};

const REQUESTS: Record<string, VisionRequest> = {
  'one picture': request,
  'several pictures': { ...request, series: [of(1), of(2), of(3)], arrangement: 'several' },
};

for (const [name, one] of Object.entries(REQUESTS)) {
  it(`the bytes that are sent are the JSON of the body: ${name}`, () => {
    for (const preset of ['openai', 'anthropic', 'openrouter'] as const) {
      const dialect = firstDialect(presets[preset]);
      assert.equal(bodyBytes(one, dialect).toString(), JSON.stringify(chatBody(one, dialect)));
    }
  });
}
