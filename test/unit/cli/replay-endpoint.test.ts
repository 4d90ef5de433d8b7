import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { run } from '../../../src/cli/replay';
import type { Report } from '../../../src/replay/report';
import { replayFlow } from '../../fixtures/replay-flow';
import { no, VisionServer, yes } from '../../fixtures/vision-server';

const KEY = 'sk-test-5f1c9a77';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'v2l-replay-http-'));
  process.env.V2L_REPLAY_TEST_KEY = KEY;
});
after(() => {
  delete process.env.V2L_REPLAY_TEST_KEY;
  rmSync(folder, { recursive: true, force: true });
});

/** A model over real HTTP, and a flow that asks it about the drawn scene: somebody is there from 6 s to 32 s. */
describe("the flow's own endpoint, over HTTP", () => {
  let server: VisionServer;
  let baseUrl: string;
  beforeEach(async () => {
    server = new VisionServer();
    baseUrl = await server.start();
    // The first frame is of the empty scene.
    server.script = [no];
  });
  afterEach(() => server.stop());

  async function replay(seconds: number, settings: Record<string, string> = {}, more: string[] = []) {
    const flow = join(folder, 'flow.json');
    const endpoint = { preset: 'custom', baseUrl, model: 'test-model', ...settings };
    writeFileSync(flow, JSON.stringify(replayFlow({ end: endpoint })));
    const report = join(folder, 'report');
    const said: string[] = [];
    const code = await run(
      [
        ...['--flow', flow, '--input', 'pattern', '--duration', String(seconds)],
        ...['--report', report, '--key-env', 'V2L_REPLAY_TEST_KEY', ...more],
      ],
      { out: (text) => void said.push(text), err: (text) => void said.push(text) },
    );
    const text = readFileSync(join(report, 'report.json'), 'utf8');
    const page = readFileSync(join(report, 'report.html'), 'utf8');
    return { code, said: said.join(''), all: said.join('') + text + page, ...(JSON.parse(text) as Report) };
  }

  test('is asked with its key and its model; time stands still until it has answered', async () => {
    server.otherwise = { ...yes, after: 150 };
    const { code, said, all, record } = await replay(40);
    assert.equal(code, 0, said);
    assert.ok(server.calls > 3, `${server.calls} calls`);
    assert.equal(record.calls.model, server.calls);
    assert.equal(record.answers.length, server.calls, 'no answer is late or lost');
    assert.deepEqual(record.errors, []);
    assert.equal(server.last.headers.authorization, `Bearer ${KEY}`);
    assert.equal(server.last.body.model, 'test-model');
    // The figure leaves at 32 s, and this model goes on to say yes: the alert stays.
    assert.deepEqual(
      record.alerts.map(({ state }) => state),
      ['raised'],
    );
    for (const { at, time, verdict } of record.answers.slice(1)) {
      assert.equal(verdict, 'yes');
      assert.ok(at - time >= 0.149, `came ${at - time} s after its frame`);
    }
    assert.ok(!all.includes(KEY), 'the key is in nothing that is printed or written');
  });

  test('makes the replay wait as long as it asks for, in the time of the recording', async () => {
    server.script = [no, { kind: 'error', status: 429, headers: { 'retry-after': '7' } }];
    const { record } = await replay(30);
    const [, second] = record.answers;
    assert.ok(second && second.at - second.time >= 7, `came ${second && second.at - second.time} s later`);
    assert.equal(record.calls.model, server.calls);
  });

  test('that does not answer is given up after its own time, and the replay goes on', async () => {
    server.script = [no, { kind: 'silent' }];
    const { code, record } = await replay(30, { timeoutS: '1', attempts: '1' });
    assert.equal(code, 0);
    assert.deepEqual(
      record.errors.map(({ code, count }) => `${code} ${count}`),
      ['VISION_TIMEOUT 1'],
    );
    assert.ok(record.answers.length > 1, 'later frames were answered');
  });

  test('is asked once: what it said is played back when it is gone', async () => {
    const answers = join(folder, 'answers.jsonl');
    const asked = await replay(20, {}, ['--answers', answers, '--record']);
    const { calls } = server;
    server.decide = () => ({ kind: 'error', status: 500 });
    const played = await replay(20, {}, ['--answers', answers]);
    assert.equal(played.code, 0, played.said);
    assert.equal(server.calls, calls);
    // A picture that comes again has its answer already.
    const all = asked.record.calls.model + asked.record.calls.cassette;
    assert.deepEqual(
      { ...played.record.calls, replied: 0 },
      { model: 0, cassette: all, nobody: 0, replied: 0 },
    );
    const verdicts = ({ record }: Report) => record.answers.map(({ time, verdict }) => `${time} ${verdict}`);
    assert.deepEqual(verdicts(played), verdicts(asked));
    assert.ok(!readFileSync(answers, 'utf8').includes(KEY));
  });
});
