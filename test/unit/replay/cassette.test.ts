import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answerKey, Cassette } from '../../../src/replay/cassette';
import { TimedClient } from '../../../src/replay/timed-client';
import { VirtualClock } from '../../../src/replay/virtual-clock';
import { machineClock } from '../../../src/shared/clock';
import type { VisionClient, VisionRequest } from '../../../src/vision/client';
import { compileInquiry } from '../../../src/vision/question';
import { questionsOf } from '../../../src/vision/questions';

const request = (changes: Partial<VisionRequest> = {}): VisionRequest => ({
  ...{ lane: 'ask\ncam', time: 0, model: 'm', system: 's', prompt: 'p', detail: 'auto', schema: {} },
  ...{
    verdictField: 'verdict',
    confidenceField: 'confidence',
    maxTokens: 10,
    temperature: null,
    reasoningEffort: '',
  },
  picture: { data: Buffer.from('picture'), type: 'image/jpeg' },
  ...changes,
});
const REPLY = {
  text: '{"verdict":"yes"}',
  finish: 'stop' as const,
  refusal: null,
  model: 'm-1',
  usage: null,
};
const NEVER = new AbortController().signal;

describe('a file of answers', () => {
  test('gives back what was recorded, for the same picture, prompt and model', () => {
    const lines: string[] = [];
    new Cassette((line) => lines.push(line)).add(answerKey(request()), { latencyMs: 812.4, reply: REPLY });
    const cassette = new Cassette();
    cassette.load(lines.join('\n'));
    assert.deepEqual(cassette.get(answerKey(request({ lane: 'other', time: 99 }))), {
      latencyMs: 812,
      reply: REPLY,
    });
  });

  for (const [what, changes] of [
    ['picture', { picture: { data: Buffer.from('other'), type: 'image/jpeg' } }],
    ['prompt', { prompt: 'q' }],
    ['system prompt', { system: 'q' }],
    ['model', { model: 'n' }],
    ['form of the answer', { schema: { type: 'object' } }],
  ] as const) {
    test(`has no answer for another ${what}`, () => {
      const cassette = new Cassette();
      cassette.add(answerKey(request()), { latencyMs: 1, reply: REPLY });
      assert.equal(cassette.get(answerKey(request(changes))), undefined);
    });
  }

  test('is refused where it is something else, and read where its last line was cut off', () => {
    assert.throws(() => new Cassette().load('hello'), /does not begin with/);
    assert.throws(() => new Cassette().load('{"cassette":1}\n{"a":1}\n{"b":1}'), /line 2 is no answer/);
    const lines: string[] = [];
    new Cassette((line) => lines.push(line)).add(answerKey(request()), { latencyMs: 1, reply: REPLY });
    const cassette = new Cassette();
    cassette.load(`${lines.join('\n')}\n{"key":{"pict`);
    assert.equal(cassette.size, 1);
  });
});

describe('a recording of answers that was broken off', () => {
  const key = (picture: string) => ({ picture, prompt: 'p', model: 'm' });
  const recorded = (text: string, pictures: string[]) => {
    let file = text;
    const cassette = new Cassette((line) => {
      file += `${line}\n`;
    });
    file = cassette.load(text);
    for (const picture of pictures) cassette.add(key(picture), { latencyMs: 1, reply: REPLY });
    return file;
  };
  const sizeOf = (text: string) => {
    const cassette = new Cassette();
    cassette.load(text);
    return cassette.size;
  };
  const two = recorded('', ['a', 'b']);

  for (const [what, left, size] of [
    ['in its last line', two.slice(0, -20), 3],
    ['in a letter of several bytes', `${two.slice(0, -20)}\ufffd`, 3],
    ['before the end of a line', two.slice(0, -1), 4],
    ['with a line that is ended, but no answer', `${two}{"key":\n`, 4],
    ['after its first line', '{"cassette":1}\n', 2],
    ['before the end of its first line', '{"cassette":1}', 2],
    ['in its first line', '{"casse', 2],
    ['before it began', '', 2],
  ] as const) {
    test(`${what} can be gone on with, any number of times`, () => {
      const once = recorded(left, ['c', 'd']);
      assert.equal(sizeOf(once), size);
      const again = recorded(once, ['e']);
      assert.equal(sizeOf(again), size + 1);
      assert.equal(again.match(/"cassette"/g)?.length, 1);
      assert.ok(again.startsWith(once));
    });
  }
});

describe('the key of an answer to several questions', () => {
  const helmet = { name: 'helmet', text: 'Is a head bare?' };
  const people = { name: 'people', text: 'How many?', type: 'count' };
  const gate = { name: 'gate', text: 'The gate?', type: 'choice', options: ['open', 'shut'] };
  const keyOf = (...list: object[]) => {
    const questions = questionsOf({ asks: 'list', rule: '', prompt: '', questions: list });
    const inquiry = compileInquiry({
      ...{ rule: '', prompt: '', system: '', schema: '', verdictField: '', confidenceField: '' },
      ...{ questions, detail: 'auto', maxTokens: 10, temperature: null, reasoningEffort: '' },
    });
    const by = { lane: 'l', camera: 'c', model: 'm', now: 0 };
    return JSON.stringify(answerKey(inquiry.job({ payload: Buffer.from([0xff, 0xd8, 0xff]) }, by).request));
  };
  const usual = keyOf(helmet, people, gate);

  test('is another one where a question, its kind, its name, an option or the order is', () => {
    const others = [
      keyOf(helmet, people),
      keyOf(people, helmet, gate),
      keyOf({ ...helmet, text: 'Is a vest missing?' }, people, gate),
      keyOf({ ...helmet, name: 'cap' }, people, gate),
      keyOf(helmet, { ...people, type: 'text' }, gate),
      keyOf(helmet, people, { ...gate, options: ['open', 'ajar', 'shut'] }),
    ];
    assert.equal(new Set([usual, ...others]).size, others.length + 1);
  });

  test('is the same where only what counts as yes is another: no new answer is needed', () => {
    assert.equal(keyOf(helmet, { ...people, atLeast: 3 }, { ...gate, yes: ['shut'] }), usual);
  });
});

describe('a client of a replay', () => {
  const clientWith = (model: VisionClient | null, cassette: Cassette | null, clock = new VirtualClock(0)) => {
    const calls: string[] = [];
    const onCall = ({ from }: { from: string }) => void calls.push(from);
    const options = {
      clock,
      machine: machineClock,
      model,
      cassette,
      instant: false,
      timeoutMs: 1000,
      onCall,
      onReply: () => void calls.push('reply'),
    };
    return { client: new TimedClient(options), clock, calls };
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  test('answers from the file after the latency that was recorded, and asks nobody', async () => {
    const cassette = new Cassette();
    cassette.add(answerKey(request()), { latencyMs: 300, reply: REPLY });
    const { client, clock, calls } = clientWith(null, cassette);
    const asked = client.ask(request(), NEVER);
    await turn();
    assert.equal(clock.next, 300);
    clock.runNext(300);
    assert.equal((await asked).text, REPLY.text);
    assert.deepEqual(calls, ['cassette', 'reply']);
  });

  test('asks the model once, keeps the answer, and plays it back', async () => {
    const cassette = new Cassette();
    const { client, clock, calls } = clientWith({ ask: async () => REPLY }, cassette);
    for (let n = 0; n < 2; n++) {
      const asked = client.ask(request(), NEVER);
      while (clock.pending === 0) await turn();
      clock.runNext(Number.POSITIVE_INFINITY);
      assert.equal((await asked).text, REPLY.text);
    }
    assert.deepEqual(calls, ['model', 'reply', 'cassette', 'reply']);
    assert.equal(cassette.size, 1);
  });

  test('fails where there is neither an answer nor a model', async () => {
    const { client, calls } = clientWith(null, new Cassette());
    await assert.rejects(client.ask(request(), NEVER), /The file of answers has none for this picture/);
    assert.deepEqual(calls, ['nobody']);
  });

  test('passes a failure of the model on, and keeps it in no file', async () => {
    const cassette = new Cassette();
    const { client, clock } = clientWith({ ask: () => Promise.reject(new Error('refused')) }, cassette);
    const asked = client.ask(request(), NEVER);
    asked.catch(() => {});
    while (clock.pending === 0) await turn();
    clock.runNext(Number.POSITIVE_INFINITY);
    await assert.rejects(asked, /refused/);
    assert.equal(cassette.size, 0);
  });

  test('ends when the call is given up', async () => {
    const cassette = new Cassette();
    cassette.add(answerKey(request()), { latencyMs: 300, reply: REPLY });
    const { client, clock } = clientWith(null, cassette);
    const abort = new AbortController();
    const asked = client.ask(request(), abort.signal);
    abort.abort(new Error('given up'));
    await assert.rejects(asked, /given up/);
    assert.equal(clock.pending, 0);
  });
});
