import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import sharp from 'sharp';
import { type Clock, systemClock } from '../../../src/shared/clock';
import type { SelectReason } from '../../../src/shared/messages';
import { NO_BUDGET } from '../../../src/vision/budget';
import { Endpoint } from '../../../src/vision/endpoint';
import type { EndpointOptions, Outcome } from '../../../src/vision/job';
import { OpenAiClient } from '../../../src/vision/openai-client';
import { presets } from '../../../src/vision/presets';
import { compileInquiry } from '../../../src/vision/question';
import { SheetClient } from '../../../src/vision/sheet-client';
import { LocalSlots } from '../../../src/vision/slots';
import { FakeClock } from '../../fixtures/fake-clock';
import { no, type Turn, VisionServer, yes } from '../../fixtures/vision-server';

/** The clock of the endpoint goes so much faster than that of the machine: an hour of a provider in a test. */
const SCALE = 50;
const SECOND = 1000;
/** Six seconds of the machine: one that is busy must not be what ends a call. */
const ENOUGH_MS = 300 * SECOND;
/** For a server that never answers. */
const DEADLINE_MS = 45 * SECOND;
/** Milliseconds of the machine that are so many seconds of the endpoint. */
const seconds = (count: number) => (count * SECOND) / SCALE;

const fast: Clock = {
  now: systemClock.now,
  monotonic: () => systemClock.monotonic() * SCALE,
  setTimeout: (run, ms) => systemClock.setTimeout(run, ms / SCALE),
};

let server: VisionServer;
let other: VisionServer;
let urls: [string, string];
let endpoints: Endpoint[] = [];

before(async () => {
  server = new VisionServer();
  other = new VisionServer();
  urls = [await server.start(), await other.start()];
});
after(() => Promise.all([server.stop(), other.stop()]));
beforeEach(() => {
  for (const one of [server, other]) {
    one.requests.length = 0;
    one.script = [];
    one.otherwise = yes;
  }
});
afterEach(() => {
  for (const endpoint of endpoints) endpoint.stop();
  endpoints = [];
});

function endpoint(
  baseUrl: string,
  options: Partial<EndpointOptions> = {},
  fallback?: Endpoint,
  clock = fast,
): Endpoint {
  const made = new Endpoint(
    {
      ...{ name: baseUrl === urls[0] ? 'first' : 'second', model: 'some-model', standIn: false },
      ...{
        maxConcurrent: 2,
        timeoutMs: ENOUGH_MS,
        maxAttempts: 3,
        maxAgeMs: ENOUGH_MS,
        maxAgePinnedMs: ENOUGH_MS,
      },
      rate: { requestsPerMinute: null, tokensPerMinute: null },
      ...{ prices: [], budget: NO_BUDGET, hasFallback: fallback !== undefined },
      ...options,
    },
    {
      client: new SheetClient(
        new OpenAiClient({
          baseUrl,
          apiKey: 'sk-test-0123456789abcdef',
          preset: presets.custom,
          clock,
        }),
      ),
      slots: new LocalSlots({ maxConcurrent: 2, minTimeMs: 0 }, clock),
      clock,
      random: () => 1,
      fallbacks: () => (fallback ? [fallback] : []),
    },
  );
  endpoints.push(made);
  return made;
}

/** As a vision-llm node asks and reads: with one repair, and several pictures on a sheet where they must be. */
const inquiry = compileInquiry({
  ...{ questions: null, rule: 'person', prompt: 'What?', system: 'Look.', schema: '' },
  ...{ verdictField: 'verdict', confidenceField: 'confidence', detail: 'auto' },
  ...{ maxTokens: 300, temperature: null, reasoningEffort: 'low' },
});
let asked = 0;
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);

function ask(
  one: Endpoint,
  payload: unknown = JPEG,
  reason: SelectReason = 'start',
  camera = `camera ${++asked}`,
  model = 'some-model',
): Promise<Outcome> {
  const by = { lane: `n\n${camera}`, camera, model, now: 0 };
  return one.ask(inquiry.job({ payload, selection: { reason } }, by));
}

/** What a flow would see of it. */
function seen(outcome: Outcome): string {
  if (outcome.kind === 'dropped') return `${outcome.reason} ${outcome.error?.code ?? ''}`.trim();
  if (outcome.kind === 'failed') return outcome.error.code;
  const { verdict, code, confidence } = inquiry.read(outcome.reply);
  return code ? `${verdict} ${code}` : `${verdict} ${confidence}`;
}

const error = (status: number, more: object = {}): Turn => ({ kind: 'error', status, ...more });
const limited = (seconds: number): Turn => error(429, { headers: { 'retry-after': String(seconds) } });
const prose: Turn = { kind: 'text', text: 'Yes, somebody is there.' };
const offSchema: Turn = { kind: 'json', answer: { verdict: 'perhaps' } };
const percent: Turn = { kind: 'json', answer: { verdict: 'yes', confidence: 85, reason: 'x' } };
/** As each provider words it that it does not know a field. */
const unknownParameter = (name: string) =>
  error(400, { message: `Unknown parameter: '${name}'.`, param: name });

interface Case {
  /** What the provider does, and where that is known from. */
  name: string;
  /** Its answers; after them it says yes. */
  turns: Turn[];
  /** What the flow sees, and how many requests it took. */
  seen: string;
  requests: number;
  /** What the flow sees where there is another endpoint, which says no; missing: the same. */
  withFallback?: string;
  /** On the endpoint's clock: at least so long. */
  tookS?: number;
  options?: Partial<EndpointOptions>;
}

const NO = 'no 0.8';
const YES = 'yes 0.9';
const CASES: Case[] = [
  { name: 'answers', turns: [], seen: YES, requests: 1 },
  {
    name: 'Gemini: an error in an array, with the wait in its body',
    turns: [{ kind: 'geminiError', status: 429, message: 'RESOURCE_EXHAUSTED', retryDelay: '7s' }],
    seen: YES,
    requests: 2,
    tookS: 7,
  },
  {
    name: 'Gemini: a bad key as 400, in an array',
    turns: [{ kind: 'geminiError', status: 400, message: 'API key not valid.' }],
    seen: 'VISION_AUTH',
    requests: 1,
    withFallback: NO,
  },
  {
    name: 'OpenRouter: 200 with an error of its upstream',
    turns: [{ kind: 'errorIn200', code: 502 }],
    seen: YES,
    requests: 2,
  },
  {
    name: 'OpenRouter: 200 with no credit',
    turns: [{ kind: 'errorIn200', code: 402 }],
    seen: 'VISION_QUOTA',
    requests: 1,
    withFallback: NO,
  },
  {
    name: 'OpenRouter: 200 with the error of its upstream in the choice',
    turns: [{ kind: 'errorInChoice', code: 502 }],
    seen: YES,
    requests: 2,
  },
  {
    name: 'OpenRouter: 200 with the error in the choice, each time',
    turns: Array.from({ length: 3 }, () => ({ kind: 'errorInChoice', code: 502 })),
    seen: 'VISION_SERVER',
    requests: 3,
    withFallback: NO,
  },
  {
    name: 'OpenRouter: a choice that ended with an error of which nothing is told',
    turns: [
      {
        kind: 'message',
        message: { content: '{"verdict":"no","confidence":0.8,"reason":"x"}' },
        finish: 'error',
      },
    ],
    seen: YES,
    requests: 2,
  },
  {
    name: 'OpenRouter: a picture that the moderation of the model flagged',
    turns: [
      error(403, {
        message: 'openai/gpt-4o requires moderation on OpenAI. Your input was flagged for "violence".',
        metadata: { reasons: ['violence'], flagged_input: 'x', provider_name: 'OpenAI' },
      }),
    ],
    seen: 'unknown VISION_FILTERED',
    requests: 1,
    withFallback: NO,
  },
  {
    name: 'Anthropic: credit that is used up, as 400',
    turns: [
      error(400, {
        code: 'invalid_request_error',
        message:
          'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade.',
      }),
    ],
    seen: 'VISION_QUOTA',
    requests: 1,
    withFallback: NO,
  },
  {
    name: 'stalls in the middle of its answer',
    turns: [{ kind: 'stall' }],
    seen: 'VISION_TIMEOUT',
    requests: 1,
    withFallback: NO,
    tookS: 45,
    options: { timeoutMs: DEADLINE_MS },
  },
  {
    name: 'sends no headers for too long',
    turns: [{ kind: 'silent' }],
    seen: 'VISION_TIMEOUT',
    requests: 1,
    withFallback: NO,
    tookS: 45,
    options: { timeoutMs: DEADLINE_MS },
  },
  {
    name: 'cuts the connection in the middle of its answer',
    turns: [{ kind: 'cut' }],
    seen: YES,
    requests: 2,
  },
  {
    name: 'cuts it each time',
    turns: [{ kind: 'cut' }, { kind: 'cut' }, { kind: 'cut' }],
    seen: 'VISION_NETWORK',
    requests: 3,
    withFallback: NO,
  },
  {
    name: 'loads its model for 30 s, as Ollama does',
    turns: [{ ...yes, after: seconds(30) }],
    seen: YES,
    requests: 1,
    tookS: 30,
  },
  { name: 'sends slow headers', turns: [{ ...yes, after: seconds(5) }], seen: YES, requests: 1, tookS: 5 },
  { name: '429 with Retry-After of 1 s', turns: [limited(1)], seen: YES, requests: 2, tookS: 1 },
  { name: '429 with Retry-After of 4 s', turns: [limited(4)], seen: YES, requests: 2, tookS: 4 },
  {
    name: '429 with Retry-After of an hour',
    turns: [limited(3600)],
    seen: 'VISION_RATE_LIMITED',
    requests: 1,
    withFallback: NO,
  },
  {
    name: 'OpenAI: insufficient_quota as 429',
    turns: [error(429, { code: 'insufficient_quota' })],
    seen: 'VISION_QUOTA',
    requests: 1,
    withFallback: NO,
  },
  { name: '401', turns: [error(401)], seen: 'VISION_AUTH', requests: 1, withFallback: NO },
  {
    name: '404 model',
    turns: [error(404, { code: 'model_not_found' })],
    seen: 'VISION_MODEL',
    requests: 1,
    withFallback: NO,
  },
  { name: '413', turns: [error(413)], seen: 'VISION_TOO_LARGE', requests: 1, withFallback: NO },
  {
    name: 'a redirect',
    turns: [{ kind: 'redirect', to: 'http://127.0.0.1:9/' }],
    seen: 'VISION_REQUEST',
    requests: 1,
    withFallback: NO,
  },
  { name: 'a fault, then an answer', turns: [error(500), error(503)], seen: YES, requests: 3, tookS: 1.5 },
  {
    name: 'Anthropic: 529 overloaded, each time',
    turns: [error(529), error(529), error(529)],
    seen: 'VISION_SERVER',
    requests: 3,
    withFallback: NO,
  },
  {
    name: 'a page in place of JSON, each time',
    turns: [{ kind: 'html' }, { kind: 'html' }, { kind: 'html' }],
    seen: 'VISION_SERVER',
    requests: 3,
    withFallback: NO,
  },
  {
    name: 'a refusal',
    turns: [{ kind: 'refusal' }],
    seen: 'unknown VISION_REFUSED',
    requests: 1,
    withFallback: NO,
  },
  {
    name: 'Azure: the content filter',
    turns: [{ kind: 'filtered' }],
    seen: 'unknown VISION_FILTERED',
    requests: 1,
    withFallback: NO,
  },
  {
    name: 'Azure: the content filter as 400',
    turns: [error(400, { code: 'content_filter' })],
    seen: 'unknown VISION_FILTERED',
    requests: 1,
    withFallback: NO,
  },
  {
    name: 'an answer that is cut off',
    turns: [{ kind: 'truncated' }],
    seen: 'unknown VISION_TRUNCATED',
    requests: 1,
  },
  { name: 'prose, and JSON when it is asked once more', turns: [prose], seen: YES, requests: 2 },
  { name: 'prose, each time', turns: [prose, prose], seen: 'unknown VISION_PROSE', requests: 2 },
  { name: 'JSON off the schema, and on it when asked once more', turns: [offSchema], seen: YES, requests: 2 },
  {
    name: 'JSON off the schema, each time',
    turns: [offSchema, offSchema],
    seen: 'unknown VISION_OFF_SCHEMA',
    requests: 2,
  },
  {
    name: 'prose, and a fault when it is asked once more',
    turns: [prose, error(500)],
    seen: 'unknown VISION_PROSE',
    requests: 2,
  },
  {
    name: 'nothing, as a model that has only thought does',
    turns: [{ kind: 'text', text: '<think>Is it one?</think>' }],
    seen: 'unknown VISION_EMPTY',
    requests: 1,
  },
  {
    name: 'JSON after thoughts of which only the end is marked',
    turns: [
      {
        kind: 'text',
        text: 'Is it one? Yes.\n</think>\n\n{"verdict":"yes","confidence":0.9,"reason":"x"}',
      },
    ],
    seen: YES,
    requests: 1,
  },
  {
    name: 'JSON in a fence',
    turns: [{ kind: 'fenced', answer: { verdict: 'yes', confidence: 0.9, reason: 'x' } }],
    seen: YES,
    requests: 1,
  },
  { name: 'confidence from 0 to 100', turns: [percent], seen: 'yes 0.85', requests: 1 },
  {
    name: 'Gemini: an unknown parameter',
    turns: [unknownParameter('reasoning_effort')],
    seen: YES,
    requests: 2,
  },
  {
    name: 'a server that knows no response_format at all',
    turns: [unknownParameter('response_format'), unknownParameter('response_format')],
    seen: YES,
    requests: 3,
  },
  {
    name: 'a server that refuses the picture',
    turns: [error(400, { message: 'no images here' })],
    seen: 'VISION_REQUEST',
    requests: 1,
    withFallback: NO,
  },
];

describe('what each provider does, and what becomes of it', () => {
  for (const one of CASES) {
    it(`${one.name}: ${one.seen}`, async () => {
      server.script = [...one.turns];
      const from = fast.monotonic();
      const outcome = await ask(endpoint(urls[0], one.options));
      assert.equal(seen(outcome), one.seen);
      assert.equal(server.calls, one.requests);
      const tookS = (fast.monotonic() - from) / SECOND;
      // A timer of the machine may be a few milliseconds early.
      assert.ok(tookS > (one.tookS ?? 0) - 0.3, `after ${tookS} s`);
    });
  }

  describe('where there is another endpoint', () => {
    for (const one of CASES) {
      it(`${one.name}: ${one.withFallback ?? one.seen}`, async () => {
        server.script = [...one.turns];
        other.otherwise = no;
        const outcome = await ask(endpoint(urls[0], one.options, endpoint(urls[1])));
        assert.equal(seen(outcome), one.withFallback ?? one.seen);
        assert.equal(outcome.endpoint.name, one.withFallback ? 'second' : 'first');
        assert.equal(other.calls, one.withFallback ? 1 : 0);
      });
    }
  });
});

it('OpenRouter: a flagged picture says nothing of the key, so the next one is asked about', async () => {
  server.script = [error(403, { message: 'Input was flagged by moderation', metadata: { reasons: ['x'] } })];
  const one = endpoint(urls[0]);
  assert.equal(seen(await ask(one)), 'unknown VISION_FILTERED');
  assert.equal(seen(await ask(one)), YES);
});

it('Anthropic: credit that is used up holds for the next picture as well, which is not asked about', async () => {
  server.script = [error(400, { message: 'Your credit balance is too low to access the Anthropic API.' })];
  const one = endpoint(urls[0]);
  assert.equal(seen(await ask(one)), 'VISION_QUOTA');
  assert.equal(seen(await ask(one)), 'blocked VISION_QUOTA');
  assert.equal(server.calls, 1);
});

interface AgeCase {
  name: string;
  reason: SelectReason;
  turn: Turn;
  /** A newer picture of the camera comes when the deadline is near. */
  hasNewer?: boolean;
  /** What the flow sees of each picture without another endpoint, and with one, which says no. */
  seen: string[];
  withFallback: string[];
}

/** An ordinary picture may be 10 s old when it is asked about, one of an event 60 s; the deadline is after 45 s. */
const AGE_CASES: AgeCase[] = [
  {
    name: 'no answer to a picture of an event',
    ...{ reason: 'start', turn: { kind: 'silent' } },
    ...{ seen: ['VISION_TIMEOUT'], withFallback: [NO] },
  },
  {
    name: 'no answer to an ordinary picture',
    ...{ reason: 'motion', turn: { kind: 'silent' } },
    ...{ seen: ['VISION_TIMEOUT'], withFallback: ['VISION_TIMEOUT'] },
  },
  {
    name: 'no answer to an ordinary picture, and a newer one waits',
    ...{ reason: 'motion', turn: { kind: 'silent' }, hasNewer: true },
    ...{ seen: ['VISION_TIMEOUT', YES], withFallback: ['VISION_TIMEOUT', NO] },
  },
  {
    name: '429 with Retry-After of 25 s, for an ordinary picture',
    ...{ reason: 'motion', turn: limited(25) },
    ...{ seen: ['VISION_RATE_LIMITED'], withFallback: [NO] },
  },
];

describe('what becomes of it by the age of the picture, with the defaults', () => {
  const defaults = { maxAgeMs: 10 * SECOND, maxAgePinnedMs: 60 * SECOND, timeoutMs: 45 * SECOND };

  for (const hasFallback of [false, true]) {
    for (const one of AGE_CASES) {
      const expected = hasFallback ? one.withFallback : one.seen;
      it(`${one.name}${hasFallback ? ', and another endpoint' : ''}: ${expected.join(', ')}`, async () => {
        // Time goes on only while the server is silent, so that a slow machine makes no picture older.
        const clock = new FakeClock();
        server.script = [one.turn];
        other.otherwise = no;
        const second = endpoint(urls[1], defaults, undefined, clock);
        const first = endpoint(urls[0], defaults, hasFallback ? second : undefined, clock);
        const outcomes = [ask(first, JPEG, one.reason, 'gate')];
        if (one.turn.kind === 'silent') {
          while (server.calls === 0) await new Promise((resolve) => setImmediate(resolve));
          clock.advance(44 * SECOND);
          if (one.hasNewer) outcomes.push(ask(first, JPEG, one.reason, 'gate'));
          clock.advance(SECOND);
        }
        assert.deepEqual((await Promise.all(outcomes)).map(seen), expected);
        assert.equal(other.calls, expected.includes(NO) ? 1 : 0);
      });
    }
  }
});

it('a redirect is not followed, so the key goes nowhere else', async () => {
  server.script = [{ kind: 'redirect', to: `${urls[1]}/chat/completions` }];
  assert.equal(seen(await ask(endpoint(urls[0]))), 'VISION_REQUEST');
  assert.deepEqual([server.calls, other.calls], [1, 0]);
});

it('vLLM, set to one picture a request: several go on a sheet, and the next time at once', async () => {
  const background = { r: 90, g: 90, b: 90 };
  const picture = await sharp({ create: { width: 64, height: 36, channels: 3, background } })
    .jpeg()
    .toBuffer();
  const sent = () => server.requests.map(({ body }) => (body.messages[1]?.content ?? []).length);
  server.script = [error(400, { message: 'At most 1 image(s) may be provided in one request.' })];
  const one = endpoint(urls[0]);
  assert.equal(seen(await ask(one, [picture, picture])), YES);
  assert.equal(seen(await ask(one, [picture, picture])), YES);
  assert.deepEqual(sent(), [5, 2, 2], 'text and two pictures with their captions, then text and one');
});

describe('rate-limit headers', () => {
  it('hold back the next call until there is room again', async () => {
    const headers = (remaining: number) => ({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': String(remaining),
      'x-ratelimit-reset-requests': `${60 - remaining}s`,
    });
    server.script = [error(503, { headers: headers(0) })];
    const one = endpoint(urls[0], { maxAttempts: 1 });
    await ask(one);
    const from = fast.monotonic();
    assert.equal(seen(await ask(one)), YES);
    assert.ok(fast.monotonic() - from > 0.7 * SECOND, 'one request a second is what the headers tell');
  });

  it('hold back no other model of the server', async () => {
    const clock = new FakeClock();
    const headers = {
      'x-ratelimit-limit-requests': '3',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '60s',
    };
    server.script = [error(503, { headers })];
    const one = endpoint(urls[0], { maxAttempts: 1 }, undefined, clock);
    await ask(one, JPEG, 'motion', 'gate', 'big');
    assert.equal(seen(await ask(one, JPEG, 'motion', 'door', 'small')), YES);
    const held = ask(one, JPEG, 'motion', 'gate', 'big');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(server.calls, 2);
    clock.advance(20 * SECOND);
    assert.equal(seen(await held), YES);
  });
});

describe('a server that dies and comes back', () => {
  it('is asked about five pictures, then only looked at, and asked again when it is there', async () => {
    const gone = new VisionServer();
    const url = await gone.start();
    const port = Number(new URL(url).port);
    await gone.stop();
    const one = endpoint(url, { maxAttempts: 1 });
    for (let i = 0; i < 5; i++) assert.equal(seen(await ask(one)), 'VISION_NETWORK');
    assert.equal(seen(await ask(one)), 'blocked VISION_NETWORK');
    const back = new VisionServer();
    await back.start(port);
    const from = fast.monotonic();
    while (seen(await ask(one)) !== YES) {
      assert.ok(fast.monotonic() - from < ENOUGH_MS, 'it is not asked again');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await back.stop();
    assert.equal(back.requests.filter(({ path }) => path.endsWith('/models')).length, 1);
  });

  it('is replaced by the other endpoint meanwhile, which says why', async () => {
    const gone = new VisionServer();
    const url = await gone.start();
    await gone.stop();
    other.otherwise = no;
    const one = endpoint(url, { maxAttempts: 1 }, endpoint(urls[1]));
    for (let i = 0; i < 7; i++) {
      const outcome = await ask(one);
      assert.equal(seen(outcome), NO);
      assert.equal(outcome.instead?.code, 'VISION_NETWORK');
    }
    assert.equal(other.calls, 7);
  });

  it('does not send two endpoints that fall back to each other in a circle', async () => {
    const both: Endpoint[] = [];
    const made = (url: string) => {
      const one: Endpoint = new Endpoint(
        { ...endpoint(url).options, hasFallback: true },
        {
          client: new OpenAiClient({ baseUrl: url, apiKey: '', preset: presets.custom, clock: fast }),
          ...{
            slots: new LocalSlots({ maxConcurrent: 2, minTimeMs: 0 }, fast),
            clock: fast,
            random: () => 1,
          },
          fallbacks: (): Endpoint[] => both.filter((each) => each !== one),
        },
      );
      both.push(one);
      endpoints.push(one);
      return one;
    };
    const first = made(urls[0]);
    made(urls[1]);
    server.otherwise = error(413);
    other.otherwise = error(413);
    assert.equal(seen(await ask(first)), 'VISION_TOO_LARGE');
    assert.deepEqual([server.calls, other.calls], [1, 1]);
  });
});
