import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import type { VisionClient, VisionReply, VisionRequest } from '../../../src/vision/client';
import { CallFailure } from '../../../src/vision/failure';
import { asRead } from '../../../src/vision/jpeg-client';
import { presets } from '../../../src/vision/presets';

const reply: VisionReply = { text: '{}', finish: 'stop', refusal: null, model: 'm', usage: null };
const square = (format: 'webp' | 'png' | 'jpeg') =>
  sharp({ create: { width: 16, height: 16, channels: 3, background: 'red' } })
    .toFormat(format)
    .toBuffer();

function start() {
  const asked: VisionRequest[] = [];
  const client: VisionClient = {
    ask: async (request) => {
      asked.push(request);
      return reply;
    },
  };
  return { client, asked };
}
const requestWith = (data: Buffer, type: string) =>
  ({ picture: { data, type }, prompt: 'P' }) as VisionRequest;
const signal = new AbortController().signal;

describe('a server that reads no WebP', () => {
  it('is LM Studio and llama.cpp; all others are asked as they are', () => {
    const { client } = start();
    const converted = Object.entries(presets).filter(([, preset]) => asRead(client, preset) !== client);
    assert.deepEqual(
      converted.map(([name]) => name),
      ['lmstudio', 'llamacpp'],
    );
  });

  it('is sent JPEG in place of WebP, also in a series, and the rest as it is', async () => {
    const { client, asked } = start();
    const webp = await square('webp');
    const png = await square('png');
    const request = {
      ...requestWith(webp, 'image/webp'),
      series: [
        { data: png, type: 'image/png', time: 1 },
        { data: webp, type: 'image/webp', time: 2 },
      ],
    } as unknown as VisionRequest;
    assert.equal(await asRead(client, presets.lmstudio).ask(request, signal), reply);
    const [sent] = asked;
    const all = [sent?.picture, ...(sent?.series ?? [])];
    assert.deepEqual(
      all.map((one) => one?.type),
      ['image/jpeg', 'image/png', 'image/jpeg'],
    );
    assert.equal((await sharp(sent?.picture.data).metadata()).format, 'jpeg');
    assert.equal(sent?.series?.[0]?.data, png);
    assert.deepEqual([sent?.series?.[1]?.time, sent?.prompt], [2, 'P']);
    assert.equal(request.picture.data, webp, 'a received picture stays as it is');
  });

  it('is sent the very same request where no WebP is in it', async () => {
    const { client, asked } = start();
    const request = requestWith(await square('jpeg'), 'image/jpeg');
    await asRead(client, presets.llamacpp).ask(request, signal);
    assert.equal(asked[0], request);
  });

  it('is not asked about a WebP that cannot be read', async () => {
    const { client, asked } = start();
    const broken = (await square('webp')).subarray(0, 20);
    await assert.rejects(
      asRead(client, presets.lmstudio).ask(requestWith(broken, 'image/webp'), signal),
      (thrown) => {
        assert.ok(thrown instanceof CallFailure);
        assert.deepEqual([thrown.kind, thrown.error.code], ['once', 'VISION_NO_PICTURE']);
        return true;
      },
    );
    assert.deepEqual(asked, []);
  });
});
