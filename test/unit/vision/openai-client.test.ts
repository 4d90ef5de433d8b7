import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../../src/shared/clock';
import { compileSchema } from '../../../src/vision/answer-schema';
import type { VisionRequest } from '../../../src/vision/client';
import { CallFailure } from '../../../src/vision/failure';
import { localFetch } from '../../../src/vision/local-fetch';
import { OpenAiClient } from '../../../src/vision/openai-client';
import { type PresetName, presets } from '../../../src/vision/presets';
import { no, type Turn, VisionServer, yes } from '../../fixtures/vision-server';

const KEY = 'sk-test-0123456789abcdef';
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

describe('OpenAiClient', () => {
  it('sends one system text, one prompt and one picture as a data URI with its detail', async () => {
    await ask(client(), { prompt: 'Is somebody there?', detail: 'low' });
    const { body, path, headers } = server.last;
    assert.equal(path, '/v1/chat/completions');
    assert.equal(headers.authorization, `Bearer ${KEY}`);
    assert.equal(headers['content-type'], 'application/json');
    assert.deepEqual(
      body.messages.map(({ role }) => role),
      ['system', 'user'],
    );
    assert.deepEqual(body.messages[1]?.content, [
      { type: 'text', text: 'Is somebody there?' },
      { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,/9j/AA==', detail: 'low' } },
    ]);
    assert.equal(body.max_completion_tokens, 300);
    assert.ok(!('temperature' in body) && !('reasoning_effort' in body));
  });

  it('gives back the text, the model that answered and what it billed', async () => {
    server.script = [no];
    assert.deepEqual(await ask(client()), {
      text: '{"verdict":"no","confidence":0.8,"reason":"Nobody is there."}',
      finish: 'stop',
      refusal: null,
      model: 'some-model',
      usage: { input: 400, output: 40 },
      limits: { requests: null, tokens: null },
      rung: 'json_schema',
    });
  });

  it('counts thoughts as output, also where they are told in the total only, as Gemini does', async () => {
    const billed = async (usage: object) => {
      server.script = [{ kind: 'message', message: { content: '{}' }, usage }];
      return (await ask(client({ preset: 'gemini' }))).usage;
    };
    const usage = { prompt_tokens: 400, completion_tokens: 40 };
    assert.deepEqual(await billed({ ...usage, total_tokens: 690 }), { input: 400, output: 290 });
    assert.deepEqual(await billed({ ...usage, total_tokens: 440 }), { input: 400, output: 40 });
    assert.deepEqual(await billed(usage), { input: 400, output: 40 });
  });

  it('sends temperature and reasoning effort where they are set', async () => {
    await ask(client(), { temperature: 0, reasoningEffort: 'low' });
    assert.equal(server.last.body.temperature, 0);
    assert.equal(server.last.body.reasoning_effort, 'low');
  });

  it('asks for strict answers only where the schema is one that can be strict', async () => {
    await ask(client());
    assert.equal(server.last.body.response_format?.json_schema?.strict, true);
    const loose = { type: 'object', properties: { seen: { type: 'boolean' } } };
    await ask(client(), { schema: loose });
    assert.equal(server.last.body.response_format?.json_schema?.strict, false);
  });

  it('sends no key where there is none, and nothing from the environment', async () => {
    const environment = {
      OPENAI_API_KEY: 'sk-of-the-environment',
      OPENAI_ORG_ID: 'org-environment',
      OPENAI_PROJECT_ID: 'project-environment',
      OPENAI_CUSTOM_HEADERS: 'X-Secret: environment',
    };
    Object.assign(process.env, environment);
    try {
      await ask(client({ apiKey: '' }));
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name];
    }
    assert.doesNotMatch(JSON.stringify(server.last.headers), /environment|authorization|stainless/i);
  });

  it('uses the name of the length limit that the server knows', async () => {
    await ask(client({ preset: 'ollama' }));
    assert.equal(server.last.body.max_tokens, 300);
    assert.ok(!('max_completion_tokens' in server.last.body));
  });

  it('does not ask a server for an answer format that it is known to ignore', async () => {
    await ask(client({ preset: 'anthropic' }));
    assert.ok(!('response_format' in server.last.body));
    assert.match(String(server.last.body.messages[0]?.content), /"enum":\["yes","no","unknown"\]/);
  });

  describe('goes down the ladder where the server refuses a format, and remembers the rung for the model', () => {
    it('json_schema, json_object, prompt', async () => {
      const one = client();
      const refusal: Turn = {
        kind: 'error',
        status: 400,
        message: "Invalid parameter: 'response_format' is not supported",
      };
      server.script = [refusal, refusal, yes];
      await ask(one);
      assert.deepEqual(formats(), ['json_schema', 'json_object', 'none']);
      await ask(one);
      assert.deepEqual(formats().slice(3), ['none']);
      await ask(one, { model: 'another' });
      assert.deepEqual(formats().slice(4), ['json_schema']);
    });

    const cases: [string, string, Partial<VisionRequest>, (body: Record<string, unknown>) => boolean][] = [
      [
        'temperature',
        "'temperature' does not support 0 with this model",
        { temperature: 0 },
        (b) => !('temperature' in b),
      ],
      [
        'reasoning_effort',
        'Unrecognized request argument: reasoning_effort',
        { reasoningEffort: 'low' },
        (b) => !('reasoning_effort' in b),
      ],
      ['max_completion_tokens', 'Unknown parameter: max_completion_tokens', {}, (b) => b.max_tokens === 300],
    ];
    for (const [name, message, request, isPlainer] of cases) {
      it(`leaves out ${name}`, async () => {
        server.script = [{ kind: 'error', status: 400, message }, yes];
        await ask(client(), request);
        assert.equal(server.calls, 2);
        assert.ok(isPlainer(server.last.body), JSON.stringify(server.last.body));
      });
    }

    it('takes the newer name of the length limit where the server asks for it', async () => {
      const message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
      server.script = [{ kind: 'error', status: 400, message }, yes];
      await ask(client({ preset: 'openrouter' }));
      assert.equal(server.last.body.max_completion_tokens, 300);
    });

    it('does not go from one name of the length limit to the other for ever', async () => {
      const refused = (message: string): Turn => ({ kind: 'error', status: 400, message });
      server.script = Array.from({ length: 20 }, () => [
        refused("Invalid 'max_completion_tokens': integer above maximum value."),
        refused("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
      ]).flat();
      const failure = await failureOf(ask(client()));
      assert.equal(failure.error.code, 'VISION_REQUEST');
      assert.equal(server.calls, 2);
    });

    it('ends where a server refuses everything', async () => {
      server.otherwise = {
        kind: 'error',
        status: 400,
        message: 'bad schema json temperature max_completion_tokens',
      };
      const failure = await failureOf(ask(client(), { temperature: 1 }));
      server.otherwise = yes;
      assert.equal(failure.error.code, 'VISION_REQUEST');
      assert.equal(failure.kind, 'once');
      assert.ok(server.calls <= 6, String(server.calls));
    });
  });

  describe('tells what went wrong', () => {
    const cases: [string, Turn, string, string, number | null][] = [
      ['401', { kind: 'error', status: 401 }, 'VISION_AUTH', 'standing', null],
      ['403', { kind: 'error', status: 403 }, 'VISION_AUTH', 'standing', null],
      [
        '403 for a model',
        { kind: 'error', status: 403, code: 'model_not_found' },
        'VISION_MODEL',
        'standing',
        null,
      ],
      [
        'a bad Gemini key, told with 400',
        { kind: 'geminiError', status: 400, message: 'API key not valid. Please pass a valid API key.' },
        'VISION_AUTH',
        'standing',
        null,
      ],
      ['402', { kind: 'error', status: 402 }, 'VISION_QUOTA', 'standing', null],
      [
        'an empty account, told as a rate limit',
        { kind: 'error', status: 429, code: 'insufficient_quota' },
        'VISION_QUOTA',
        'standing',
        null,
      ],
      [
        '404 model',
        { kind: 'error', status: 404, message: "model 'x' not found" },
        'VISION_MODEL',
        'standing',
        null,
      ],
      [
        '400 for a model',
        { kind: 'error', status: 400, message: 'x is not a valid model ID' },
        'VISION_MODEL',
        'standing',
        null,
      ],
      ['413', { kind: 'error', status: 413 }, 'VISION_TOO_LARGE', 'once', null],
      ['400', { kind: 'error', status: 400, message: 'no images here' }, 'VISION_REQUEST', 'once', null],
      ['422', { kind: 'error', status: 422 }, 'VISION_REQUEST', 'once', null],
      ['429', { kind: 'error', status: 429 }, 'VISION_RATE_LIMITED', 'retry', null],
      [
        '429 with Retry-After',
        { kind: 'error', status: 429, headers: { 'retry-after': '4' } },
        'VISION_RATE_LIMITED',
        'retry',
        4000,
      ],
      [
        '429 with retry-after-ms',
        { kind: 'error', status: 429, headers: { 'retry-after-ms': '250' } },
        'VISION_RATE_LIMITED',
        'retry',
        250,
      ],
      [
        'a Gemini rate limit, in an array',
        { kind: 'geminiError', status: 429, message: 'You exceeded your current quota', retryDelay: '34s' },
        'VISION_RATE_LIMITED',
        'retry',
        34_000,
      ],
      ['500', { kind: 'error', status: 500 }, 'VISION_SERVER', 'retry', null],
      [
        '503',
        { kind: 'error', status: 503, headers: { 'retry-after': '1' } },
        'VISION_SERVER',
        'retry',
        1000,
      ],
      ['529 overloaded', { kind: 'error', status: 529 }, 'VISION_SERVER', 'retry', null],
      ['408', { kind: 'error', status: 408 }, 'VISION_SERVER', 'retry', null],
      ['an error in a 200', { kind: 'errorIn200', code: 502 }, 'VISION_SERVER', 'retry', null],
      ['no credit in a 200', { kind: 'errorIn200', code: 402 }, 'VISION_QUOTA', 'standing', null],
      ['a page instead of JSON', { kind: 'html' }, 'VISION_SERVER', 'retry', null],
      ['a cut connection', { kind: 'cut' }, 'VISION_NETWORK', 'retry', null],
    ];
    for (const [name, turn, code, kind, retryAfterMs] of cases) {
      it(name, async () => {
        server.script = [turn];
        const failure = await failureOf(ask(client()));
        assert.deepEqual(
          { code: failure.error.code, kind: failure.kind, retryAfterMs: failure.retryAfterMs },
          { code, kind, retryAfterMs },
        );
        assert.equal(server.calls, 1, 'the package must not retry by itself');
        assert.notEqual(failure.error.cause.advice, '');
      });
    }

    it('a Retry-After date', async () => {
      const date = new Date(Date.now() + 20_000).toUTCString();
      server.script = [{ kind: 'error', status: 429, headers: { 'retry-after': date } }];
      const { retryAfterMs } = await failureOf(ask(client()));
      assert.ok(
        retryAfterMs !== null && retryAfterMs > 15_000 && retryAfterMs <= 20_000,
        String(retryAfterMs),
      );
    });

    it('a server that is not there', async () => {
      const failure = await failureOf(ask(client({ baseUrl: 'http://127.0.0.1:9/v1' })));
      assert.equal(failure.error.code, 'VISION_NETWORK');
    });
  });

  it('does not follow a redirect, so that the key stays with its host', async () => {
    const other = new VisionServer();
    const elsewhere = await other.start();
    server.script = [{ kind: 'redirect', to: `${elsewhere}/chat/completions` }];
    const failure = await failureOf(ask(client()));
    await other.stop();
    assert.equal(other.calls, 0);
    assert.equal(failure.kind, 'standing');
    assert.match(failure.message, /redirect/);
  });

  describe('looks whether a server is there', () => {
    const look = (by?: typeof fetch) => client({ fetch: by }).isThere(new AbortController().signal);
    const cases: [string, Turn, boolean][] = [
      ['by a list of models', { kind: 'text', text: '' }, true],
      [
        'by a list of models that is longer than any answer',
        { kind: 'text', text: 'x'.repeat(1_200_000) },
        true,
      ],
      ['by a page', { kind: 'html' }, true],
      ['by no more than the beginning of an answer', { kind: 'stall' }, true],
      ['by a refusal of the key', { kind: 'error', status: 401 }, true],
      ['although it has no such list (404)', { kind: 'error', status: 404 }, true],
      ['although it has no such list (405)', { kind: 'error', status: 405 }, true],
      ['although it has no such list (501)', { kind: 'error', status: 501 }, true],
      ['and is not where it has a fault', { kind: 'error', status: 500 }, false],
      ['and is not where its gateway does not reach it', { kind: 'error', status: 502 }, false],
      ['and is not where it is overloaded', { kind: 'error', status: 503 }, false],
      ['and is not where its gateway waits in vain', { kind: 'error', status: 504 }, false],
    ];
    for (const [name, turn, isThere] of cases) {
      it(name, async () => {
        server.script = [turn];
        assert.equal(await look(), isThere);
        assert.equal(server.last.path, '/v1/models');
      });
    }

    for (const [where, fetch] of [
      ['anywhere', undefined],
      ['with Local only', localFetch()],
    ] as const) {
      it(`by a redirect, which takes the key nowhere, ${where}`, async () => {
        const other = new VisionServer();
        const elsewhere = await other.start();
        server.script = [{ kind: 'redirect', to: `${elsewhere}/models` }];
        assert.equal(await look(fetch), true);
        await other.stop();
        assert.equal(other.calls, 0);
      });
    }
  });

  it('takes a content filter that is told as an error for what it is', async () => {
    server.script = [{ kind: 'error', status: 400, code: 'content_filter' }];
    assert.equal((await ask(client())).finish, 'filtered');
  });

  it('ends at once when told while the server is silent', async () => {
    server.script = [{ kind: 'silent' }];
    const abort = new AbortController();
    const reason = new Error('enough');
    const asked = ask(client(), {}, abort.signal);
    while (server.calls === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(reason);
    await assert.rejects(asked, (thrown) => thrown === reason);
  });

  it('ends at once when told while the server is stalled in the middle of its answer', async () => {
    server.script = [{ kind: 'stall' }];
    const abort = new AbortController();
    const reason = new Error('enough');
    const fetchHeaders: typeof fetch = async (...request) => {
      const response = await fetch(...request);
      setImmediate(() => abort.abort(reason));
      return response;
    };
    await assert.rejects(
      ask(client({ fetch: fetchHeaders }), {}, abort.signal),
      (thrown) => thrown === reason,
    );
  });

  it('repeats no key that a server sends back, whole or masked', async () => {
    const messages = [
      `Incorrect API key provided: ${KEY}.`,
      'Incorrect API key provided: sk-te***********cdef. You can find your key at …',
      `Authorization: Bearer ${KEY} is not valid`,
    ];
    for (const message of messages) {
      server.script = [{ kind: 'error', status: 401, message }];
      const { error } = await failureOf(ask(client()));
      assert.doesNotMatch(JSON.stringify([error.message, error.cause]), /sk-te|cdef|0123/);
    }
  });

  it('takes the key out of an answer that repeats it', async () => {
    server.script = [{ kind: 'text', text: `Your key is ${KEY}.` }];
    assert.equal((await ask(client())).text, 'Your key is ***.');
    server.script = [{ kind: 'refusal', text: `Not with ${KEY}.` }];
    assert.equal((await ask(client())).refusal, 'Not with ***.');
  });

  it('leaves an answer alone where the key is a mere word, as local servers take it', async () => {
    server.script = [{ kind: 'text', text: 'No ollama.' }];
    assert.equal((await ask(client({ apiKey: 'ollama' }))).text, 'No ollama.');
  });

  it('writes nothing to the log, whatever the environment asks for', async (t) => {
    process.env.OPENAI_LOG = 'debug';
    const written: unknown[] = [];
    for (const level of ['debug', 'info', 'warn', 'error', 'log'] as const) {
      t.mock.method(console, level, (...words: unknown[]) => written.push(words));
    }
    server.script = [{ kind: 'error', status: 500 }];
    await failureOf(ask(client()));
    delete process.env.OPENAI_LOG;
    assert.deepEqual(written, []);
  });
});

function client(
  options: { apiKey?: string; preset?: PresetName; baseUrl?: string; fetch?: typeof fetch } = {},
): OpenAiClient {
  const { apiKey = KEY, preset = 'openai' } = options;
  return new OpenAiClient({
    baseUrl: options.baseUrl ?? baseUrl,
    apiKey,
    preset: presets[preset],
    clock: systemClock,
    fetch: options.fetch,
  });
}

function ask(one: OpenAiClient, request: Partial<VisionRequest> = {}, signal = new AbortController().signal) {
  return one.ask(
    {
      lane: 'n\ncamera',
      time: 0,
      model: 'some-model',
      system: 'You look at pictures.',
      prompt: 'What?',
      picture: { data: Buffer.from([0xff, 0xd8, 0xff, 0x00]), type: 'image/jpeg' },
      detail: 'auto',
      schema: compileSchema('').schema,
      verdictField: 'verdict',
      confidenceField: 'confidence',
      maxTokens: 300,
      temperature: null,
      reasoningEffort: '',
      ...request,
    },
    signal,
  );
}

async function failureOf(asked: Promise<unknown>): Promise<CallFailure> {
  const thrown = await asked.then(
    () => assert.fail('an answer came'),
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof CallFailure, String(thrown));
  return thrown;
}

function formats(): string[] {
  return server.requests.map(({ body }) => body.response_format?.type ?? 'none');
}
