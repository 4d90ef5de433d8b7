import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { FlowMessage } from '../../nodes/lib/message';

import temporalWindow = require('../../nodes/temporal-window');
import visionEndpoint = require('../../nodes/vision-endpoint');
import visionLlm = require('../../nodes/vision-llm');

import { helper, useServer } from '../fixtures/test-helper';
import { type Turn, VisionServer } from '../fixtures/vision-server';
import { waitFor } from '../fixtures/wait';

const split: unknown = require('@node-red/nodes/core/sequence/17-split.js');

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00]);
const DEADLINE_MS = 15_000;
const START = Date.UTC(2026, 10, 22, 8);
const rest = { confidence: 0.9, reason: 'So it is.' };

const QUESTIONS = [
  { name: 'no-helmet', text: 'At {{camera}}: is a head bare? ({{rule}})', type: 'yesno' },
  { name: 'people', text: 'How many people are there?', type: 'count', atLeast: 2 },
  { name: 'gate', text: 'The gate?', type: 'choice', options: ['open', 'shut'] },
];
const good: Record<string, object> = {
  'no-helmet': { verdict: 'yes', ...rest },
  people: { count: 1, ...rest },
  gate: { choice: 'unknown', ...rest },
};

let server: VisionServer;
let baseUrl = '';

useServer();
beforeEach(async () => {
  server = new VisionServer();
  server.otherwise = json(good);
  baseUrl = await server.start();
});
afterEach(async () => {
  await helper.unload();
  await server.stop();
});

describe('vision-llm with a list of questions', () => {
  it('asks them in one call under one strict schema', async () => {
    const flow = await load();
    flow.send({ topic: 'Gate 2', payload: JPEG });
    await flow.answers(3);
    assert.equal(server.calls, 1);
    const { messages, response_format, max_tokens, max_completion_tokens } = server.last.body;
    const [text] = (messages[1]?.content ?? []) as { text?: string }[];
    assert.match(String(text?.text), /^no-helmet: At Gate 2: is a head bare\? \(no-helmet\)$/m);
    assert.match(String(text?.text), /^people: How many people are there\?$/m);
    const { schema, strict } = response_format?.json_schema ?? {};
    assert.deepEqual((schema as { required: string[] }).required, ['no-helmet', 'people', 'gate']);
    assert.equal(strict, true);
    assert.equal(max_completion_tokens ?? max_tokens, 450, 'room for each of them');
  });

  it('sends a message a rule, each with its own payload and verdict, in parts of one', async () => {
    const flow = await load();
    flow.send({ topic: 'gate', payload: JPEG, mine: { n: 1 }, parts: { id: 'before', index: 4, count: 5 } });
    const answers = await flow.answers(3);
    assert.deepEqual(
      answers.map(({ vision, payload }) => [vision?.rule, vision?.verdict, payload]),
      [
        ['no-helmet', 'yes', { verdict: 'yes', ...rest }],
        ['people', 'no', { verdict: 'no', count: 1, ...rest }],
        ['gate', 'unknown', { verdict: 'unknown', choice: null, ...rest }],
      ],
    );
    const parts = answers.map((msg) => msg.parts as Record<string, unknown>);
    assert.equal(new Set(parts.map(({ id }) => id)).size, 1);
    assert.deepEqual(
      parts.map(({ type, key, index, count, parts: before }) => ({ type, key, index, count, before })),
      ['no-helmet', 'people', 'gate'].map((key, index) => ({
        ...{ type: 'object', key, index, count: 3 },
        before: { id: 'before', index: 4, count: 5 },
      })),
    );
    assert.deepEqual(
      answers.map(({ topic, mine }) => [topic, mine]),
      [1, 2, 3].map(() => ['gate', { n: 1 }]),
    );
    assert.notEqual(answers[0]?.mine, answers[1]?.mine);
    assert.equal(flow.done, 1);
    const sum = answers.reduce((total, { vision }) => total + (vision?.usage?.input ?? 0), 0);
    assert.equal(sum, 400);
  });

  it('can be put together again by the join of the core, which gives what "all in one message" gives', async () => {
    const each = await load();
    each.send({ topic: 'gate', payload: JPEG });
    const joined = await each.joined();
    await helper.unload();
    const together = await load({ sending: 'together' });
    together.send({ topic: 'gate', payload: JPEG });
    const [all] = await together.answers(1);
    assert.deepEqual(joined.payload, all?.payload);
    assert.equal(joined.parts, undefined);
  });

  it('sends all in one message where it is told to', async () => {
    const flow = await load({ sending: 'together' });
    flow.send({ topic: 'gate', payload: JPEG });
    const [{ vision, payload, parts } = assert.fail()] = await flow.answers(1);
    assert.deepEqual(Object.keys(payload as object), ['no-helmet', 'people', 'gate']);
    assert.deepEqual([vision?.verdict, vision?.rule], ['yes', 'no-helmet + people + gate']);
    assert.deepEqual(
      vision?.rules?.map(({ rule, verdict }) => [rule, verdict]),
      [
        ['no-helmet', 'yes'],
        ['people', 'no'],
        ['gate', 'unknown'],
      ],
    );
    assert.equal(parts, undefined);
  });

  it('gives temporal-window a state for each rule', async () => {
    const flow = await load();
    for (let second = 0; second < 5; second++) {
      const frame = { camera: 'gate', id: `f${second}`, time: START + second * 1000 };
      flow.send({ payload: JPEG, frame });
      await flow.answers(3);
    }
    await waitFor('the rule to fire', DEADLINE_MS, () => flow.windows.length >= 2);
    assert.deepEqual(
      flow.windows.map(({ window }) => [window?.key, window?.state]),
      [
        ['gate/no-helmet', 'pending'],
        ['gate/no-helmet', 'firing'],
      ],
    );
  });

  it('asks once more where one answer is missing, and takes that answer', async () => {
    const { gate, ...without } = good;
    server.script = [json(without)];
    const flow = await load();
    flow.send({ topic: 'gate', payload: JPEG });
    const answers = await flow.answers(3);
    assert.deepEqual(
      answers.map(({ vision }) => [vision?.code, vision?.attempts]),
      [1, 2, 3].map(() => [undefined, 2]),
    );
  });

  it('says unknown to one question whose answer stays away, and leaves the others as they are', async () => {
    const { gate, ...without } = good;
    server.otherwise = json(without);
    const flow = await load();
    flow.send({ topic: 'gate', payload: JPEG });
    const answers = await flow.answers(3);
    assert.equal(server.calls, 2);
    assert.deepEqual(
      answers.map(({ vision }) => [vision?.verdict, vision?.code]),
      [
        ['yes', undefined],
        ['no', undefined],
        ['unknown', 'VISION_OFF_SCHEMA'],
      ],
    );
    assert.match(JSON.stringify(answers[2]?.payload), /left this question out/);
  });

  describe('says unknown to every question, with the code, where', () => {
    const cases: [string, Turn, object, string][] = [
      ['the model refuses', { kind: 'refusal' }, {}, 'VISION_REFUSED'],
      ['the answer is cut off', { kind: 'truncated' }, {}, 'VISION_TRUNCATED'],
      ['the answer is prose', { kind: 'text', text: 'All is well.' }, {}, 'VISION_PROSE'],
      [
        'no answer comes and unknown is to be passed on',
        { kind: 'error', status: 413 },
        { passUnknown: true },
        'VISION_TOO_LARGE',
      ],
    ];
    for (const [name, turn, settings, code] of cases) {
      it(name, async () => {
        server.otherwise = turn;
        const flow = await load(settings);
        flow.send({ topic: 'gate', payload: JPEG });
        const answers = await flow.answers(3);
        assert.deepEqual(
          answers.map(({ vision }) => [vision?.rule, vision?.verdict, vision?.code]),
          QUESTIONS.map((question) => [question.name, 'unknown', code]),
        );
      });
    }
  });

  it('passes on as unknown, rule by rule, what it could not even ask, where it is told to', async () => {
    const flow = await load({ passUnknown: true });
    flow.send({ topic: 'gate', payload: 'no picture' });
    const answers = await flow.answers(3);
    assert.deepEqual(
      answers.map(({ vision }) => [vision?.rule, vision?.code]),
      QUESTIONS.map(({ name }) => [name, 'VISION_NO_PICTURE']),
    );
    assert.equal(server.calls, 0);
  });

  it('shows the verdicts in its status', async () => {
    const flow = await load();
    flow.send({ topic: 'gate', payload: JPEG });
    await flow.answers(3);
    const word = (verdict: string) => `vision-llm.status.${verdict}`;
    const verdicts = `no-helmet ${word('yes')}, people ${word('no')}, gate ${word('unknown')} · `;
    await waitFor('the verdicts in the status', DEADLINE_MS, () =>
      flow.statuses().some(({ text }) => text?.startsWith(verdicts)),
    );
  });

  describe('shows a red ring, and tells what is wrong with each message, where', () => {
    const [first = {}] = QUESTIONS;
    const cases: [string, unknown, string, RegExp][] = [
      [
        'two questions have one name',
        [first, first],
        'CONFIG_INVALID',
        /two questions are called "no-helmet"/,
      ],
      ['a question has no text', [{ name: 'a' }], 'CONFIG_INVALID', /the question "a" has no text/],
      [
        'a choice has no options',
        [{ ...first, type: 'choice' }],
        'CONFIG_INVALID',
        /the question "no-helmet" is a choice with less than two options/,
      ],
      ['the list is empty', '', 'CONFIG_INVALID', /the list of questions is empty/],
      ['a template has an error', [{ ...first, text: '{{#a}}' }], 'VISION_PROMPT', /template/],
    ];
    for (const [name, questions, code, words] of cases) {
      it(name, async () => {
        const flow = await load({ questions });
        flow.send({ topic: 'gate', payload: JPEG });
        const error = (await flow.error()).error as { code: string; message: string };
        assert.equal(error.code, code);
        assert.match(error.message, words);
        assert.deepEqual(flow.statuses()[0], {
          fill: 'red',
          shape: 'ring',
          text: `vision-llm.status.${code}`,
        });
        assert.equal(server.calls, 0);
      });
    }
  });
});

function json(answer: object): Turn {
  return { kind: 'json', answer };
}

/** A vision-llm with a list, wired to a listener, a join and a temporal-window. */
async function load(settings: object = {}) {
  const nodes = [
    {
      id: 'e',
      type: 'vision-endpoint',
      name: 'my server',
      preset: 'custom',
      baseUrl,
      model: 'm',
      maxAttempts: 1,
    },
    {
      ...{ id: 'n', type: 'vision-llm', endpoint: 'e', asks: 'list' },
      questions: JSON.stringify(QUESTIONS),
      wires: [['answers', 'j', 'w'], ['errors']],
      ...settings,
    },
    { id: 'j', type: 'join', mode: 'auto', wires: [['joined']] },
    {
      id: 'w',
      type: 'temporal-window',
      holdS: '3',
      gapS: '3',
      version: 2,
      wires: [['windows'], [], []],
    },
    ...['answers', 'errors', 'joined', 'windows'].map((id) => ({ id, type: 'helper' })),
  ];
  await helper.load([visionEndpoint, visionLlm, temporalWindow, split], nodes);
  const listen = (id: string) => {
    const heard: FlowMessage[] = [];
    helper.getNode(id).on('input', (msg) => void heard.push(msg as unknown as FlowMessage));
    return heard;
  };
  const answers = listen('answers');
  const errors = listen('errors');
  const joined = listen('joined');
  const windows = listen('windows');
  const node = helper.getNode('n');
  let done = 0;
  // The runtime's own hook for the Complete node: called when a message is done with.
  const emitter = node as unknown as { _complete(msg: unknown, error?: Error): void };
  const complete = emitter._complete.bind(node);
  emitter._complete = (msg, error) => {
    done += 1;
    complete(msg, error);
  };
  let taken = 0;
  return {
    windows,
    get done() {
      return done;
    },
    send: (msg: object) => node.receive(msg as never),
    /** The next so many answers, and no more than those. */
    answers: async (count: number) => {
      const from = taken;
      taken += count;
      await waitFor(`${count} answers`, DEADLINE_MS, () => answers.length >= taken && done > 0);
      assert.equal(answers.length, taken);
      return answers.slice(from);
    },
    error: () => waitFor('an error', DEADLINE_MS, () => errors[0]),
    joined: () => waitFor('a joined message', DEADLINE_MS, () => joined[0]),
    statuses: () =>
      (node.status as unknown as { args: [{ text?: string }][] }).args.map(([status]) => status),
  };
}
