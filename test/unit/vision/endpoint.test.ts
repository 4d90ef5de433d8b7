import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VisionError } from '../../../src/shared/errors';
import type { Usage } from '../../../src/shared/messages';
import { BUILT_IN_SCHEMA } from '../../../src/vision/answer-schema';
import { NO_BUDGET } from '../../../src/vision/budget';
import type { VisionClient, VisionReply, VisionRequest } from '../../../src/vision/client';
import { Endpoint, type EndpointParts } from '../../../src/vision/endpoint';
import { CallFailure } from '../../../src/vision/failure';
import type { Bill, EndpointOptions, Job, Outcome } from '../../../src/vision/job';
import { laneOf, lanesOf } from '../../../src/vision/lane';
import type { Slots } from '../../../src/vision/slots';
import { FakeClock } from '../../fixtures/fake-clock';

const reply: VisionReply = { text: '{}', finish: 'stop', refusal: null, model: 'm', usage: null };
const SECOND = 1000;

/** A client that takes two seconds, unless it is told to fail. */
class SlowClient implements VisionClient {
  asked: string[] = [];
  inFlight = 0;
  maxInFlight = 0;
  failure: CallFailure | null = null;
  usage: Usage | null = null;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async ask(request: VisionRequest, signal: AbortSignal): Promise<VisionReply> {
    this.asked.push(request.prompt);
    this.inFlight += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = this.#clock.setTimeout(resolve, 2 * SECOND);
        signal.addEventListener('abort', () => {
          timer.clear();
          reject(signal.reason);
        });
      });
      if (this.failure) throw this.failure;
      return { ...reply, usage: this.usage };
    } finally {
      this.inFlight -= 1;
    }
  }
}

const grant = { release() {} };
const freeSlots: Slots = { acquireNow: () => grant, acquire: async () => grant, stop() {} };

function setUp(
  options: Partial<EndpointOptions> = {},
  parts: Partial<EndpointParts> = {},
  clock = new FakeClock(),
) {
  const bills: Bill[] = [];
  const client = new SlowClient(clock);
  const endpoint = new Endpoint(
    {
      name: 'test',
      model: 'm',
      standIn: false,
      maxConcurrent: 2,
      timeoutMs: 45 * SECOND,
      maxAttempts: 3,
      maxAgeMs: 10 * SECOND,
      maxAgePinnedMs: 60 * SECOND,
      rate: { requestsPerMinute: null, tokensPerMinute: null },
      prices: [],
      budget: NO_BUDGET,
      hasFallback: false,
      ...options,
    },
    { client, slots: freeSlots, clock, random: () => 1, onBill: (bill) => void bills.push(bill), ...parts },
  );
  const outcomes: string[] = [];
  const ask = (camera: string, prompt: string, more: Partial<Job> = {}) => {
    const asked = endpoint.ask(job(camera, prompt, more));
    asked.then((outcome) => outcomes.push(`${prompt} ${word(outcome)}`));
    return asked;
  };
  return { clock, client, endpoint, ask, outcomes, bills };
}

function job(camera: string, prompt: string, more: Partial<Job> = {}): Job {
  const request: VisionRequest = {
    lane: laneOf('n', camera),
    time: 0,
    model: 'm',
    system: '',
    prompt,
    picture: { data: Buffer.alloc(0), type: 'image/jpeg' },
    detail: 'auto',
    schema: BUILT_IN_SCHEMA,
    verdictField: 'verdict',
    confidenceField: 'confidence',
    maxTokens: 300,
    temperature: null,
    reasoningEffort: '',
  };
  const usual = { rule: 'person', pinned: false, probe: false, routine: false, ageMs: 0, pictureTokens: 0 };
  return { camera, ...usual, request, ...more };
}

function word(outcome: Outcome): string {
  if (outcome.kind === 'dropped') return outcome.reason;
  return outcome.kind === 'failed' ? outcome.error.code : outcome.kind;
}

describe('Endpoint', () => {
  it('asks about the pictures of one camera in their order', async () => {
    const { clock, ask, client, outcomes } = setUp();
    ask('a', 'a1', { pinned: true });
    ask('a', 'a2', { pinned: true });
    ask('a', 'a3');
    await clock.advanceAsync(7 * SECOND, 100);
    assert.deepEqual(client.asked, ['a1', 'a2', 'a3']);
    assert.deepEqual(outcomes, ['a1 answered', 'a2 answered', 'a3 answered']);
    assert.equal(clock.pending, 0);
  });

  describe('asks once more about an answer that is off its form', () => {
    const flaws = () => ({ count: 1, mayHelp: true });

    it('within its turn: what comes next waits for it, and each attempt is billed', async () => {
      const { clock, ask, client, outcomes, bills } = setUp();
      client.usage = { input: 400, output: 40 };
      ask('a', 'a1', { pinned: true, flaws });
      ask('a', 'a2');
      await clock.advanceAsync(7 * SECOND, 100);
      assert.deepEqual(
        client.asked.map((prompt) => prompt.split('\n')[0]),
        ['a1', 'a1', 'a2'],
      );
      assert.match(client.asked[1] ?? '', /could not be used/);
      assert.deepEqual(outcomes, ['a1 answered', 'a2 answered']);
      assert.equal(bills.length, 3);
      assert.equal(clock.pending, 0);
    });

    it('also where the first one took longer than a picture may wait', async () => {
      const { clock, ask, client, outcomes } = setUp({ maxAgeMs: SECOND });
      ask('a', 'a1', { flaws });
      await clock.advanceAsync(5 * SECOND, 100);
      assert.equal(client.asked.length, 2);
      assert.deepEqual(outcomes, ['a1 answered']);
    });

    it('unless a newer picture of the camera waits: the answer stays as it is', async () => {
      const { clock, ask, client, outcomes } = setUp();
      const first = ask('a', 'a1', { flaws });
      ask('a', 'a2');
      await clock.advanceAsync(5 * SECOND, 100);
      assert.deepEqual(client.asked, ['a1', 'a2']);
      assert.deepEqual(outcomes, ['a1 answered', 'a2 answered']);
      const outcome = await first;
      assert.equal(outcome.kind === 'answered' && outcome.attempts, 1);
      assert.equal(clock.pending, 0);
    });

    it('and stays with it where the second call fails', async () => {
      const { clock, ask, client, outcomes } = setUp();
      ask('a', 'a1', { flaws });
      await clock.advanceAsync(3 * SECOND, 100);
      const error = new VisionError('VISION_SERVER', 'fault');
      client.failure = new CallFailure('retry', error);
      await clock.advanceAsync(3 * SECOND, 100);
      assert.equal(client.asked.length, 2);
      assert.deepEqual(outcomes, ['a1 answered']);
    });

    it('and is given up with its node: then nothing is sent', async () => {
      const { clock, ask, endpoint, client, outcomes } = setUp();
      ask('a', 'a1', { flaws });
      await clock.advanceAsync(3 * SECOND, 100);
      assert.equal(client.inFlight, 1);
      endpoint.leave(lanesOf('n', null));
      await clock.advanceAsync(1 * SECOND, 100);
      assert.deepEqual([outcomes, client.inFlight, clock.pending], [['a1 closed'], 0, 0]);
    });
  });

  it('lets another endpoint go on with a call whose model is found out of order meanwhile, once', async () => {
    const other = setUp();
    const fallbacks = () => [other.endpoint];
    const { clock, ask, client, outcomes } = setUp({ hasFallback: true }, { fallbacks }, other.clock);
    const down = new VisionError('VISION_AUTH', 'key');
    client.failure = new CallFailure('retry', new VisionError('VISION_SERVER', 'fault'));
    ask('a', 'a1', { pinned: true });
    await clock.advanceAsync(300, 100);
    ask('b', 'b1');
    await clock.advanceAsync(1_800, 100);
    // The first one waits for its next attempt, and the other finds that the key is bad.
    client.failure = new CallFailure('standing', down);
    await clock.advanceAsync(60 * SECOND, 100);
    assert.deepEqual(outcomes.sort(), ['a1 answered', 'b1 answered']);
    assert.deepEqual(other.client.asked.sort(), ['a1', 'b1']);
    assert.equal(clock.pending, 0);
  });

  describe('where a deadline passes while the call waits for a slot', () => {
    const fault = new CallFailure('retry', new VisionError('VISION_SERVER', 'fault'));

    /** Slots that say how many are held; the first `late` ones come at once, the one behind them at 5 s. */
    function countedSlots(clock: FakeClock, late = Number.POSITIVE_INFINITY) {
      const counted = { held: 0, given: 0 };
      const give = () => {
        let isHeld = true;
        counted.held += 1;
        counted.given += 1;
        const release = () => {
          if (isHeld) counted.held -= 1;
          isHeld = false;
        };
        return { release };
      };
      const slots: Slots = {
        acquireNow: () => (counted.given === late ? null : give()),
        acquire: () =>
          new Promise((resolve) => {
            clock.setTimeout(() => resolve(give()), 5 * SECOND - clock.monotonic());
          }),
        stop() {},
      };
      return { counted, slots };
    }

    it('the next slot is for others, also while another endpoint answers for it', async () => {
      const other = setUp();
      const { counted, slots } = countedSlots(other.clock);
      const { clock, ask, client, outcomes } = setUp(
        { hasFallback: true, maxConcurrent: 1, timeoutMs: 5 * SECOND },
        { fallbacks: () => [other.endpoint], slots },
        other.clock,
      );
      client.failure = fault;
      ask('a', 'a1');
      await clock.advanceAsync(2100, 100);
      client.failure = null;
      ask('b', 'b1');
      ask('c', 'c1');
      await clock.advanceAsync(3900, 100);
      ask('b', 'b2');
      // Its slot is free at 6.1 s, and the other endpoint answers at 7 s.
      await clock.advanceAsync(300, 100);
      assert.deepEqual(client.asked, ['a1', 'b1', 'c1', 'b2']);
      await clock.advanceAsync(3 * SECOND, 100);
      assert.deepEqual(outcomes, ['b1 answered', 'c1 answered', 'a1 answered', 'b2 answered']);
      assert.deepEqual(other.client.asked, ['a1']);
      assert.deepEqual([counted.held, clock.pending], [0, 0]);
    });

    it('a slot that comes at that very moment is given back, with the money', async () => {
      const clock = new FakeClock();
      const { counted, slots } = countedSlots(clock, 1);
      const prices = [new Map([['*', { input: 1000, output: 1000 }]])];
      const { ask, client, outcomes } = setUp(
        // Enough for one call at a time.
        { timeoutMs: 5 * SECOND, prices, budget: { perHour: 0.9, perDay: null, whenSpent: 'stop' } },
        { slots },
        clock,
      );
      client.failure = fault;
      ask('a', 'a1', { pictureTokens: 10 });
      await clock.advanceAsync(5100, 100);
      assert.deepEqual(outcomes, ['a1 VISION_SERVER']);
      assert.deepEqual([counted.given, counted.held], [2, 0]);
      client.failure = null;
      ask('b', 'b1', { pictureTokens: 10 });
      await clock.advanceAsync(3 * SECOND, 100);
      assert.deepEqual(outcomes, ['a1 VISION_SERVER', 'b1 answered']);
      assert.deepEqual([counted.held, clock.pending], [0, 0]);
    });
  });

  it('never has more calls in flight than it may', async () => {
    const { clock, ask, client } = setUp({ maxConcurrent: 3 });
    for (let i = 0; i < 10; i++) ask(`c${i}`, `p${i}`);
    await clock.advanceAsync(9 * SECOND, 100);
    assert.equal(client.maxInFlight, 3);
    assert.equal(client.asked.length, 10);
  });

  it('drops what is superseded and what has become too old', async () => {
    const { clock, ask, outcomes } = setUp({ maxConcurrent: 1, maxAgeMs: 1 * SECOND });
    ask('a', 'first');
    ask('b', 'old', { ageMs: 500 });
    ask('c', 'replaced');
    ask('c', 'fresh');
    await clock.advanceAsync(600, 100);
    assert.deepEqual(outcomes, ['replaced superseded', 'old stale']);
  });

  it('does not wait for an attempt for which the picture would be too old, unless it may be older', async () => {
    const { clock, ask, client, outcomes } = setUp();
    client.failure = new CallFailure('retry', new VisionError('VISION_RATE_LIMITED', 'slow'), {
      retryAfterMs: 25 * SECOND,
    });
    ask('a', 'ordinary');
    ask('b', 'start of an event', { pinned: true });
    await clock.advanceAsync(2100, 100);
    assert.deepEqual(outcomes, ['ordinary VISION_RATE_LIMITED']);
    client.failure = null;
    await clock.advanceAsync(30 * SECOND, 100);
    assert.deepEqual(outcomes.slice(1), ['start of an event answered']);
    assert.deepEqual(client.asked, ['ordinary', 'start of an event', 'start of an event']);
  });

  it('says how old is too old', async () => {
    const { ask } = setUp();
    const outcome = await ask('a', 'p', { ageMs: 11 * SECOND });
    assert.ok(outcome.kind === 'dropped' && outcome.error?.code === 'VISION_STALE');
    assert.match(outcome.error.message, /older than 10 s/);
  });

  it('lets others be asked while a call waits for its next attempt', async () => {
    const { clock, ask, client, outcomes } = setUp({ maxConcurrent: 1 });
    client.failure = new CallFailure('retry', new VisionError('VISION_SERVER', 'busy'), {
      retryAfterMs: 5 * SECOND,
    });
    ask('a', 'a1');
    await clock.advanceAsync(2 * SECOND, 100);
    client.failure = null;
    ask('b', 'b1');
    await clock.advanceAsync(8 * SECOND, 100);
    assert.deepEqual(client.asked, ['a1', 'b1', 'a1']);
    assert.deepEqual(outcomes, ['b1 answered', 'a1 answered']);
  });

  it('leaves a model alone that cannot be used, and says why to those who ask meanwhile', async () => {
    const { clock, ask, client } = setUp();
    const error = new VisionError('VISION_AUTH', 'bad key');
    client.failure = new CallFailure('standing', error);
    const first = ask('a', 'a1');
    await clock.advanceAsync(2 * SECOND, 100);
    const end = await first;
    assert.ok(end.kind === 'failed' && end.standing);
    const turnedAway = await ask('b', 'b1');
    assert.ok(turnedAway.kind === 'dropped' && turnedAway.reason === 'blocked' && turnedAway.error === error);
    await clock.advanceAsync(60 * SECOND, 1000);
    client.failure = null;
    const later = ask('b', 'b2');
    await clock.advanceAsync(3 * SECOND, 100);
    assert.equal((await later).kind, 'answered');
    assert.deepEqual(client.asked, ['a1', 'b2']);
  });

  it('ends what a node asked that has gone, and tries a blocked model again', async () => {
    const { clock, ask, client, endpoint, outcomes } = setUp({ maxConcurrent: 1 });
    ask('a', 'a1');
    ask('a', 'a2');
    await clock.advanceAsync(100);
    endpoint.leave(lanesOf('n', null));
    await clock.advanceAsync(100);
    assert.deepEqual(outcomes.sort(), ['a1 closed', 'a2 closed']);
    assert.equal(client.inFlight, 0);
    assert.equal(clock.pending, 0);
    ask('a', 'a3');
    await clock.advanceAsync(3 * SECOND, 100);
    assert.equal(outcomes.at(-1), 'a3 answered');
  });

  it('stops: every job has its outcome, no call goes on, no timer is left', async () => {
    const { clock, ask, client, endpoint, outcomes } = setUp({ maxConcurrent: 2 });
    client.failure = new CallFailure('retry', new VisionError('VISION_SERVER', 'busy'), {
      retryAfterMs: 7 * SECOND,
    });
    ask('waits for its next attempt', 'w');
    await clock.advanceAsync(3 * SECOND, 100);
    for (const camera of ['a', 'b', 'c']) ask(camera, camera);
    await clock.advanceAsync(100);
    endpoint.stop();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(clock.pending, 0);
    assert.deepEqual(outcomes.sort(), ['a closed', 'b closed', 'c closed', 'w closed']);
    assert.equal(client.inFlight, 0);
    assert.equal(word(await ask('d', 'd')), 'closed');
    endpoint.leave(lanesOf('n', null));
    assert.equal(clock.pending, 0);
  });

  it('says what waits and what is under way', async () => {
    const { ask, endpoint } = setUp({ maxConcurrent: 1 });
    ask('a', 'a');
    ask('b', 'b');
    assert.deepEqual(endpoint.load(lanesOf('n', null)), { waiting: 1, asking: 1 });
    assert.deepEqual(endpoint.load(lanesOf('n', 'b')), { waiting: 1, asking: 0 });
    assert.deepEqual(endpoint.load(lanesOf('other', null)), { waiting: 0, asking: 0 });
  });
});

describe('an Endpoint and money', () => {
  const prices = [new Map([['*', { input: 1000, output: 1000 }]])];
  const usage = { input: 100, output: 10 };

  it('tells what a call has cost, with all its attempts, and bills it to camera and rule', async () => {
    const { clock, ask, client, bills } = setUp({ prices });
    client.usage = usage;
    const asked = ask('gate', 'p');
    await clock.advanceAsync(3 * SECOND, 100);
    const outcome = await asked;
    assert.ok(Math.abs((outcome.cost ?? 0) - 0.11) < 1e-9, String(outcome.cost));
    assert.deepEqual(bills, [{ camera: 'gate', rule: 'person', usage, cost: outcome.cost }]);
  });

  it('counts a call that was given up with its estimate', async () => {
    const { clock, ask, endpoint, bills } = setUp({ prices });
    ask('gate', 'p');
    await clock.advanceAsync(100);
    endpoint.leave(lanesOf('n', null));
    await clock.advanceAsync(100);
    assert.equal(bills.length, 1);
    assert.ok((bills[0]?.cost ?? 0) > 0.3, 'the longest answer at least');
  });

  it('says that its budget runs short, and then that it is spent', async () => {
    const budget = { perHour: 5, perDay: null, whenSpent: 'stop' } as const;
    const { clock, ask, client, endpoint, outcomes } = setUp({ prices, budget, maxConcurrent: 1 });
    client.usage = { input: 90, output: 10 };
    const notices = new Set<string>();
    for (let i = 0; i < 60; i++) {
      ask('gate', `p${i}`, { pictureTokens: 10 });
      await clock.advanceAsync(3 * SECOND, 100);
      notices.add(endpoint.notice?.message ?? 'none');
    }
    assert.match(
      [...notices].join(' | '),
      /^none \| 80 % of the budget of the hour, 5, is spent\. \| The budget .* is spent: nothing is asked until the next hour\.$/,
    );
    assert.ok(outcomes.includes('p59 budget'), outcomes.join());
  });

  describe('with a budget and a model whose price is not known', () => {
    const budget = { perHour: 5, perDay: null, whenSpent: 'stop' } as const;
    const known = [new Map([['another', { input: 1, output: 1 }]])];

    it('asks nothing, and says so to each picture with one and the same error', async () => {
      const { clock, ask, client, bills } = setUp({ prices: known, budget });
      const outcomes = [ask('gate', 'p1', { pinned: true }), ask('door', 'p2'), ask('gate', 'p3')];
      await clock.advanceAsync(SECOND, 100);
      for (const asked of outcomes) {
        const outcome = await asked;
        assert.ok(outcome.kind !== 'answered');
        assert.equal(outcome.error?.code, 'VISION_NO_PRICE');
        assert.match(outcome.error?.message ?? '', /prices of "m"/);
      }
      assert.deepEqual([client.asked, bills], [[], []]);
    });

    it('asks the endpoint to fall back to', async () => {
      const clock = new FakeClock();
      const other = setUp({ name: 'other' }, {}, clock);
      const parts = { fallbacks: () => [other.endpoint] };
      const { ask, client } = setUp({ prices: known, budget, hasFallback: true }, parts, clock);
      const asked = ask('gate', 'p');
      await clock.advanceAsync(3 * SECOND, 100);
      const outcome = await asked;
      assert.equal(outcome.kind, 'answered');
      assert.equal(outcome.instead?.code, 'VISION_NO_PRICE');
      assert.deepEqual([client.asked, other.client.asked], [[], ['p']]);
    });

    it('asks a model whose price is known', async () => {
      const { clock, ask, client } = setUp({ prices, budget });
      ask('gate', 'p');
      await clock.advanceAsync(SECOND, 100);
      assert.deepEqual(client.asked, ['p']);
    });
  });

  it('asks nothing before it knows what was spent before', async () => {
    let tell: (spent: { hour: number; day: number }) => void = () => {};
    const spent = new Promise<{ hour: number; day: number }>((resolve) => {
      tell = resolve;
    });
    const budget = { perHour: 5, perDay: null, whenSpent: 'stop' } as const;
    const { clock, ask, client, outcomes } = setUp({ prices, budget }, { spent });
    ask('gate', 'p');
    await clock.advanceAsync(SECOND, 100);
    assert.deepEqual(client.asked, []);
    tell({ hour: 4.99, day: 4.99 });
    await clock.advanceAsync(SECOND, 100);
    assert.deepEqual(outcomes, ['p budget']);
  });
});

describe('an Endpoint', () => {
  it('tells once where more pictures come than it can be asked about', async () => {
    const warnings: string[] = [];
    const { clock, ask, endpoint } = setUp(
      { maxConcurrent: 1 },
      { onDemand: (text) => void warnings.push(text) },
    );
    for (let i = 0; i < 130; i++) {
      ask(`c${i % 10}`, 'p');
      await clock.advanceAsync(SECOND, 500);
    }
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? '',
      /^10 cameras send 60 pictures a minute, but 1 calls at once of 2\.\d s serve/,
    );
    endpoint.stop();
    await clock.advanceAsync(10);
    assert.equal(clock.pending, 0);
  });
});
