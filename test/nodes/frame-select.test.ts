import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import sharp from 'sharp';
import type { FlowMessage } from '../../nodes/lib/message';
import { helper, useServer } from '../fixtures/test-helper';
import { Drawing, withPerson } from '../unit/select/scenes';

import frameSelect = require('../../nodes/frame-select');

/** Long enough for a slow machine, and only ever waited for when a test fails. */
const DEADLINE_MS = 15_000;

const T0 = Date.UTC(2026, 10, 22, 8);
const JPEG = Buffer.from('ffd8ffe0', 'hex');

type ErrorMessage = FlowMessage & { error: { code: string; message: string; cause: { advice: string } } };

/** A frame-select with what comes out of it. */
class Flow {
  readonly selected: FlowMessage[] = [];
  readonly skipped: FlowMessage[] = [];
  readonly errors: ErrorMessage[] = [];
  readonly completed: FlowMessage[] = [];
  readonly statuses: string[] = [];
  readonly #looks = new Set<() => void>();

  static async load(settings: object = {}): Promise<Flow> {
    await helper.load(
      [frameSelect, require('@node-red/nodes/core/common/24-complete.js')],
      [
        { id: 'tab', type: 'tab' },
        {
          id: 'node',
          z: 'tab',
          type: 'frame-select',
          wires: [['selected'], ['skipped'], ['errors']],
          ...settings,
        },
        ...['selected', 'skipped', 'errors'].map((id) => ({ id, z: 'tab', type: 'helper' })),
        { id: 'complete-node', z: 'tab', type: 'complete', scope: ['node'], wires: [['completed']] },
        { id: 'completed', z: 'tab', type: 'helper' },
      ],
    );
    const flow = new Flow();
    for (const [id, list] of [
      ['selected', flow.selected],
      ['skipped', flow.skipped],
      ['errors', flow.errors],
      ['completed', flow.completed],
    ] as const)
      helper.getNode(id).on('input', (msg) => {
        list.push(msg as never);
        flow.#notify();
      });
    const node = helper.getNode('node') as unknown as NodeJS.EventEmitter;
    node.on('call:status', ({ args }: { args: [{ text?: string }] }) => {
      flow.statuses.push(args[0].text ?? '');
      flow.#notify();
    });
    return flow;
  }

  send(msg: object): void {
    helper.getNode('node').receive(msg as never);
  }

  /** A frame as rtsp-in sends it. */
  frame(camera: string, second: number, drawing = Drawing.room()): void {
    const luma = { width: 160, height: 90, data: drawing.plane };
    const frame = { camera, id: `${camera}-${second}`, seq: second, time: T0 + second * 1000, luma };
    this.send({ topic: camera, payload: JPEG, frame, kept: 'as it was' });
  }

  /** Waits until it holds; looks again whenever something has come out of the node. */
  until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain: ${what}`)), DEADLINE_MS);
      const look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
    });
  }

  /** Waits until the node has dealt with so many messages, whatever came of them. */
  dealtWith(count: number): Promise<void> {
    return this.until(() => this.completed.length >= count, `${count} messages done`);
  }

  reasons(): (string | undefined)[] {
    return this.selected.map(({ selection }) => selection?.reason);
  }

  #notify(): void {
    for (const look of [...this.#looks]) look();
  }
}

describe('frame-select node', () => {
  useServer();
  afterEach(() => helper.unload());

  it('sends the first frame and the one that moves, with the selection and all that came', async () => {
    const flow = await Flow.load();
    for (let second = -3; second < 2; second++) flow.frame('gate', second);
    flow.frame('gate', 2, withPerson(70));
    await flow.dealtWith(6);
    assert.deepEqual(flow.reasons(), ['heartbeat', 'start']);
    const [, start] = flow.selected;
    assert.equal(start?.kept, 'as it was');
    assert.equal(start?.payload, JPEG);
    assert.equal(start?.frame?.id, 'gate-2');
    assert.equal(start?.selection?.skipped, 4);
    assert.deepEqual(flow.skipped, []);
    assert.deepEqual(flow.errors, []);
  });

  it('puts what it passed over on the second output, where that is wanted', async () => {
    const flow = await Flow.load({ sendSkipped: true });
    flow.frame('gate', 0);
    flow.frame('gate', 1);
    await flow.dealtWith(2);
    assert.deepEqual(
      flow.skipped.map(({ selection }) => selection?.skip),
      ['quiet'],
    );
  });

  it('takes pictures from elsewhere, and makes their luma', async () => {
    const flow = await Flow.load();
    const picture = (drawing: Drawing) =>
      sharp(drawing.plane, { raw: { width: 160, height: 90, channels: 1 } })
        .resize(640, 360)
        .jpeg()
        .toBuffer();
    const times = [0, 1, 2, 3, 4].map((second) => T0 + second * 1000);
    for (const [i, time] of times.entries()) {
      flow.send({ topic: 'yard', payload: await picture(Drawing.room()), frame: { time } });
      await flow.dealtWith(i + 1);
    }
    flow.send({ topic: 'yard', payload: await picture(withPerson(70)), frame: { time: T0 + 5000 } });
    await flow.dealtWith(6);
    assert.deepEqual(flow.reasons(), ['heartbeat', 'start']);
    flow.send({ topic: 'door', payload: await picture(Drawing.room()) });
    await flow.dealtWith(7);
    const frame = flow.selected[2]?.frame;
    assert.equal(frame?.camera, 'door');
    assert.equal(frame?.seq, 1);
    assert.equal(typeof frame?.id, 'string');
    assert.ok(Math.abs(Date.now() - Number(frame?.time)) < DEADLINE_MS);
  });

  it('reads its settings, numbers in text included', async () => {
    const flow = await Flow.load({ mode: 'interval', intervalS: '5', heartbeatS: '0' });
    for (const second of [0, 2, 4, 5, 9, 10]) flow.frame('gate', second);
    await flow.dealtWith(6);
    assert.deepEqual(
      flow.selected.map(({ frame, selection }) => `${frame?.seq} ${selection?.reason}`),
      ['0 interval', '5 interval', '10 interval'],
    );
  });

  it('sends the next frame of a camera on a probe', async () => {
    const flow = await Flow.load();
    flow.frame('gate', 0);
    flow.frame('yard', 0);
    flow.send({ command: 'probe', topic: 'gate' });
    flow.frame('yard', 1);
    flow.frame('gate', 1);
    await flow.dealtWith(5);
    assert.deepEqual(
      flow.selected.map(({ topic, selection }) => `${topic} ${selection?.reason}`),
      ['gate heartbeat', 'yard heartbeat', 'gate probe'],
    );
  });

  it('tells on the second output what has become of the view of a camera', async () => {
    const flow = await Flow.load();
    for (let second = 0; second < 20; second++)
      flow.frame('gate', second, second < 10 ? Drawing.room() : new Drawing());
    await flow.dealtWith(20);
    assert.deepEqual(flow.reasons(), ['heartbeat']);
    assert.equal(flow.skipped.length, 1);
    const [told] = flow.skipped as unknown as { topic: string; payload: { view: string; advice: string } }[];
    assert.equal(told?.topic, 'gate');
    assert.equal(told?.payload.view, 'dark');
    assert.notEqual(told?.payload.advice, '');
  });

  it('takes a rate as the core does, with a picture or without', async () => {
    const flow = await Flow.load({ maxSpacingS: '2' });
    for (let second = -4; second < 0; second++) flow.frame('gate', second);
    flow.send({ topic: 'gate', rate: 60_000 });
    for (let second = 0; second < 20; second++) flow.frame('gate', second, withPerson(10 + 6 * second));
    await flow.dealtWith(25);
    // The sharpest frame of the first second belongs to the start, and is never held back.
    assert.deepEqual(flow.reasons(), ['heartbeat', 'start', 'motion']);
    flow.send({ topic: 'gate', rate: 'fast' });
    await flow.until(() => flow.errors.length === 1, 'an error');
    assert.equal(flow.errors[0]?.error.code, 'INPUT_COMMAND');
  });

  it('looks only into the zones of its settings', async () => {
    const flow = await Flow.load({ zones: 'right: 0.6,0 1,0 1,1 0.6,1' });
    for (let second = -4; second < 0; second++) flow.frame('gate', second);
    flow.frame('gate', 0, withPerson(20));
    flow.frame('gate', 1, withPerson(110));
    await flow.dealtWith(6);
    assert.deepEqual(
      flow.selected.map(({ frame, selection }) => `${frame?.seq} ${selection?.reason} ${selection?.zones}`),
      ['-4 heartbeat ', '1 start right'],
    );
  });

  it('counts by reason in its status', async () => {
    const flow = await Flow.load();
    for (let second = 0; second < 5; second++) flow.frame('gate', second);
    flow.frame('gate', 5, withPerson(70));
    await flow.dealtWith(6);
    const wanted = 'sent · frame-select.status.reason.start · frame-select.status.reason.heartbeat';
    await flow.until(() => flow.statuses.some((text) => text.endsWith(wanted)), flow.statuses.join());
  });

  it('forgets one camera or all on a reset, and shows it', async () => {
    const flow = await Flow.load();
    for (const camera of ['gate', 'yard']) flow.frame(camera, 0);
    flow.send({ command: 'reset', topic: 'gate' });
    for (const camera of ['gate', 'yard']) flow.frame(camera, 1);
    flow.send({ reset: true });
    for (const camera of ['gate', 'yard']) flow.frame(camera, 2);
    await flow.dealtWith(8);
    assert.deepEqual(
      flow.selected.map(({ topic, frame }) => `${topic} ${frame?.seq}`),
      ['gate 0', 'yard 0', 'gate 1', 'gate 2', 'yard 2'],
    );
    flow.send({ reset: true });
    await flow.until(() => flow.statuses.includes('frame-select.status.reset'), 'status reset');
  });

  for (const [what, msg, code] of [
    ['what is no picture', { topic: 'gate', payload: 'text' }, 'INPUT_NOT_IMAGE'],
    ['a picture that cannot be read', { topic: 'gate', payload: JPEG }, 'INPUT_NOT_IMAGE'],
    ['a picture of no camera', { payload: JPEG }, 'INPUT_NO_CAMERA'],
    ['a probe of no camera', { command: 'probe' }, 'INPUT_NO_CAMERA'],
    ['a command that it does not know', { topic: 'gate', command: 'dance' }, 'INPUT_COMMAND'],
  ] as const)
    it(`tells ${what} on the error output, and lives on`, async () => {
      const flow = await Flow.load();
      flow.send(msg);
      await flow.until(() => flow.errors.length === 1, 'an error');
      assert.equal(flow.errors[0]?.error.code, code);
      assert.notEqual(flow.errors[0]?.error.cause.advice, '');
      flow.frame('gate', 0);
      await flow.until(() => flow.selected.length === 1, 'the next frame');
    });

  it('with settings that cannot be used tells so for each message, and by a red ring', async () => {
    const flow = await Flow.load({ threshold: '-4', mode: 'magic', zones: 'gate', maxSpacingS: '1' });
    flow.frame('gate', 0);
    await flow.until(() => flow.errors.length === 1, 'an error');
    assert.equal(flow.errors[0]?.error.code, 'CONFIG_INVALID');
    assert.match(flow.errors[0]?.error.message ?? '', /mode .*threshold .*maxSpacingS .*zone /);
    const { status } = helper.getNode('node') as unknown as { status: { firstCall: { args: unknown[] } } };
    assert.deepEqual(status.firstCall.args[0], {
      fill: 'red',
      shape: 'ring',
      text: 'frame-select.status.settings',
    });
    assert.deepEqual(flow.selected, []);
  });

  it('is done with every message when it is closed, those that it was measuring too', async () => {
    const flow = await Flow.load();
    const big = await sharp({ create: { width: 4000, height: 3000, channels: 3, background: 'grey' } })
      .jpeg()
      .toBuffer();
    for (let i = 0; i < 3; i++) flow.send({ topic: 'door', payload: big });
    // The first of them gives way to the third: by then all have arrived.
    await flow.dealtWith(1);
    await helper.getNode('node').close(false);
    await flow.dealtWith(3);
    assert.equal(flow.completed.length, 3);
  });
});
