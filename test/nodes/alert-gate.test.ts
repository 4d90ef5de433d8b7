import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { FlowMessage } from '../../nodes/lib/message';
import { StageFlow } from '../fixtures/stage-flow';
import { helper, useServer } from '../fixtures/test-helper';
import { waitFor } from '../fixtures/wait';

import alertGate = require('../../nodes/alert-gate');

/** Long enough for a slow machine, and only ever waited for when a test fails. */
const DEADLINE_MS = 5000;

const START = Date.UTC(2026, 10, 22, 8);

/** An alert-gate with what comes out of it. */
class Flow extends StageFlow {
  readonly alerts = this.first;
  readonly held = this.second;

  static async load(settings: object = {}): Promise<Flow> {
    const flow = new Flow();
    await flow.load(alertGate, 'alert-gate', settings);
    return flow;
  }

  alertStates(): (string | undefined)[] {
    return this.alerts.map(({ alert }) => alert?.state);
  }

  reasons(): unknown[] {
    return this.held.map(({ payload }) => (payload as { reason: string }).reason);
  }
}

function windowMessage(state: string, { camera = 'cam-1', since = 0, confidence = 0.9 } = {}): FlowMessage {
  const window = {
    key: `${camera}/loitering`,
    camera,
    rule: 'loitering',
    state,
    since: START + since * 1000,
    heldMs: 65_000,
    samples: { yes: 3, no: 0, unknown: 0 },
    coverage: 1,
    time: START + 65_000 + since * 1000,
    confidence,
    reason: 'a man at the gate',
  };
  return {
    topic: 'Gate 2',
    payload: structuredClone(window),
    window,
    frame: { camera },
    picture: { data: Buffer.from('jpeg'), type: 'image/jpeg' },
    mine: 'untouched',
  } as unknown as FlowMessage;
}

describe('alert-gate', () => {
  useServer();
  afterEach(() => helper.unload());

  it('shows no alert as active once it is over, also where its end is not sent', async () => {
    const flow = await Flow.load({ sendCleared: false });
    const fills: (string | undefined)[] = [];
    helper
      .getNode('node')
      .on(
        'call:status' as never,
        ((call: { args: [{ fill?: string }] }) => fills.push(call.args[0].fill)) as never,
      );
    const shown = (fill: string) => waitFor(`${fill}: ${fills}`, DEADLINE_MS, () => fills.at(-1) === fill);
    await flow.send(windowMessage('firing'));
    await shown('yellow');
    await flow.send(windowMessage('resolved'));
    await shown('grey');
    assert.equal(flow.alerts.length, 1);
  });

  it('raises and clears an alert under one id', async () => {
    const flow = await Flow.load();
    for (const state of ['pending', 'firing', 'resolved', 'idle']) await flow.send(windowMessage(state));
    assert.deepEqual(flow.alertStates(), ['raised', 'cleared']);
    assert.equal(flow.alerts[0]?.alert?.id, flow.alerts[1]?.alert?.id);
    assert.deepEqual([flow.held, flow.errors], [[], []]);
  });

  it('sends a plain object with topic and retain for mqtt out, on the message itself', async () => {
    const flow = await Flow.load({
      topicPrefix: 'site',
      retain: true,
      severity: 'critical',
      timeZone: 'UTC',
    });
    await flow.send(windowMessage('firing'));
    const raised = flow.alerts[0];
    assert.equal(raised?.topic, 'site/Gate 2/loitering');
    assert.equal(raised?.retain, true);
    assert.equal(raised?.mine, 'untouched');
    assert.ok(Buffer.isBuffer(raised?.picture?.data));
    assert.deepEqual(raised?.payload, {
      id: raised?.alert?.id,
      state: 'raised',
      severity: 'critical',
      camera: 'cam-1',
      cameraName: 'Gate 2',
      rule: 'loitering',
      since: '2026-11-22T08:00:00.000Z',
      time: '2026-11-22T08:01:05.000Z',
      heldS: 65,
      confidence: 0.9,
      count: 1,
      title: 'Gate 2: loitering',
      text: 'Seen for 1 min 5 s, since 2026-11-22 08:00:00. The model: “a man at the gate”',
    });
  });

  it('writes an e-mail with the picture attached', async () => {
    const flow = await Flow.load({ format: 'email' });
    await flow.send(windowMessage('firing'));
    const [mail] = flow.alerts;
    assert.equal(mail?.topic, 'Gate 2: loitering');
    assert.equal(typeof mail?.payload, 'string');
    const [attached] = (mail?.attachments ?? []) as { filename: string; content: Buffer }[];
    assert.equal(attached?.content.toString(), 'jpeg');
    assert.match(attached?.filename ?? '', /\.jpg$/);
  });

  it('writes to a Telegram chat', async () => {
    const flow = await Flow.load({ format: 'telegram', chatId: '-100' });
    await flow.send(windowMessage('firing'));
    const payload = flow.alerts[0]?.payload as Record<string, unknown>;
    assert.deepEqual([payload.chatId, payload.type], ['-100', 'photo']);
  });

  it('sends what it holds back on output 2, with the reason and no alert', async () => {
    const flow = await Flow.load({ minConfidence: 0.5 });
    await flow.send({ ...windowMessage('firing', { confidence: 0.4 }), alert: { id: 'stale' } });
    await flow.send(windowMessage('resolved'));
    assert.deepEqual(flow.reasons(), ['confidence', 'not-raised']);
    assert.equal(flow.held[0]?.mine, 'untouched');
    assert.equal('alert' in (flow.held[0] ?? {}), false);
    assert.deepEqual(flow.held[0]?.payload, {
      reason: 'confidence',
      key: 'cam-1/loitering',
      camera: 'cam-1',
      cameraName: 'Gate 2',
      rule: 'loitering',
      state: 'firing',
      confidence: 0.4,
      until: null,
    });
    assert.deepEqual(flow.alerts, []);
  });

  it('raises after the cooldown what still fires then, with a small message of its own', async () => {
    const flow = await Flow.load({ cooldownS: 0.3 });
    await flow.send(windowMessage('firing'));
    await flow.send(windowMessage('resolved'));
    await flow.send(windowMessage('firing', { since: 100 }));
    assert.deepEqual(flow.reasons(), ['cooldown']);
    await flow.until(() => flow.alerts.length === 3);
    const { _msgid, alert, payload, ...rest } = flow.alerts[2] ?? {};
    assert.equal(alert?.state, 'raised');
    assert.notEqual(alert?.id, flow.alerts[0]?.alert?.id);
    assert.equal((payload as { since: string }).since, '2026-11-22T08:01:40.000Z');
    assert.deepEqual(rest, {
      topic: 'video-to-llm/alerts/Gate 2/loitering',
      retain: false,
      frame: { camera: 'cam-1' },
    });
  });

  it('is quiet when it is to be', async () => {
    const minute = (at: Date) => at.toISOString().slice(11, 16);
    const now = new Date();
    const flow = await Flow.load({
      quiet: true,
      quietFrom: minute(new Date(now.getTime() - 3_600_000)),
      quietTo: minute(new Date(now.getTime() + 3_600_000)),
      timeZone: 'UTC',
    });
    await flow.send(windowMessage('firing'));
    assert.deepEqual(flow.reasons(), ['quiet-hours']);
  });

  it('takes answers of vision-llm as they are', async () => {
    const flow = await Flow.load();
    for (const verdict of ['no', 'unknown', 'yes', 'yes', 'no']) {
      await flow.send({
        topic: 'Gate',
        payload: { reason: 'r' },
        vision: { verdict, rule: 'ppe', confidence: 1 },
      });
    }
    assert.deepEqual(flow.alertStates(), ['raised', 'cleared']);
    assert.deepEqual(flow.reasons(), ['already-raised']);
    assert.equal(flow.alerts[0]?.topic, 'video-to-llm/alerts/Gate/ppe');
  });

  it('keeps the cameras apart and forgets one, or all, on reset', async () => {
    const flow = await Flow.load({ cooldownS: 3600 });
    await flow.send(windowMessage('firing', { camera: 'a' }));
    await flow.send(windowMessage('firing', { camera: 'b' }));
    await flow.send({ reset: true, frame: { camera: 'a' } });
    await flow.send(windowMessage('firing', { camera: 'a' }));
    await flow.send(windowMessage('firing', { camera: 'b' }));
    assert.deepEqual(flow.alertStates(), ['raised', 'raised', 'raised']);
    await flow.send({ command: 'reset' });
    await flow.send(windowMessage('firing', { camera: 'b' }));
    assert.equal(flow.alerts.length, 4);
  });

  it('tells what is wrong with a message on the error output, and lives on', async () => {
    const flow = await Flow.load();
    await flow.send({ topic: 'a', payload: 'yes' });
    await flow.send({ command: 'start' });
    await flow.send(windowMessage('firing'));
    assert.deepEqual(
      flow.errors.map(({ error }) => error.code),
      ['INPUT_NO_WINDOW', 'INPUT_COMMAND'],
    );
    assert.deepEqual(flow.alertStates(), ['raised']);
  });

  for (const [what, settings, pattern] of [
    ['a time zone that does not exist', { timeZone: 'Mars/Base' }, /timeZone/],
    ['quiet hours that are no times', { quiet: true, quietFrom: '25:00' }, /quietFrom/],
    ['quiet hours without a length', { quiet: true, quietFrom: '8:00', quietTo: '08:00' }, /the same/],
    ['Telegram without a chat', { format: 'telegram' }, /chatId/],
    ['a negative cooldown', { cooldownS: -1 }, /cooldownS/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const flow = await Flow.load(settings);
      await flow.send(windowMessage('firing'));
      assert.equal(flow.errors[0]?.error.code, 'CONFIG_INVALID');
      assert.match(flow.errors[0]?.error.message ?? '', pattern);
    });
  }

  it('leaves no timer when it is closed', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    const flow = await Flow.load({ cooldownS: 3600 });
    await flow.send(windowMessage('firing'));
    await flow.send(windowMessage('resolved'));
    await flow.send(windowMessage('firing', { since: 100 }));
    assert.ok(timers() > before);
    await helper.unload();
    assert.equal(timers(), before);
  });
});
