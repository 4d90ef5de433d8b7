import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { FlowMessage } from '../../nodes/lib/message';
import type { WindowInfo } from '../../src/shared/messages';
import { StageFlow } from '../fixtures/stage-flow';
import { helper, useServer } from '../fixtures/test-helper';

import temporalWindow = require('../../nodes/temporal-window');

const START = Date.UTC(2026, 10, 22, 8);

const PROFILE = { name: 'Gate', description: '', timeZone: 'UTC' };

/** A temporal-window with what comes out of it. */
class Flow extends StageFlow {
  readonly windows = this.first;
  readonly probes = this.second;

  static async load(settings: object = {}): Promise<Flow> {
    const flow = new Flow();
    await flow.load(temporalWindow, 'temporal-window', settings);
    return flow;
  }

  /** Answers of one camera, one a second: `y` yes, `n` no, `u` unknown. */
  async answers(pattern: string, { camera = 'cam-1', from = 0 } = {}): Promise<void> {
    for (const [i, verdict] of [...pattern].entries()) await this.send(answer(camera, from + i, verdict));
  }

  states(): string[] {
    return this.windows.map(({ window }) => `${window?.camera} ${window?.state}`);
  }
}

function answer(camera: string, second: number, verdict: string): FlowMessage {
  return {
    _msgid: `${camera}-${second}`,
    topic: `Name of ${camera}`,
    payload: { verdict: 'yes', reason: 'a man at the gate' },
    frame: { camera, id: `${camera}-${second}`, time: START + second * 1000, profile: PROFILE },
    picture: { data: Buffer.from('jpeg') },
    vision: { verdict: { y: 'yes', n: 'no', u: 'unknown' }[verdict], confidence: 0.9, rule: 'loitering' },
    mine: 'untouched',
  } as unknown as FlowMessage;
}

/** As strings too: that is how settings from environment variables come. */
const SHORT = { holdS: '3', gapS: 2, noEnds: 2 };

describe('temporal-window', () => {
  useServer();
  afterEach(() => helper.unload());

  it('tells the changes of a rule on output 1', async () => {
    const flow = await Flow.load(SHORT);
    await flow.answers('nyyyyyynn');
    assert.deepEqual(flow.states(), ['cam-1 pending', 'cam-1 firing', 'cam-1 resolved']);
    assert.deepEqual(flow.errors, []);
  });

  it('sends the message of the answer itself, with a payload that holds no Buffer', async () => {
    const flow = await Flow.load(SHORT);
    await flow.answers('yyyy');
    const firing = flow.windows.at(-1);
    assert.equal(firing?.mine, 'untouched');
    assert.equal(firing?._msgid, 'cam-1-3');
    assert.ok(Buffer.isBuffer(firing?.picture?.data));
    assert.equal(firing?.topic, 'Name of cam-1');
    assert.deepEqual(firing?.payload, firing?.window);
    assert.notEqual(firing?.payload, firing?.window);
    assert.deepEqual(firing?.payload, {
      key: 'cam-1/loitering',
      camera: 'cam-1',
      rule: 'loitering',
      state: 'firing',
      since: START,
      heldMs: 3000,
      samples: { yes: 4, no: 0, unknown: 0 },
      coverage: 1,
      time: START + 3000,
      confidence: 0.9,
      reason: 'a man at the gate',
      verdicts: [{ verdict: 'yes', from: START, to: START + 3000, n: 4 }],
      timeline: '08:00:00 yes ×4 until 08:00:03',
    } satisfies WindowInfo);
  });

  it('tells every answer where that is set', async () => {
    const flow = await Flow.load({ ...SHORT, emit: 'all' });
    await flow.answers('nyyyyynnn');
    assert.equal(flow.windows.length, 9);
    assert.deepEqual(
      flow.windows.map(({ window }) => window?.state[0]),
      ['i', 'p', 'p', 'p', 'f', 'f', 'f', 'r', 'i'],
    );
  });

  it('keeps the cameras apart', async () => {
    const flow = await Flow.load(SHORT);
    for (let second = 0; second < 4; second++) {
      await flow.answers('y', { camera: 'a', from: second });
      await flow.answers(second % 2 ? 'n' : 'y', { camera: 'b', from: second });
    }
    assert.deepEqual(
      flow.states().filter((state) => state.includes('firing')),
      ['a firing'],
    );
  });

  it('forgets idle keys before an alarm when there are too many, and tells an alarm as expired', async () => {
    const flow = await Flow.load({ holdS: 0, gapS: 3600, answerS: 3600, minYes: 1, probe: false });
    await flow.answers('y');
    for (let n = 2; n <= 1001; n++) await flow.answers('n', { camera: `cam-${n}` });
    assert.deepEqual(flow.states(), ['cam-1 firing']);
    for (let n = 2; n <= 1001; n++) await flow.answers('y', { camera: `cam-${n}`, from: 1 });
    assert.equal(flow.states().filter((state) => state === 'cam-1 expired').length, 1);
    assert.equal(flow.windows.at(-1)?.window?.state, 'firing');
  });

  it('counts where that is set', async () => {
    const flow = await Flow.load({ rule: 'count', countN: 2, countWindowS: 3 });
    await flow.answers('ynyn');
    assert.deepEqual(flow.states(), ['cam-1 pending', 'cam-1 firing']);
  });

  it('asks for a frame on output 2, in the form that frame-select takes', async () => {
    const flow = await Flow.load({ ...SHORT, gapS: 1 });
    await flow.answers('y');
    await flow.until(() => flow.probes.length > 0);
    const { _msgid, ...probe } = flow.probes[0] ?? {};
    assert.deepEqual(probe, {
      command: 'probe',
      topic: 'Name of cam-1',
      frame: { camera: 'cam-1', profile: PROFILE },
    });
  });

  it('tells of a run that silence ended with a small message of its own', async () => {
    const flow = await Flow.load({ ...SHORT, gapS: 1, probe: false });
    await flow.answers('y');
    await flow.until(() => flow.windows.length === 2);
    const { _msgid, window, payload, ...rest } = flow.windows[1] ?? {};
    assert.equal(window?.state, 'idle');
    assert.deepEqual(payload, window);
    assert.deepEqual(rest, { topic: 'Name of cam-1', frame: { camera: 'cam-1', profile: PROFILE } });
    assert.deepEqual(flow.probes, []);
  });

  it('forgets a camera, by id or name, or all, and tells nothing of it', async () => {
    for (const control of [
      { command: 'reset', frame: { camera: 'cam-1' } },
      { reset: true, topic: 'Name of cam-1' },
      { reset: true },
    ]) {
      const flow = await Flow.load(SHORT);
      await flow.answers('yyy');
      await flow.send(control);
      await flow.answers('y', { from: 3 });
      assert.deepEqual(flow.states(), ['cam-1 pending', 'cam-1 pending']);
      await helper.unload();
    }
    const flow = await Flow.load(SHORT);
    await flow.answers('yyy');
    await flow.send({ reset: true, topic: 'another' });
    await flow.answers('y', { from: 3 });
    assert.deepEqual(flow.states(), ['cam-1 pending', 'cam-1 firing']);
  });

  it('tells what is wrong with a message on the error output, and lives on', async () => {
    const flow = await Flow.load(SHORT);
    await flow.send({ topic: 'a', payload: 'yes' });
    await flow.send({ vision: { verdict: 'yes' }, payload: '' });
    await flow.send({ command: 'flush' });
    await flow.answers('yyyy');
    assert.deepEqual(
      flow.errors.map(({ error }) => error.code),
      ['INPUT_NO_VERDICT', 'INPUT_NO_CAMERA', 'INPUT_COMMAND'],
    );
    assert.deepEqual(flow.states(), ['cam-1 pending', 'cam-1 firing']);
  });

  it('with settings that cannot be used says so for each message', async () => {
    const flow = await Flow.load({ holdS: 'soon', noEnds: 0 });
    await flow.answers('yy');
    assert.deepEqual(
      flow.errors.map(({ error }) => error.code),
      ['CONFIG_INVALID', 'CONFIG_INVALID'],
    );
    assert.match(flow.errors[0]?.error.message ?? '', /holdS .*noEnds/);
    const { status } = helper.getNode('node') as unknown as { status: { firstCall: { args: unknown[] } } };
    assert.deepEqual(status.firstCall.args[0], {
      fill: 'red',
      shape: 'ring',
      text: 'temporal-window.status.settings',
    });
  });

  it('leaves no timer when it is closed', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    const flow = await Flow.load({ ...SHORT, gapS: 1 });
    await flow.answers('y');
    assert.ok(timers() > before);
    await helper.unload();
    assert.equal(timers(), before);
  });

  it('makes an alarm blind when rtsp-in tells that its camera is offline', async () => {
    const flow = await Flow.load({ ...SHORT, gapS: 60 });
    await flow.answers('yyyy');
    await flow.send({ topic: 'Name', payload: {}, camera: { id: 'other', state: 'offline' } });
    await flow.send({ topic: 'Name', payload: {}, camera: { id: 'cam-1', state: 'degraded' } });
    assert.equal(flow.windows.at(-1)?.window?.state, 'firing');
    await flow.send({ topic: 'Name', payload: {}, camera: { id: 'cam-1', state: 'offline' } });
    assert.deepEqual(flow.states(), ['cam-1 pending', 'cam-1 firing', 'cam-1 blind']);
    assert.deepEqual(flow.errors, []);
  });

  it('keeps the subjects of an answer apart, each with a message of its own', async () => {
    const flow = await Flow.load({ ...SHORT, subject: 'people.id' });
    for (let second = 0; second < 5; second++) {
      const people = second < 3 ? [{ id: 7 }, { id: 9 }] : [{ id: 9 }];
      await flow.send({ ...answer('cam-1', second, 'y'), payload: { people } });
    }
    const told = flow.windows.map(({ window }) => `${window?.key} ${window?.state}`);
    assert.deepEqual(told, [
      'cam-1/loitering/7 pending',
      'cam-1/loitering/9 pending',
      'cam-1/loitering/9 firing',
      'cam-1/loitering/7 idle',
    ]);
    assert.equal(new Set(flow.windows).size, 4);
    assert.ok(flow.windows.every(({ picture }) => Buffer.isBuffer(picture?.data)));
  });

  it('warns once where answers come more seldom than the rule needs', async () => {
    const flow = await Flow.load({ ...SHORT, holdS: 100, gapS: 10 });
    for (let second = 0; second < 100; second += 9) await flow.answers('y', { from: second });
    const warnings = (helper.getNode('node').warn as unknown as { args: unknown[][] }).args;
    assert.deepEqual(warnings, [['temporal-window.warn.seldom']]);
  });

  describe('with a user directory', () => {
    let userDir: string;
    beforeEach(() => {
      userDir = mkdtempSync(join(tmpdir(), 'v2l-window-'));
      helper.settings({ userDir });
    });
    afterEach(async () => {
      await helper.unload();
      helper.settings({ userDir: undefined });
      rmSync(userDir, { recursive: true, force: true });
    });
    /** Long gaps: what matters here is not how fast this machine is. */
    const KEPT = { ...SHORT, gapS: 3600, answerS: 3600, probe: false };

    it('goes on after a deploy: an alarm is only told again, marked, and a pending run keeps its start', async () => {
      const first = await Flow.load(KEPT);
      await first.answers('yyyy');
      await first.answers('y', { camera: 'cam-2' });
      await first.until(() => first.windows.length === 3);
      await helper.unload();
      const second = await Flow.load(KEPT);
      await second.answers('yynn', { from: 4 });
      await second.answers('yyy', { camera: 'cam-2', from: 2 });
      await second.until(() => second.windows.length === 3);
      assert.deepEqual(second.states(), ['cam-1 firing', 'cam-1 resolved', 'cam-2 firing']);
      assert.deepEqual(
        second.windows.map(({ window }) => window?.repeat),
        [true, undefined, undefined],
      );
      for (const { window } of second.windows) assert.equal(window?.since, START);
      assert.deepEqual(second.errors, []);
    });

    it('begins anew with another kind of rule, and after a reset', async () => {
      const first = await Flow.load(KEPT);
      await first.answers('yyyy');
      await first.answers('yyyy', { camera: 'cam-2' });
      await first.until(() => first.windows.length === 4);
      await first.send({ reset: true, topic: 'cam-2' });
      await helper.unload();
      const second = await Flow.load(KEPT);
      await second.answers('y', { camera: 'cam-2', from: 4 });
      await second.until(() => second.windows.length === 2);
      assert.deepEqual(second.states(), ['cam-1 firing', 'cam-2 pending']);
      await helper.unload();
      const third = await Flow.load({ ...KEPT, rule: 'count' });
      await third.answers('y', { from: 5 });
      await third.until(() => third.windows.length === 1);
      assert.deepEqual(third.states(), ['cam-1 pending']);
      assert.deepEqual(third.errors, []);
    });

    it('keeps the first, middle and last picture, and tells their ids', async () => {
      const jpeg = (n: number) => Buffer.from([0xff, 0xd8, 0xff, n]);
      const flow = await Flow.load({ ...KEPT, holdS: 4 });
      for (let n = 0; n <= 4; n++) {
        await flow.send({ ...answer('cam-1', n, 'y'), picture: { data: jpeg(n) } });
      }
      await flow.until(() => flow.windows.length === 2);
      const { first, middle, last } = flow.windows.at(-1)?.window?.evidence ?? {
        first: '',
        middle: '',
        last: '',
      };
      await helper.unload();
      const pictures = join(userDir, 'video-to-llm', 'pictures');
      for (const [id, n] of [
        [first, 0],
        [middle, 2],
        [last, 4],
      ] as const) {
        assert.deepEqual(readFileSync(join(pictures, id.slice(0, 2), id)), jpeg(n));
      }
    });

    it('stores no picture where that is switched off', async () => {
      const flow = await Flow.load({ ...KEPT, evidence: false });
      await flow.send({ ...answer('cam-1', 0, 'y'), picture: { data: Buffer.from([0xff, 0xd8, 0xff, 1]) } });
      await flow.until(() => flow.windows.length === 1);
      assert.equal(flow.windows.at(-1)?.window?.evidence, undefined);
      await helper.unload();
      assert.equal(existsSync(join(userDir, 'video-to-llm', 'pictures')), false);
    });

    it('tells once that nothing can be written there, and works all the same', async () => {
      writeFileSync(join(userDir, 'video-to-llm'), 'a file where the folder should be');
      const flow = await Flow.load({ ...KEPT, evidence: false });
      await flow.answers('yyyyynn');
      await flow.until(() => flow.windows.length === 3);
      assert.deepEqual(
        flow.errors.map(({ error }) => error.code),
        ['STORE_UNWRITABLE'],
      );
      assert.deepEqual(flow.states(), ['cam-1 pending', 'cam-1 firing', 'cam-1 resolved']);
    });
  });
});
