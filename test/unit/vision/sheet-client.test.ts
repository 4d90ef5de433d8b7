import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { VisionError } from '../../../src/shared/errors';
import { BUILT_IN_SCHEMA } from '../../../src/vision/answer-schema';
import type { VisionClient, VisionReply, VisionRequest } from '../../../src/vision/client';
import { CallFailure } from '../../../src/vision/failure';
import { picturesOf } from '../../../src/vision/series';
import { SheetClient } from '../../../src/vision/sheet-client';

const reply: VisionReply = { text: '{}', finish: 'stop', refusal: null, model: 'm', usage: null };
const START = Date.UTC(2026, 10, 22, 7, 0, 0);
const signal = new AbortController().signal;

/** Remembers what it was sent, and refuses more than one picture where it is told to. */
class Inner implements VisionClient {
  readonly sent: VisionRequest[] = [];
  refuses = '';

  async ask(request: VisionRequest): Promise<VisionReply> {
    this.sent.push(request);
    if (this.refuses !== '' && request.series) throw failure(this.refuses);
    return reply;
  }
}

const failure = (detail: string) =>
  new CallFailure('once', new VisionError('VISION_REQUEST', 'The request is refused.', { detail }));

function square(level: number): Promise<Buffer> {
  const background = { r: level, g: level, b: level };
  return sharp({ create: { width: 320, height: 180, channels: 3, background } })
    .jpeg()
    .toBuffer();
}

/** Four grey pictures from dark to bright, a second apart. */
async function request(more: Partial<VisionRequest> = {}): Promise<VisionRequest> {
  const payload = await Promise.all(
    [40, 100, 160, 220].map(async (level, n) => ({ data: await square(level), time: START + n * 1000 })),
  );
  const series = picturesOf({ payload });
  return {
    ...{ lane: 'n\nc', time: START, model: 'm', system: '', prompt: 'What?', detail: 'auto' },
    ...{ schema: BUILT_IN_SCHEMA, verdictField: 'verdict', confidenceField: 'confidence', maxTokens: 100 },
    ...{ temperature: null, reasoningEffort: '', timeZone: 'Europe/Berlin' },
    picture: series.at(-1) ?? assert.fail(),
    ...{ series, arrangement: 'sheet' as const },
    ...more,
  };
}

function pixelsIn(
  data: Buffer,
  area: { left: number; top: number; width: number; height: number },
): Promise<Buffer> {
  return sharp(data).extract(area).greyscale().raw().toBuffer();
}

/** Mean brightness in the middle of each quarter, in reading order. */
async function quarters(data: Buffer): Promise<number[]> {
  const { width = 0, height = 0 } = await sharp(data).metadata();
  const levels: number[] = [];
  for (const [x, y] of [
    [1, 1],
    [3, 1],
    [1, 3],
    [3, 3],
  ] as const) {
    const area = { left: (x * width) >> 2, top: (y * height) >> 2, width: 8, height: 8 };
    const pixels = await pixelsIn(data, area);
    levels.push(Math.round(pixels.reduce((sum, value) => sum + value, 0) / pixels.length));
  }
  return levels;
}

describe('several pictures for a model', () => {
  it('go on one sheet where that was decided: in order, with their times in the cells and in the prompt', async () => {
    const inner = new Inner();
    await new SheetClient(inner).ask(await request(), signal);
    const [sent] = inner.sent;
    assert.equal(sent?.series, undefined);
    const levels = await quarters(sent?.picture.data ?? assert.fail());
    for (const [index, level] of [40, 100, 160, 220].entries())
      assert.ok(Math.abs((levels[index] ?? 0) - level) < 4, `${levels}`);
    const { width, height } = await sharp(sent?.picture.data).metadata();
    assert.deepEqual([width, height], [642, 362]);
    // White figures on black, in the corner of the first cell.
    const corner = await pixelsIn(sent?.picture.data ?? assert.fail(), {
      left: 0,
      top: 0,
      width: 100,
      height: 14,
    });
    assert.ok(Math.max(...corner) > 200 && Math.min(...corner) < 20);
    assert.match(
      sent?.prompt ?? '',
      /^What\?\n\nThe picture is a contact sheet of 4 .*1: 2026-11-22 08:00:00; 2: 2026-11-22 08:00:01;/,
    );
  });

  it('go on as they are where they go apart, and where there is one', async () => {
    const inner = new Inner();
    const client = new SheetClient(inner);
    const several = await request({ arrangement: 'several' });
    const one = await request({ arrangement: 'one' });
    await client.ask(several, signal);
    await client.ask(one, signal);
    assert.ok(inner.sent[0] === several && inner.sent[1] === one);
  });

  for (const words of [
    'HTTP 400: At most 1 image(s) may be provided in one request.',
    'HTTP 400: this model only supports one image while more than one image requested',
    'HTTP 500: multiple images are not supported',
  ]) {
    it(`go on a sheet after "${words}", from then on as well`, async () => {
      const inner = new Inner();
      inner.refuses = words;
      const client = new SheetClient(inner);
      const asked = await request({ arrangement: 'several' });
      assert.equal(client.takesOne('m'), false);
      assert.equal(await client.ask(asked, signal), reply);
      assert.deepEqual(
        inner.sent.map(({ series }) => series?.length ?? 0),
        [4, 0],
      );
      assert.deepEqual([client.takesOne('m'), client.takesOne('other')], [true, false]);
    });
  }

  it('are no reason for a sheet where something else is refused', async () => {
    const inner = new Inner();
    inner.refuses = 'HTTP 400: the image is too large';
    const client = new SheetClient(inner);
    await assert.rejects(client.ask(await request({ arrangement: 'several' }), signal), CallFailure);
    assert.deepEqual([inner.sent.length, client.takesOne('m')], [1, false]);
  });

  it('are put on a sheet once for all attempts', async () => {
    const inner = new Inner();
    const client = new SheetClient(inner);
    const asked = await request();
    await client.ask(asked, signal);
    await client.ask(asked, signal);
    assert.ok(inner.sent[0] !== undefined && inner.sent[0] === inner.sent[1]);
  });

  it('that cannot be read are an error of theirs', async () => {
    const broken = picturesOf({ payload: [Buffer.from([0xff, 0xd8, 0xff, 0]), await square(9)] });
    const asked = await request({ series: broken });
    await assert.rejects(
      new SheetClient(new Inner()).ask(asked, signal),
      (error) => error instanceof CallFailure && error.error.code === 'VISION_NO_PICTURE',
    );
  });

  it('are not put on a sheet any more where the call was given up', async () => {
    const inner = new Inner();
    await assert.rejects(
      new SheetClient(inner).ask(await request(), AbortSignal.abort(new Error('over'))),
      /over/,
    );
    assert.equal(inner.sent.length, 0);
  });
});
