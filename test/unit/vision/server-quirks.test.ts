import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../../src/shared/clock';
import { BUILT_IN_SCHEMA } from '../../../src/vision/answer-schema';
import { chatBody } from '../../../src/vision/chat-body';
import type { JsonSchema, VisionReply, VisionRequest } from '../../../src/vision/client';
import { firstDialect } from '../../../src/vision/dialect';
import { CallFailure } from '../../../src/vision/failure';
import { OpenAiClient } from '../../../src/vision/openai-client';
import { PRESETS, type PresetName, presets } from '../../../src/vision/presets';
import { type Turn, VisionServer, yes } from '../../fixtures/vision-server';

const server = new VisionServer();
let baseUrl = '';
before(async () => {
  baseUrl = await server.start();
});
after(() => server.stop());
beforeEach(() => {
  server.script = [];
  server.requests.length = 0;
});

const request: VisionRequest = {
  ...{ lane: 'l', time: 0, model: 'some-model', system: 'S', prompt: 'P', detail: 'auto' },
  picture: { data: Buffer.from([0xff, 0xd8, 0xff, 0]), type: 'image/jpeg' },
  ...{ schema: BUILT_IN_SCHEMA, verdictField: 'verdict', confidenceField: 'confidence' },
  ...{ maxTokens: 300, temperature: null, reasoningEffort: '' },
};
const ask = (preset: PresetName, changes: Partial<VisionRequest> = {}): Promise<VisionReply> =>
  new OpenAiClient({
    baseUrl,
    apiKey: 'sk-test-0123456789',
    preset: presets[preset],
    clock: systemClock,
  }).ask({ ...request, ...changes }, new AbortController().signal);
const sent = () =>
  server.requests.map(({ body }) => [
    body.response_format?.type ?? 'prompt',
    body.provider?.require_parameters ?? false,
  ]);

/** What is special about each server, and what a first request to it looks like. */
const SENT: Record<
  PresetName,
  { format: string; limit: string; strict?: boolean; extras?: boolean; provider?: true }
> = {
  openai: { format: 'json_schema', limit: 'max_completion_tokens', strict: true, extras: true },
  azure: { format: 'json_schema', limit: 'max_completion_tokens', strict: true, extras: true },
  gemini: { format: 'json_schema', limit: 'max_tokens', strict: false, extras: false },
  anthropic: { format: 'prompt', limit: 'max_tokens' },
  openrouter: { format: 'json_schema', limit: 'max_tokens', strict: true, extras: true, provider: true },
  ollama: { format: 'json_schema', limit: 'max_tokens', strict: true, extras: true },
  vllm: { format: 'json_schema', limit: 'max_tokens', strict: true, extras: true },
  lmstudio: { format: 'json_schema', limit: 'max_tokens', strict: true, extras: true },
  llamacpp: { format: 'json_schema', limit: 'max_tokens', strict: true, extras: true },
  custom: { format: 'json_schema', limit: 'max_tokens', strict: true, extras: true },
  standin: { format: 'json_schema', limit: 'max_tokens', strict: true, extras: true },
};

describe('the first request to', () => {
  for (const name of PRESETS) {
    it(`${name} is as that server wants it`, () => {
      const body = chatBody(request, firstDialect(presets[name])) as unknown as Record<string, unknown>;
      const { format, limit, strict, extras, provider } = SENT[name];
      const asked = body.response_format as
        | { type: string; json_schema: { strict: boolean; schema: JsonSchema } }
        | undefined;
      assert.equal(asked?.type ?? 'prompt', format);
      assert.equal(body[limit], 300);
      assert.equal(asked?.json_schema.strict, strict);
      if (asked) assert.equal('additionalProperties' in asked.json_schema.schema, extras);
      assert.deepEqual(body.provider, provider && { require_parameters: true });
    });
  }
});

describe('Gemini', () => {
  it('is sent a schema without the keywords that it refuses, on every level, but with all of the user’s names', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      ...{ type: 'object', additionalProperties: false, required: ['verdict'] },
      properties: {
        verdict: { type: 'string', enum: ['yes', 'additionalProperties'] },
        additionalProperties: { type: 'object', additionalProperties: false, properties: {} },
        list: { type: 'array', items: { anyOf: [{ type: 'object', additionalProperties: true }] } },
      },
    };
    const body = chatBody({ ...request, schema }, firstDialect(presets.gemini));
    const format = body.response_format as { json_schema: { schema: JsonSchema } };
    assert.deepEqual(format.json_schema.schema, {
      ...{ type: 'object', required: ['verdict'] },
      properties: {
        verdict: { type: 'string', enum: ['yes', 'additionalProperties'] },
        additionalProperties: { type: 'object', properties: {} },
        list: { type: 'array', items: { anyOf: [{ type: 'object' }] } },
      },
    });
  });

  it('behind a gateway is asked again without them, and not without the schema', async () => {
    const message = `Invalid JSON payload received. Unknown name "additionalProperties" at 'generation_config.response_schema'`;
    server.script = [{ kind: 'error', status: 400, message }, yes];
    await ask('custom');
    assert.deepEqual(sent(), [
      ['json_schema', false],
      ['json_schema', false],
    ]);
    assert.doesNotMatch(JSON.stringify(server.last.body.response_format), /additionalProperties/);
  });

  it('is asked again without a reasoning effort that it does not know', async () => {
    server.script = [{ kind: 'geminiError', status: 400, message: 'Invalid reasoning_effort: minimal' }, yes];
    await ask('gemini', { reasoningEffort: 'minimal' });
    assert.equal('reasoning_effort' in server.last.body, false);
  });
});

describe('OpenRouter', () => {
  const nobody: Turn = {
    ...{ kind: 'error', status: 404 },
    message:
      'No endpoints found that can handle the requested parameters. To learn more about provider routing, visit: …',
  };

  it('is told that only who heeds the answer format may answer, and goes down the ladder where nobody does', async () => {
    server.script = [nobody, nobody, yes];
    await ask('openrouter');
    assert.deepEqual(sent(), [
      ['json_schema', true],
      ['json_object', true],
      ['prompt', false],
    ]);
  });

  it('says that a model reads no pictures, once for all', async () => {
    server.script = [{ kind: 'error', status: 404, message: 'No endpoints found that support image input' }];
    await assert.rejects(ask('openrouter'), isBlind);
    assert.equal(server.calls, 1);
  });
});

describe('a local server whose model reads no pictures says so', () => {
  const words: [preset: PresetName, status: number, message: string][] = [
    [
      'llamacpp',
      500,
      'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj',
    ],
    ['ollama', 500, 'this model is missing data required for image input'],
    ['vllm', 400, 'Qwen/Qwen3-8B is not a multimodal model'],
    ['lmstudio', 400, 'Model does not support images. Please use a model that does.'],
    ['openai', 400, 'Invalid content type. image_url is only supported by certain models.'],
  ];
  for (const [preset, status, message] of words) {
    it(`${preset}: ${message}`, async () => {
      server.script = [{ kind: 'error', status, message }];
      await assert.rejects(ask(preset), isBlind);
      assert.equal(server.calls, 1);
    });
  }
});

describe('a thinking model', () => {
  const answer = '{"verdict":"yes","confidence":0.9,"reason":"A person stands there."}';
  const textOf = async (message: object) => {
    server.script = [{ kind: 'message', message }];
    return (await ask('ollama')).text;
  };

  it('that puts its answer where its thoughts belong is understood', async () => {
    assert.equal(await textOf({ content: '', reasoning: answer }), answer);
    assert.equal(await textOf({ content: null, reasoning_content: ` ${answer}\n` }), ` ${answer}\n`);
    assert.equal(await textOf({ content: '', thinking: answer }), answer);
  });

  it('is not taken at its thoughts where they are words, also with an answer in them', async () => {
    assert.equal(await textOf({ content: '', reasoning: `Perhaps ${answer}` }), '');
    assert.equal(await textOf({ content: '', reasoning: `${answer}\nBut wait, that is a poster.` }), '');
    assert.equal(await textOf({ content: '', reasoning: '{"draft": ' }), '');
  });

  it('is taken at its answer where there is one', async () => {
    assert.equal(await textOf({ content: answer, reasoning: '{"verdict":"no"}' }), answer);
  });

  it('is asked again without an effort that its server does not know', async () => {
    server.script = [
      { kind: 'error', status: 400, message: 'think value "medium" is not supported for this model' },
      yes,
    ];
    await ask('ollama', { reasoningEffort: 'medium' });
    assert.equal('reasoning_effort' in server.last.body, false);
  });
});

function isBlind(thrown: unknown): boolean {
  assert.ok(thrown instanceof CallFailure);
  assert.deepEqual([thrown.kind, thrown.error.code], ['standing', 'VISION_MODEL']);
  assert.match(thrown.error.message, /cannot read pictures/);
  return true;
}
