import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, describe, it } from 'node:test';
import type { Node } from 'node-red';
import sharp from 'sharp';
import type { FlowMessage } from '../../nodes/lib/message';
import type { Picture } from '../../src/shared/messages';
import { picturesOf } from '../../src/vision/series';
import { helper, useServer } from '../fixtures/test-helper';

import imageEncode = require('../../nodes/image-encode');

/** Long enough for a slow machine, and only ever waited for when a test fails. */
const DEADLINE_MS = 15_000;

type ErrorMessage = FlowMessage & { error: { code: string; message: string; cause: { advice: string } } };

/** An image-encode node with what comes out of it. */
class Flow {
  readonly pictures: FlowMessage[] = [];
  readonly errors: ErrorMessage[] = [];
  readonly completed: FlowMessage[] = [];
  #node: Node | undefined;

  static async load(settings: object = {}, { errorsWired = true } = {}): Promise<Flow> {
    const nodes = [
      { id: 'tab', type: 'tab' },
      {
        id: 'node',
        z: 'tab',
        type: 'image-encode',
        wires: [['picture'], errorsWired ? ['failed'] : []],
        ...settings,
      },
      { id: 'picture', z: 'tab', type: 'helper' },
      { id: 'failed', z: 'tab', type: 'helper' },
      { id: 'complete-node', z: 'tab', type: 'complete', scope: ['node'], wires: [['completed']] },
      { id: 'completed', z: 'tab', type: 'helper' },
      { id: 'catch-node', z: 'tab', type: 'catch', scope: ['node'], wires: [['caught']] },
      { id: 'caught', z: 'tab', type: 'helper' },
    ];
    const { completeNode, catchNode } = coreNodes();
    await helper.load([imageEncode, completeNode, catchNode], nodes);
    const flow = new Flow();
    flow.#node = helper.getNode('node');
    const collect = (id: string, list: FlowMessage[]) =>
      helper.getNode(id).on('input', (msg) => list.push(msg as unknown as FlowMessage));
    collect('picture', flow.pictures);
    collect('failed', flow.errors);
    collect('caught', flow.errors);
    collect('completed', flow.completed);
    return flow;
  }

  get node(): Node {
    assert.ok(this.#node);
    return this.#node;
  }

  send(msg: object): void {
    this.node.receive(msg as never);
  }

  /** Waits until a list has so many messages. */
  async until(list: 'pictures' | 'errors' | 'completed', length: number): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    while (this[list].length < length) {
      assert.ok(Date.now() < deadline, `${this[list].length} of ${length} ${list}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  picture(index: number): Picture {
    const picture = this.pictures[index]?.picture;
    assert.ok(picture);
    return picture;
  }
}

/** Complete and Catch of Node-RED itself, to see that each message ends once. */
function coreNodes() {
  return {
    completeNode: require('@node-red/nodes/core/common/24-complete.js'),
    catchNode: require('@node-red/nodes/core/common/25-catch.js'),
  };
}

function jpeg(width = 1280, height = 720): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#246' } })
    .jpeg()
    .toBuffer();
}

async function frame(second: number, changes: object = {}): Promise<object> {
  return {
    payload: await jpeg(640, 360),
    topic: 'Gate',
    frame: { camera: 'gate', time: second * 1000 },
    ...changes,
  };
}

describe('image-encode', () => {
  useServer();
  afterEach(() => helper.unload());

  it('sends a smaller picture as Buffer, with what is known about it, and keeps the rest of the message', async () => {
    const flow = await Flow.load();
    flow.send({ payload: await jpeg(), topic: 'Gate', mine: { a: 1 } });
    await flow.until('pictures', 1);
    const [msg] = flow.pictures;
    const picture = flow.picture(0);
    assert.equal(msg?.payload, picture.data);
    assert.ok(Buffer.isBuffer(picture.data));
    const { data, bytes, ...rest } = picture;
    assert.equal(bytes, data.length);
    assert.deepEqual(rest, { type: 'image/jpeg', width: 640, height: 360, tokens: 389, masked: false });
    assert.deepEqual([msg?.topic, msg?.mine], ['Gate', { a: 1 }]);
  });

  it('passes a picture that needs no change as it is', async () => {
    const flow = await Flow.load();
    const payload = await jpeg(640, 360);
    flow.send({ payload });
    await flow.until('pictures', 1);
    assert.equal(flow.picture(0).data, payload);
  });

  it('sends text where wanted, while msg.picture keeps the Buffer', async () => {
    const flow = await Flow.load({ output: 'datauri', format: 'png', width: '32' });
    flow.send({ payload: await jpeg() });
    await flow.until('pictures', 1);
    const { data } = flow.picture(0);
    assert.equal(flow.pictures[0]?.payload, `data:image/png;base64,${data.toString('base64')}`);
  });

  it('makes a contact sheet of the frames of each camera, in the message of the newest', async () => {
    const flow = await Flow.load({ sheetFrames: 2, width: 1280 });
    flow.send(await frame(1, { n: 1 }));
    flow.send(await frame(1, { frame: { camera: 'yard', time: 0 } }));
    flow.send(await frame(2, { n: 2 }));
    await flow.until('pictures', 1);
    assert.equal(flow.pictures[0]?.n, 2);
    assert.deepEqual(flow.picture(0).times, [1000, 2000]);
    assert.deepEqual([flow.picture(0).width, flow.picture(0).height], [1280, 359]);
  });

  it('sends frames apart, as vision-llm takes them: the newest, and all of them in order of capture', async () => {
    const flow = await Flow.load({ sheetFrames: 2, sheetAs: 'apart' });
    flow.send(await frame(2, { n: 2 }));
    flow.send(await frame(1, { n: 1 }));
    flow.send(await frame(4, { n: 4 }));
    flow.send(await frame(5, { n: 5 }));
    await flow.until('pictures', 2);
    const { series = [], times, data } = flow.picture(1);
    assert.deepEqual([series.map(({ time }) => time), times], [[4000, 5000], undefined]);
    assert.ok(series[1]?.data.equals(data) && series.every((one) => one.series === undefined));
    const payload = flow.pictures[1]?.payload;
    assert.ok(Array.isArray(payload) && payload.length === 2);
    assert.deepEqual(
      picturesOf(flow.pictures[1] as object).map(({ time, tokens }) => [time, tokens]),
      [
        [4000, series[0]?.tokens],
        [5000, series[1]?.tokens],
      ],
    );
  });

  it('ends every message once, those of a sheet and commands too', async () => {
    const flow = await Flow.load({ sheetFrames: 2 });
    for (const second of [1, 2, 3]) flow.send(await frame(second));
    flow.send({ flush: true });
    await flow.until('pictures', 2);
    await flow.until('completed', 4);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(flow.completed.length, 4);
    assert.deepEqual(flow.picture(1).times, [3000]);
  });

  it('drops what it has collected on reset', async () => {
    const flow = await Flow.load({ sheetFrames: 2 });
    flow.send(await frame(1));
    flow.send({ command: 'reset', topic: 'another' });
    flow.send({ command: 'reset', topic: 'gate' });
    flow.send(await frame(2));
    flow.send(await frame(3));
    await flow.until('pictures', 1);
    assert.deepEqual(flow.picture(0).times, [2000, 3000]);
  });

  it('lets a frame that answers a probe complete its sheet at once', async () => {
    const flow = await Flow.load({ sheetFrames: 6 });
    flow.send(await frame(1));
    flow.send(await frame(2, { selection: { reason: 'probe' } }));
    await flow.until('pictures', 1);
    assert.deepEqual(flow.picture(0).times, [1000, 2000]);
  });

  it('tells what is no picture on the error output, with the message that caused it', async () => {
    const flow = await Flow.load();
    flow.send({ payload: 'hello', topic: 'Gate' });
    flow.send({ payload: Buffer.from('hello') });
    await flow.until('errors', 2);
    assert.deepEqual(
      flow.errors.map(({ error }) => error.code),
      ['ENCODE_NOT_IMAGE', 'ENCODE_NOT_IMAGE'],
    );
    assert.equal(flow.errors[0]?.topic, 'Gate');
    assert.ok(flow.errors[0]?.error.cause.advice);
    await flow.until('completed', 2);
  });

  it('tells errors to a Catch node where the error output is not wired', async () => {
    const flow = await Flow.load({}, { errorsWired: false });
    const good = await jpeg();
    flow.send({ payload: good.subarray(0, good.length / 2), width: 64 });
    await flow.until('errors', 1);
    assert.equal(flow.errors[0]?.error.code, 'ENCODE_FAILED');
    assert.equal(flow.completed.length, 0);
  });

  it('tells of a flushed sheet that fails, though its messages have ended', async () => {
    const flow = await Flow.load({ sheetFrames: 3 });
    const good = await jpeg();
    flow.send(await frame(1, { payload: good.subarray(0, good.length / 2) }));
    flow.send({ flush: true });
    await flow.until('errors', 1);
    assert.equal(flow.errors[0]?.error.code, 'ENCODE_FAILED');
    assert.deepEqual(flow.errors[0]?.frame?.camera, 'gate');
  });

  it('needs to know the camera only where frames are combined', async () => {
    const flow = await Flow.load({ sheetFrames: 2 });
    flow.send({ payload: await jpeg() });
    flow.send({ command: 'dance' });
    await flow.until('errors', 2);
    assert.deepEqual(
      flow.errors.map(({ error }) => error.code),
      ['INPUT_NO_CAMERA', 'INPUT_COMMAND'],
    );
  });

  it('names every setting that cannot be used, for each message, and shows it', async () => {
    const flow = await Flow.load({ width: 'wide', cropX: 0.5, format: 'bmp', quality: `\${QUALITY}` });
    const { args } = (flow.node.status as unknown as { lastCall: { args: [{ fill: string }] } }).lastCall;
    assert.equal(args[0].fill, 'red');
    flow.send({ payload: await jpeg() });
    await flow.until('errors', 1);
    const { code, message } = flow.errors[0]?.error ?? assert.fail();
    assert.equal(code, 'CONFIG_INVALID');
    for (const name of ['width', 'cropX', 'format', 'quality']) assert.match(message, new RegExp(name));
  });

  it('shows the last picture', async () => {
    const flow = await Flow.load();
    const shown = once(flow.node, 'call:status', { signal: AbortSignal.timeout(DEADLINE_MS) });
    flow.send({ payload: await jpeg() });
    const [call] = await shown;
    assert.deepEqual(call.args[0], { fill: 'green', shape: 'dot', text: 'image-encode.status.encoded' });
  });

  it('keeps the newest frame of a camera when frames come too fast, and counts the others', async () => {
    const flow = await Flow.load({ sheetFrames: 1 });
    const large = await jpeg(3840, 2160);
    for (let n = 1; n <= 20; n++) flow.send({ payload: large, topic: 'Gate', n });
    await flow.until('completed', 20);
    const sent = flow.pictures.map(({ n }) => n);
    assert.ok(sent.length < 20, `${sent.length} pictures`);
    assert.equal(sent.at(-1), 20);
    assert.deepEqual(
      sent,
      [...sent].sort((a, b) => Number(a) - Number(b)),
    );
  });

  it('closes while pictures are being made, and sends nothing afterwards', async () => {
    const flow = await Flow.load();
    const large = await jpeg(3840, 2160);
    for (const topic of ['a', 'b', 'c', 'd']) flow.send({ payload: large, topic });
    await new Promise((resolve) => setImmediate(resolve));
    await helper.unload();
    assert.equal(flow.pictures.length, 0);
  });
});
