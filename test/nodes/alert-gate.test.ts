import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import sharp from 'sharp';
import type { FlowMessage } from '../../nodes/lib/message';
import { StageFlow } from '../fixtures/stage-flow';
import { helper, useServer } from '../fixtures/test-helper';
import { waitFor } from '../fixtures/wait';

import alertGate = require('../../nodes/alert-gate');

/** Long enough for a slow machine, and only ever waited for when a test fails. */
const DEADLINE_MS = 15_000;

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

/** The payload of a message, as what it is known to be. */
function payloadOf<T>(msg: FlowMessage | undefined): T {
  return msg?.payload as T;
}

/** What comes back from an alert that a node has sent on. */
function reply(to: FlowMessage | undefined, changes: object = {}): object {
  return { command: 'ack', alert: structuredClone(to?.alert), ...changes };
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

  describe('with deliveries that are confirmed', () => {
    const CONFIRM = { delivery: 'confirm', cooldownS: 0, confirmS: 0.2 };

    it('sends again what nobody confirms, marked, and stops when it is confirmed', async () => {
      const flow = await Flow.load(CONFIRM);
      await flow.send(windowMessage('firing'));
      await flow.until(() => flow.alerts.length === 2);
      const [first, again] = flow.alerts;
      assert.deepEqual([first?.alert?.repeat, again?.alert?.repeat], [undefined, 1]);
      assert.deepEqual([again?.alert?.id, again?.alert?.count], [first?.alert?.id, 1]);
      assert.equal(payloadOf<{ repeat: number }>(again).repeat, 1);
      assert.equal(again?.mine, undefined, 'a message of its own');
      await flow.send(reply(again));
      await flow.send(windowMessage('resolved'));
      assert.deepEqual(flow.alertStates(), ['raised', 'raised', 'cleared']);
      assert.deepEqual(flow.errors, []);
    });

    it('takes 2xx for delivered; another status and an error of a Catch node not', async () => {
      for (const [answer, isDelivered] of [
        [{}, true],
        [{ statusCode: 204 }, true],
        [{ statusCode: 500 }, false],
        [{ statusCode: 'ECONNREFUSED' }, false],
        [{ error: { message: 'no' } }, false],
      ] as const) {
        const flow = await Flow.load({ ...CONFIRM, confirmS: 3600 });
        await flow.send(windowMessage('firing'));
        await flow.send(windowMessage('resolved'));
        await flow.send(reply(flow.alerts[0], answer));
        assert.equal(flow.alerts.length, isDelivered ? 2 : 1, JSON.stringify(answer));
        await helper.unload();
      }
    });

    it('is not misled by what an earlier request has left on the message', async () => {
      const flow = await Flow.load(CONFIRM);
      await flow.send({ ...windowMessage('firing'), statusCode: 500, error: {} });
      assert.deepEqual([flow.alerts[0]?.statusCode, flow.alerts[0]?.error], [undefined, undefined]);
    });

    it('delivers on each channel by itself, each in its own format', async () => {
      const flow = await Flow.load({ ...CONFIRM, confirmS: 3600, channels: 'mqtt, mail=email' });
      await flow.send(windowMessage('firing'));
      await flow.send(windowMessage('resolved'));
      const [mqtt, mail] = flow.alerts;
      assert.deepEqual([mqtt?.alert?.channel, mail?.alert?.channel], ['mqtt', 'mail']);
      assert.deepEqual([typeof mqtt?.payload, typeof mail?.payload], ['object', 'string']);
      assert.deepEqual([mqtt?.mine, mail?.mine], ['untouched', 'untouched']);
      await flow.send(reply(mail));
      assert.deepEqual([flow.alerts.length, flow.alerts[2]?.alert?.channel], [3, 'mail']);
    });

    it('lets go at once what waits for its next try when the channel works again', async () => {
      const flow = await Flow.load({ ...CONFIRM, confirmS: 3600 });
      for (const camera of ['a', 'b']) await flow.send(windowMessage('firing', { camera }));
      for (const msg of flow.alerts.slice()) await flow.send(reply(msg, { statusCode: 503 }));
      assert.equal(flow.alerts.length, 2);
      await flow.send(reply(flow.alerts[0]));
      assert.deepEqual([flow.alerts[2]?.alert?.key, flow.alerts[2]?.alert?.repeat], ['b/loitering', 1]);
    });

    it('gives up after the time that is set: a dead letter on the error output', async () => {
      const flow = await Flow.load({ ...CONFIRM, giveUpH: 0.001 });
      helper.getNode('node').receive(windowMessage('firing') as never);
      await flow.until(() => flow.errors.length === 1);
      const [dead] = flow.errors;
      assert.equal(dead?.error.code, 'ALERT_UNDELIVERED');
      assert.equal(dead?.alert?.id, flow.alerts[0]?.alert?.id);
      assert.equal(payloadOf<{ state: string }>(dead).state, 'raised');
    });
  });

  it('tells that somebody has taken note, and the words that come later, under one id', async () => {
    const flow = await Flow.load();
    await flow.send(windowMessage('firing'));
    const { alert } = flow.alerts[0] ?? {};
    await flow.send({ command: 'acknowledge', payload: { id: alert?.id } });
    await flow.send({ command: 'update', alert, payload: { reason: 'two men, a ladder' }, mine: 'too' });
    assert.deepEqual(flow.alertStates(), ['raised', 'acknowledged', 'updated']);
    assert.match(payloadOf<{ text: string }>(flow.alerts[2]).text, /two men, a ladder/);
    assert.equal(flow.alerts[2]?.mine, 'too');
    assert.equal(new Set(flow.alerts.map((msg) => msg.alert?.id)).size, 1);
    await flow.send({ command: 'acknowledge', payload: 'nobody' });
    await flow.send({ command: 'acknowledge' });
    assert.deepEqual(
      flow.errors.map(({ error }) => error.code),
      ['ALERT_UNKNOWN', 'INPUT_COMMAND'],
    );
  });

  it('is mute for one camera, or all, until it is told otherwise', async () => {
    const flow = await Flow.load();
    await flow.send({ command: 'mute', topic: 'Gate 2', payload: 60 });
    await flow.send(windowMessage('firing'));
    assert.deepEqual(flow.reasons(), ['muted']);
    await flow.send({ command: 'unmute', topic: 'Gate 2' });
    assert.deepEqual(flow.alertStates(), ['raised']);
    await flow.send({ command: 'mute' });
    await flow.send(windowMessage('firing', { camera: 'cam-2' }));
    assert.deepEqual(flow.reasons(), ['muted', 'muted']);
  });

  it('is mute no more for whom it was muted by name when all are unmuted, or the other of id and name is', async () => {
    const flow = await Flow.load();
    await flow.send({ command: 'mute', topic: 'Gate 2' });
    await flow.send({ command: 'unmute' });
    await flow.send(windowMessage('firing'));
    await flow.send({ command: 'mute', frame: { camera: 'cam-2' } });
    await flow.send({ command: 'unmute', topic: 'Gate 2' });
    await flow.send(windowMessage('firing', { camera: 'cam-2' }));
    assert.deepEqual([flow.alertStates(), flow.reasons()], [['raised', 'raised'], []]);
  });

  it('keeps a digest back while it is mute, and tells it then', async () => {
    const flow = await Flow.load({ floodInAll: 1, floodWindowS: 2 });
    for (const camera of ['a', 'b']) await flow.send(windowMessage('firing', { camera }));
    const mutedAt = Date.now();
    await flow.send({ command: 'mute', payload: 3 });
    await flow.until(() => flow.alerts.length === 2);
    assert.equal(flow.alerts[1]?.alert?.state, 'digest');
    assert.ok(Date.now() - mutedAt >= 2990, `told after ${Date.now() - mutedAt} ms`);
  });

  it('explains its last decisions on output 2', async () => {
    const flow = await Flow.load({ cooldownS: 3600 });
    for (const [state, since] of [
      ['firing', 0],
      ['resolved', 0],
      ['firing', 100],
    ] as const)
      await flow.send(windowMessage(state, { since }));
    await flow.send({ command: 'explain', topic: 'Gate 2' });
    const { explain } = payloadOf<{
      explain: { key: string; decisions: { decision: string; reason: string; until?: string }[] }[];
    }>(flow.held.at(-1));
    assert.equal(explain[0]?.key, 'cam-1/loitering');
    const { decisions = [] } = explain[0] ?? {};
    assert.deepEqual(
      decisions.map(({ decision }) => decision),
      ['raised', 'cleared', 'cooldown'],
    );
    assert.ok(decisions[2]?.until);
    assert.equal(decisions[2]?.reason, 'a man at the gate');
  });

  it('tells of a flood in one digest', async () => {
    const flow = await Flow.load({ floodInAll: 2, floodWindowS: 1 });
    for (const camera of ['a', 'b', 'c', 'd']) await flow.send(windowMessage('firing', { camera }));
    assert.deepEqual(flow.reasons(), ['flood', 'flood']);
    await flow.until(() => flow.alerts.length === 3);
    assert.equal(flow.alerts[2]?.alert?.state, 'digest');
    assert.match(payloadOf<{ text: string }>(flow.alerts[2]).text, /^2 more at Gate 2, /);
  });

  it('counts an event that a flood has held back once, however many answers tell of it', async () => {
    const flow = await Flow.load({ floodInAll: 1, floodWindowS: 1 });
    await flow.send(windowMessage('firing'));
    const answer = { payload: {}, vision: { verdict: 'yes', rule: 'ppe', confidence: 1 } };
    for (let i = 0; i < 20; i++) await flow.send({ topic: 'Hall', ...answer });
    assert.deepEqual(new Set(flow.reasons()), new Set(['flood']));
    await flow.until(() => flow.alerts.length === 2);
    assert.match(payloadOf<{ text: string }>(flow.alerts[1]).text, /^1 more at Hall, /);
  });

  it('tells an update that a flood has held back when there is room', async () => {
    const flow = await Flow.load({ group: 'yard', floodPerKey: 1, floodWindowS: 2 });
    await flow.send(windowMessage('firing', { camera: 'a' }));
    await flow.send({ ...windowMessage('firing', { camera: 'b' }), severity: 'critical' });
    assert.deepEqual(flow.reasons(), ['flood']);
    assert.ok(payloadOf<{ until: string | null }>(flow.held[0]).until);
    await flow.until(() => flow.alerts.length === 2);
    assert.deepEqual(flow.alertStates(), ['raised', 'updated']);
    assert.equal(flow.alerts[1]?.alert?.severity, 'critical');
  });

  it('makes one alert of what is one group', async () => {
    const flow = await Flow.load({ group: 'yard/{{rule}}' });
    await flow.send(windowMessage('firing', { camera: 'a' }));
    await flow.send(windowMessage('firing', { camera: 'b' }));
    assert.deepEqual([flow.alertStates(), flow.reasons()], [['raised'], ['already-raised']]);
    assert.equal(flow.alerts[0]?.alert?.key, 'yard/loitering');
  });

  it('writes what the templates say', async () => {
    const flow = await Flow.load({
      titleTemplate: '{{severity}}: {{camera}}',
      textTemplate: '{{rule}} {{held}}',
    });
    await flow.send({ ...windowMessage('firing'), severity: 'critical' });
    const { title, text } = payloadOf<{ title: string; text: string }>(flow.alerts[0]);
    assert.deepEqual([title, text], ['critical: Gate 2', 'loitering 1 min 5 s']);
  });

  for (const [what, settings, pattern] of [
    ['a template with wrong braces', { textTemplate: '{{#a}}' }, /textTemplate/],
    ['quiet times that are none', { quiet: true, quietTimes: 'someday' }, /quietTimes/],
    ['channels that are none', { channels: 'a=fax' }, /channels/],
    ['a group of what it does not know', { group: '{{plate}}' }, /group/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const flow = await Flow.load(settings);
      await flow.send(windowMessage('firing'));
      assert.match(flow.errors[0]?.error.message ?? '', pattern);
    });
  }

  describe('with a user directory', () => {
    let userDir: string;
    beforeEach(() => {
      userDir = mkdtempSync(join(tmpdir(), 'v2l-gate-'));
      helper.settings({ userDir });
    });
    afterEach(async () => {
      await helper.unload();
      helper.settings({ userDir: undefined });
      rmSync(userDir, { recursive: true, force: true });
    });
    const jpeg = () =>
      sharp({ create: { width: 64, height: 48, channels: 3, background: '#888' } })
        .jpeg()
        .toBuffer();

    it('goes on after a deploy: raises nothing twice, clears under the id, keeps cooldown and mute', async () => {
      const first = await Flow.load({ cooldownS: 3600 });
      await first.send(windowMessage('firing'));
      await first.until(() => first.alerts.length === 1);
      await first.send({ command: 'mute', topic: 'other', payload: 3600 });
      await helper.unload();
      const second = await Flow.load({ cooldownS: 3600 });
      await second.send(windowMessage('firing'));
      await second.send(windowMessage('resolved'));
      await second.send(windowMessage('firing', { since: 100 }));
      await second.send(windowMessage('firing', { camera: 'other' }));
      // The end is on the disk before it is sent.
      await second.until(() => second.held.length === 3 && second.alerts.length === 1);
      assert.deepEqual(second.reasons(), ['already-raised', 'cooldown', 'muted']);
      assert.deepEqual(second.alertStates(), ['cleared']);
      assert.equal(second.alerts[0]?.alert?.id, first.alerts[0]?.alert?.id);
    });

    it('sends again after a deploy what was not confirmed, with its picture', async () => {
      const settings = { delivery: 'confirm', format: 'email', cooldownS: 0 };
      const picture = { data: await jpeg(), type: 'image/jpeg' };
      const first = await Flow.load(settings);
      await first.send({ ...windowMessage('firing'), picture });
      await first.until(() => first.alerts.length === 1);
      await helper.unload();
      const second = await Flow.load(settings);
      await second.until(() => second.alerts.length === 1);
      const [mail] = second.alerts;
      assert.equal(mail?.alert?.id, first.alerts[0]?.alert?.id);
      assert.equal(mail?.alert?.repeat, 1);
      assert.match(String(mail?.topic), /sent again/);
      const [attached] = (mail?.attachments ?? []) as { content: Buffer }[];
      const { width } = await sharp(attached?.content).metadata();
      assert.equal(width, 64);
    });

    it('raises later with the picture of then', async () => {
      const flow = await Flow.load({ format: 'email', cooldownS: 0.5 });
      const picture = { data: await jpeg(), type: 'image/jpeg' };
      await flow.send(windowMessage('firing'));
      await flow.send(windowMessage('resolved'));
      await flow.send({ ...windowMessage('firing', { since: 100 }), picture });
      await flow.until(() => flow.alerts.length === 3);
      assert.equal((flow.alerts[2]?.attachments as object[] | undefined)?.length, 1);
    });

    it('explains also what it decided before a deploy', async () => {
      const first = await Flow.load({ cooldownS: 3600 });
      await first.send(windowMessage('firing'));
      await first.send(windowMessage('firing'));
      await first.send(windowMessage('firing'));
      await first.until(() => first.alerts.length === 1 && first.held.length === 2);
      await helper.unload();
      const second = await Flow.load({ cooldownS: 3600 });
      await second.send(windowMessage('resolved'));
      await second.until(() => second.alerts.length === 1);
      await second.send({ command: 'explain', topic: 'Gate 2' });
      const { explain } = payloadOf<{
        explain: { decisions: { decision: string; times: number; id?: string }[] }[];
      }>(second.held.at(-1));
      const id = first.alerts[0]?.alert?.id;
      assert.deepEqual(
        explain[0]?.decisions.map(({ decision, times, id: about }) => [decision, times, about]),
        [
          ['raised', 1, id],
          ['already-raised', 2, id],
          ['cleared', 1, id],
        ],
      );
    });

    it('forgets what a reset has told it to', async () => {
      const settings = { delivery: 'confirm', cooldownS: 0 };
      const first = await Flow.load(settings);
      await first.send(windowMessage('firing'));
      await first.until(() => first.alerts.length === 1);
      await first.send({ reset: true });
      await helper.unload();
      const second = await Flow.load(settings);
      await second.send(windowMessage('resolved'));
      await second.until(() => second.held.length === 1);
      assert.deepEqual([second.reasons(), second.alerts], [['not-raised'], []]);
    });

    it('counts no alert for a flood, after a deploy, that a reset has told it to forget', async () => {
      const settings = { floodInAll: 1, floodWindowS: 3600 };
      const first = await Flow.load(settings);
      await first.send(windowMessage('firing', { camera: 'a' }));
      await first.until(() => first.alerts.length === 1);
      await first.send({ reset: true });
      await helper.unload();
      const second = await Flow.load(settings);
      await second.send(windowMessage('firing', { camera: 'b' }));
      await second.until(() => second.alerts.length + second.held.length === 1);
      assert.deepEqual([second.alertStates(), second.reasons()], [['raised'], []]);
    });

    it('keeps feedback as labels, also after a deploy', async () => {
      const first = await Flow.load();
      await first.send(windowMessage('firing'));
      await first.until(() => first.alerts.length === 1);
      await helper.unload();
      const second = await Flow.load();
      await second.send({ command: 'feedback', alert: first.alerts[0]?.alert, feedback: 'wrong' });
      await second.send({
        command: 'feedback',
        payload: { id: first.alerts[0]?.alert?.id, feedback: 'maybe' },
      });
      const path = join(userDir, 'video-to-llm', 'labels.jsonl');
      await second.until(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'));
      const { camera, label, start, end, verdict } = JSON.parse(readFileSync(path, 'utf8'));
      assert.deepEqual(
        { camera, label, start, end, verdict },
        {
          camera: 'cam-1',
          label: 'loitering',
          start: START / 1000,
          end: START / 1000 + 65,
          verdict: 'wrong',
        },
      );
      assert.deepEqual(
        second.errors.map(({ error }) => error.code),
        ['INPUT_COMMAND'],
      );
    });
  });
});
