import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';

import visionEndpoint = require('../../nodes/vision-endpoint');

import { readEndpoint } from '../../nodes/lib/endpoint-settings';
import { GUARD_HEADER } from '../../nodes/lib/guarded-endpoint';
import type { VisionEndpointNode } from '../../nodes/lib/vision-link';
import { replaceSystemClock } from '../../src/shared/clock';
import { laneOf } from '../../src/vision/lane';
import { FakeClock } from '../fixtures/fake-clock';
import { helper, useServer } from '../fixtures/test-helper';
import { VisionServer, yes } from '../fixtures/vision-server';

const KEY = 'sk-test-0123456789abcdef';
const STORED = '__PWRD__';

/** The part of supertest that is used. */
interface Asked {
  set(headers: Record<string, string>): Asked;
  send(body: object): Promise<{ status: number; body: Record<string, unknown> }>;
}

let server: VisionServer;
let baseUrl = '';

useServer();
beforeEach(async () => {
  server = new VisionServer();
  baseUrl = await server.start();
});
afterEach(async () => {
  await helper.unload();
  await server.stop();
});

async function deployed(settings: object = {}): Promise<VisionEndpointNode> {
  const node = {
    id: 'e',
    type: 'vision-endpoint',
    preset: 'custom',
    baseUrl,
    model: 'some-model',
    ...settings,
  };
  await helper.load([visionEndpoint], [node], { e: { apiKey: KEY } });
  return helper.getNode('e') as unknown as VisionEndpointNode;
}

/** Presses the button: `typed` is what stands in the dialog. */
async function press(typed: object = {}): Promise<Record<string, unknown>> {
  const { request } = helper as unknown as { request(): { post(path: string): Asked } };
  const body = {
    id: 'e',
    preset: 'custom',
    baseUrl,
    model: 'some-model',
    apiKey: STORED,
    timeoutS: '5',
    ...typed,
  };
  const answer = await request
    .call(helper)
    .post('/video-to-llm/vision-endpoint/test')
    .set({ [GUARD_HEADER]: '1', 'sec-fetch-site': 'same-origin' })
    .send(body);
  return answer.body;
}

const PICTURE = Buffer.from('not looked at here');

function job() {
  const request = {
    ...{ lane: laneOf('ask', 'gate-2'), time: 0, model: 'some-model', system: 's', prompt: 'PROMPT' },
    ...{
      picture: { data: PICTURE, type: 'image/jpeg' },
      detail: 'auto' as const,
      schema: { type: 'object' },
    },
    ...{ verdictField: 'verdict', confidenceField: 'confidence', maxTokens: 10, temperature: null },
    reasoningEffort: '',
  };
  return {
    ...{ request, camera: 'gate-2', rule: 'r', pinned: false, probe: false },
    ...{ routine: false, ageMs: 0, pictureTokens: 0 },
  };
}

const codeOf = (answer: Record<string, unknown>) => (answer.error as { code: string } | undefined)?.code;

describe('the Test button of a vision-endpoint', () => {
  it('sends one small picture and shows answer, model, latency, tokens and the form of the answer', async () => {
    await deployed();
    const { latencyMs, ...answer } = await press();
    assert.deepEqual(answer, {
      answer: 'yes: A person stands there.',
      usable: true,
      model: 'some-model',
      usage: { input: 400, output: 40 },
      rung: 'json_schema',
    });
    assert.ok(Number.isInteger(latencyMs));
    assert.equal(server.calls, 1);
    assert.equal(server.last.headers.authorization, `Bearer ${KEY}`);
    const [, image] = (server.last.body.messages[1]?.content ?? []) as { image_url?: { url: string } }[];
    assert.match(image?.image_url?.url ?? '', /^data:image\/jpeg;base64,/);
    assert.ok((image?.image_url?.url.length ?? 0) < 5000);
  });

  it('shows the rung that worked where the server refuses the first', async () => {
    await deployed();
    server.script = [{ kind: 'error', status: 400, message: 'response_format is not supported' }, yes];
    assert.equal((await press()).rung, 'json_object');
  });

  it('says so where the answer could not be used', async () => {
    await deployed();
    server.script = [{ kind: 'text', text: 'Yes, there is.' }];
    const { usable, answer } = await press();
    assert.equal(usable, false);
    assert.match(String(answer), /prose/);
  });

  it('shows the error in words, once, without a key', async () => {
    await deployed();
    server.otherwise = { kind: 'error', status: 401, message: `Incorrect API key provided: ${KEY}` };
    const answer = await press();
    assert.equal(codeOf(answer), 'VISION_AUTH');
    assert.equal(server.calls, 1);
    assert.doesNotMatch(JSON.stringify(answer), /0123456789/);
  });

  const others: [string, () => string][] = [
    ['host', () => baseUrl.replace('127.0.0.1', 'localhost')],
    ['scheme', () => baseUrl.replace('http:', 'https:')],
    ['port', () => baseUrl.replace(/:\d+\//, ':9/')],
  ];
  for (const [what, other] of others) {
    it(`never sends a stored key to another ${what}`, async () => {
      await deployed();
      const answer = await press({ baseUrl: other() });
      assert.match((answer.error as { message: string }).message, /another server/);
      assert.equal(server.calls, 0);
    });
  }

  it('uses the stored key for another path and model of the same server, and a typed key anywhere', async () => {
    await deployed({ baseUrl: baseUrl.replace('/v1', '/v2') });
    assert.equal((await press({ model: 'another' })).usable, true);
    assert.equal(
      (await press({ baseUrl: baseUrl.replace('127.0.0.1', 'localhost'), apiKey: 'sk-typed-123' })).usable,
      true,
    );
    assert.equal(server.last.headers.authorization, 'Bearer sk-typed-123');
  });

  it('sends no key where that of another node is asked for, or the field was emptied', async () => {
    await deployed();
    await press({ id: 'nobody' });
    assert.equal(server.last.headers.authorization, undefined);
    await press({ apiKey: '' });
    assert.equal(server.last.headers.authorization, undefined);
  });

  it('says what is wrong with the settings, and asks nothing', async () => {
    await deployed();
    assert.equal(codeOf(await press({ baseUrl: 'nowhere' })), 'CONFIG_INVALID');
    assert.equal(codeOf(await press({ model: '' })), 'CONFIG_INVALID');
    assert.equal(server.calls, 0);
  });
});

describe('the audit log of a vision-endpoint', () => {
  let userDir: string;
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'v2l-user-'));
    helper.settings({ userDir });
  });
  afterEach(() => {
    helper.settings({});
    rmSync(userDir, { recursive: true, force: true });
  });

  const linesIn = (folder: string) =>
    readFileSync(join(folder, 'calls-e.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('has a line of each call, also of one that a close has ended, and no secret, picture or word', async () => {
    const node = await deployed({ auditFolder: 'audit', prices: 'some-model 1 1' });
    await node.endpoint?.ask(job());
    server.otherwise = { kind: 'silent' };
    const ended = node.endpoint?.ask(job());
    while (server.calls < 2) await new Promise((resolve) => setImmediate(resolve));
    await helper.unload();
    assert.equal((await ended)?.kind, 'dropped');
    const lines = linesIn(join(userDir, 'audit'));
    assert.deepEqual(
      lines.map(({ camera, endpoint, code, cost }) => [camera, endpoint, code, cost]),
      [
        ['gate-2', 'custom', 'OK', 0.00044],
        ['gate-2', 'custom', 'GIVEN_UP', null],
      ],
    );
    const sha256 = createHash('sha256').update(PICTURE).digest('hex');
    assert.deepEqual(lines[0].pictures, [{ bytes: PICTURE.length, sha256 }]);
    assert.doesNotMatch(
      JSON.stringify(lines),
      new RegExp(`PROMPT|${KEY}|person|${PICTURE.toString('base64')}`),
    );
  });

  it('is written nowhere but in the folders that are allowed, also not behind a link', async () => {
    const other = mkdtempSync(join(tmpdir(), 'v2l-other-'));
    symlinkSync(other, join(userDir, 'link'));
    try {
      for (const auditFolder of [other, '../v2l-out', 'link/audit', 'link']) {
        const node = await deployed({ auditFolder });
        assert.equal(node.problem, null);
        await node.endpoint?.ask(job());
        await helper.unload();
        assert.deepEqual(readdirSync(other), [], auditFolder);
        assert.ok(!existsSync(join(userDir, '../v2l-out')));
      }
      helper.settings({ userDir, videoToLlm: { folders: [other] } });
      const node = await deployed({ auditFolder: join(other, 'audit') });
      await node.endpoint?.ask(job());
      await helper.unload();
      assert.equal(linesIn(join(other, 'audit')).length, 1);
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });

  it('says once that its folder may not be used, and the calls go on', async () => {
    const node = await deployed({ auditFolder: '/' });
    const outcomes = [await node.endpoint?.ask(job()), await node.endpoint?.ask(job())];
    assert.deepEqual(
      outcomes.map((outcome) => outcome?.kind),
      ['answered', 'answered'],
    );
    await helper.unload();
    const said = JSON.stringify(helper.log().args).match(/The audit log is not written/g);
    assert.equal(said?.length, 1);
  });

  it('is not there where no folder is named', async () => {
    const node = await deployed();
    await node.endpoint?.ask(job());
    await helper.unload();
    assert.ok(!readdirSync(userDir).some((name) => name.includes('calls')));
  });
});

describe('the ledger of a vision-endpoint', () => {
  it('has the calls that a close has ended, with their estimate, where nothing else keeps the journal open', async () => {
    const userDir = mkdtempSync(join(tmpdir(), 'v2l-user-'));
    helper.settings({ userDir });
    try {
      server.otherwise = { kind: 'silent' };
      const node = await deployed({ prices: 'some-model 1 1', budgetDay: '5' });
      const asked = node.endpoint?.ask(job());
      while (server.calls < 1) await new Promise((resolve) => setImmediate(resolve));
      await helper.unload();
      await asked;
      const folder = join(userDir, 'video-to-llm');
      const kept = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
      const [row] = /\{"day":[^}]*\}/.exec(kept.join('\n')) ?? assert.fail('the call is not in the ledger');
      const { camera, calls, cost } = JSON.parse(row);
      assert.deepEqual([camera, calls, cost > 0], ['gate-2', 1, true]);
    } finally {
      await helper.unload();
      helper.settings({});
      rmSync(userDir, { recursive: true, force: true });
    }
  });
});

describe('environment variables in the dialog of a vision-endpoint', () => {
  const VARIABLES = {
    V2L_TEST_URL: '',
    V2L_TEST_KEY: 'sk-env-0123456789',
    V2L_TEST_MODEL: 'env-model',
    V2L_TEST_S: '7',
  };
  beforeEach(() => {
    Object.assign(process.env, VARIABLES, { V2L_TEST_URL: baseUrl });
  });
  afterEach(() => {
    for (const name of Object.keys(VARIABLES)) delete process.env[name];
  });
  const variable = (name: string) => `\${V2L_TEST_${name}}`;
  const variables = {
    baseUrl: variable('URL'),
    apiKey: variable('KEY'),
    model: variable('MODEL'),
    timeoutS: variable('S'),
  };

  it('are filled in for the Test button as at a deploy, deployed or not', async () => {
    await deployed();
    for (const id of ['e', 'new']) {
      assert.equal((await press({ ...variables, id })).usable, true);
      assert.equal(server.last.body.model, 'env-model');
      assert.equal(server.last.headers.authorization, 'Bearer sk-env-0123456789');
    }
  });

  it('are told where they are not set', async () => {
    await deployed();
    const { error } = await press({ model: variable('NOT_SET') });
    assert.match((error as { message: string }).message, /variable \$\{V2L_TEST_NOT_SET\}, which is not set/);
    assert.equal(server.calls, 0);
  });

  it('bring a stored key no further than to the server that it was stored for', async () => {
    await deployed({ baseUrl: baseUrl.replace('127.0.0.1', 'localhost') });
    const answer = await press({ ...variables, apiKey: STORED });
    assert.match((answer.error as { message: string }).message, /another server/);
    assert.equal(server.calls, 0);
  });
});

describe('a vision-endpoint', () => {
  it('reads Local only, and goes by it for the Test button too', async () => {
    await deployed();
    const answer = await press({
      baseUrl: 'http://93.184.216.34/v1',
      apiKey: 'sk-typed-123',
      localOnly: true,
    });
    assert.equal(codeOf(answer), 'VISION_NOT_LOCAL');
  });

  it('warns once where Redis cannot be used, without the password', async () => {
    const clock = new FakeClock();
    const putBack = replaceSystemClock(clock);
    try {
      const redisUrl = 'redis://gatekeeper:topsecret@127.0.0.1:9';
      const node = { id: 'e', type: 'vision-endpoint', preset: 'custom', baseUrl, model: 'some-model' };
      await helper.load([visionEndpoint], [node], { e: { redisUrl } });
      clock.advance(10_000);
      clock.advance(100_000);
      const said = JSON.stringify(helper.log().args);
      assert.equal(said.match(/Redis cannot be used so far/g)?.length, 1);
      assert.doesNotMatch(said, /topsecret|gatekeeper/);
    } finally {
      await helper.unload();
      putBack();
    }
  });

  it('takes its part of the limits where there are several processes', async () => {
    const node = await deployed({
      maxConcurrent: 9,
      processes: 2,
      requestsPerMinute: 60,
      budgetDay: 4,
      prices: 'some-model 1 1',
    });
    assert.equal(node.problem, null);
    assert.equal(node.endpoint?.options.maxConcurrent, 4);
    assert.equal(node.endpoint?.options.rate.requestsPerMinute, 30);
    assert.equal(node.endpoint?.options.budget.perDay, 2);
  });

  const wrong: [string, object, RegExp][] = [
    ['a budget without a price', { budgetDay: '5' }, /prices of "some-model"/],
    ['a table of prices that cannot be read', { prices: 'some-model one two' }, /in line 1/],
    ['no limit at all a minute', { requestsPerMinute: '0' }, /requestsPerMinute/],
    ['no process', { processes: '0' }, /processes/],
  ];
  for (const [name, settings, words] of wrong) {
    it(`says that ${name} cannot be used`, async () => {
      const node = await deployed(settings);
      assert.equal(node.endpoint, null);
      assert.match(node.problem?.message ?? '', words);
    });
  }

  it('knows the prices of common models, but bills nothing for what runs here', () => {
    const budget = { baseUrl, model: 'gpt-4.1-mini', budgetDay: 1 };
    assert.equal(readEndpoint({ ...budget, preset: 'custom' }).problem, null);
    assert.match(readEndpoint({ ...budget, preset: 'ollama' }).problem?.message ?? '', /prices/);
  });
});
