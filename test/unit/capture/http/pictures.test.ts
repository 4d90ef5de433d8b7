import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { MAX_PICTURE_BYTES } from '../../../../src/capture/http/jpeg-scanner';
import { FakeClock } from '../../../fixtures/fake-clock';
import { waitFor } from '../../../fixtures/wait';
import { fakeJpeg, relayFor, watch } from './relay-bench';
import { ScriptedServer } from './scripted-server';

/** Parts that ffmpeg has got, by the length that each tells. */
function partsOf(answer: IncomingMessage): Buffer[] {
  const parts: Buffer[] = [];
  let rest = Buffer.alloc(0);
  answer
    .on('error', () => {})
    .on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const head = rest.indexOf('\r\n\r\n');
        const length = Number(/Content-Length: (\d+)/.exec(rest.subarray(0, head).toString())?.[1]);
        if (head < 0 || rest.length < head + 4 + length + 2) return;
        parts.push(rest.subarray(head + 4, head + 4 + length));
        rest = rest.subarray(head + 4 + length + 2);
      }
    });
  return parts;
}

async function cameraOf(t: TestContext, answer: (response: ServerResponse, count: number) => void) {
  let count = 0;
  const server = await new ScriptedServer((_request, response) => answer(response, ++count)).start();
  t.after(() => server.stop());
  return { server, url: `http://127.0.0.1:${server.port}/` };
}

describe('MJPEG', () => {
  const types = [
    'multipart/x-mixed-replace; boundary=x',
    'multipart/x-mixed-replace',
    'video/x-motion-jpeg',
    'image/jpeg',
    undefined,
  ];
  for (const type of types) {
    it(`of type ${type}: each picture comes at once, whatever boundary and length are told`, async (t) => {
      let camera: ServerResponse | null = null;
      const { url } = await cameraOf(t, (response) => {
        camera = response;
        if (type) response.setHeader('content-type', type);
        response.flushHeaders();
      });
      const clock = new FakeClock();
      const { relay, told, ends } = relayFor(t, clock, { kind: 'mjpeg', url });
      const parts = partsOf(await watch(t, await relay.open()));
      for (const id of [1, 2, 3]) {
        clock.advance(200);
        (camera as unknown as ServerResponse).write(
          Buffer.concat([Buffer.from('--wrong\r\nContent-Length: 7\r\n\r\n'), fakeJpeg(id)]),
        );
        await waitFor(`picture ${id}`, 15_000, () => parts.length === id);
        assert.deepEqual(parts.at(-1), fakeJpeg(id));
      }
      const { pictures, keyframes, gopMs, lastVideoAt, lastKeyframeAt, videoBytes } = relay.traffic;
      assert.deepEqual({ pictures, keyframes, gopMs }, { pictures: 3, keyframes: 3, gopMs: 200 });
      assert.deepEqual([lastVideoAt, lastKeyframeAt], [600, 600]);
      assert.ok(videoBytes > 3 * fakeJpeg(1).length);
      assert.equal(told.traffic, 1, 'no more than twice a second');
      assert.deepEqual(relay.stream, { codec: 'mjpeg' });
      assert.equal(ends.length, 0);
      assert.equal(clock.pending, 0);
    });
  }

  it('that ends is a camera that was lost, told once; ffmpeg sees the end as well', async (t) => {
    let camera: ServerResponse | null = null;
    const { url } = await cameraOf(t, (response) => {
      camera = response.writeHead(200);
      response.write(fakeJpeg(1));
    });
    const { relay, ends } = relayFor(t, new FakeClock(), { kind: 'mjpeg', url });
    const answer = await watch(t, await relay.open());
    const parts = partsOf(answer);
    await waitFor('a picture', 15_000, () => parts.length === 1);
    (camera as unknown as ServerResponse).destroy();
    await waitFor('the end', 15_000, () => ends.length === 1 && answer.complete);
    assert.equal(ends[0]?.code, 'CAMERA_LOST');
    assert.equal(ends[0]?.cause.retryable, true);
  });

  it('that is one picture only says which kind fits', async (t) => {
    const { url } = await cameraOf(t, (response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg' }).flushHeaders();
      setImmediate(() => response.end(fakeJpeg(1)));
    });
    const { relay, ends } = relayFor(t, new FakeClock(), { kind: 'mjpeg', url });
    const told = await relay.open().then(
      () => waitFor('the end', 15_000, () => ends[0]),
      (error) => error,
    );
    assert.equal(told.code, 'CAMERA_PROTOCOL');
    assert.match(told.message, /"snapshot"/);
  });

  it('without a JPEG in 20 MB is given up', async (t) => {
    const { url } = await cameraOf(t, (response) => {
      response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace' });
      response.on('error', () => {});
      for (let sent = 0; sent <= MAX_PICTURE_BYTES; sent += 1_000_000)
        response.write(Buffer.alloc(1_000_000));
    });
    const { relay, ends } = relayFor(t, new FakeClock(), { kind: 'mjpeg', url });
    await relay.open();
    const end = await waitFor('the end', 15_000, () => ends[0]);
    assert.equal(end.code, 'CAMERA_PROTOCOL');
  });

  it('gives a slow ffmpeg the newest picture: what waits does not grow', async (t) => {
    const bytes = 500_000;
    let camera: ServerResponse | null = null;
    const { url } = await cameraOf(t, (response) => {
      camera = response.writeHead(200);
      response.flushHeaders();
    });
    const { relay } = relayFor(t, new FakeClock(), { kind: 'mjpeg', url });
    const answer = await watch(t, await relay.open());
    answer.pause();
    for (let id = 1; id <= 40; id++) {
      (camera as unknown as ServerResponse).write(fakeJpeg(id, bytes));
      await waitFor(`picture ${id}`, 15_000, () => relay.traffic.pictures === id);
    }
    const parts = partsOf(answer);
    answer.resume();
    await waitFor('the newest', 15_000, () => parts.at(-1)?.equals(fakeJpeg(40, bytes)));
    assert.ok(parts.length < 30, `${parts.length} of 40 were kept`);
  });
});

describe('a snapshot', () => {
  it('is asked for again and again, the next one never before the last has come', async (t) => {
    const waiting: ServerResponse[] = [];
    const { server, url } = await cameraOf(t, (response, count) => {
      if (count === 1) response.end(fakeJpeg(1));
      else waiting.push(response);
    });
    const clock = new FakeClock();
    const { relay, ends } = relayFor(t, clock, { kind: 'snapshot', url, everyMs: 1000 });
    const parts = partsOf(await watch(t, await relay.open()));
    await waitFor('the first picture', 15_000, () => parts.length === 1);
    clock.advance(999);
    assert.equal(server.requests.length, 1);
    clock.advance(1);
    await waitFor('the second request', 15_000, () => waiting.length === 1);
    clock.advance(5000);
    assert.equal(server.requests.length, 2);
    waiting[0]?.end(fakeJpeg(2));
    await waitFor('the second picture', 15_000, () => parts.length === 2);
    // Late already: the next one is asked for at once.
    await waitFor('a timer', 15_000, () => clock.pending === 1);
    clock.advance(0);
    await waitFor('the third request', 15_000, () => waiting.length === 2);
    assert.deepEqual(parts, [fakeJpeg(1), fakeJpeg(2)]);
    assert.equal(ends.length, 0);
    assert.equal(relay.traffic.gopMs, 6000);
  });

  it('uses one connection for all', async (t) => {
    const { server, url } = await cameraOf(t, (response) => response.end(fakeJpeg(1)));
    const clock = new FakeClock();
    const { relay } = relayFor(t, clock, { kind: 'snapshot', url, everyMs: 200 });
    await relay.open();
    for (let count = 2; count <= 5; count++) {
      clock.advance(200);
      await waitFor(
        `request ${count}`,
        15_000,
        () => server.requests.length === count && clock.pending === 1,
      );
      assert.equal(server.open, 1);
    }
  });

  it('that fails three times in a row ends the feed with what went wrong; fewer do not', async (t) => {
    const fails = new Set([2, 3, 5, 6, 7]);
    const { server, url } = await cameraOf(t, (response, count) => {
      if (fails.has(count)) response.writeHead(503).end();
      else response.end(fakeJpeg(count));
    });
    const clock = new FakeClock();
    const { relay, ends } = relayFor(t, clock, { kind: 'snapshot', url, everyMs: 200 });
    await relay.open();
    for (let count = 2; count <= 7; count++) {
      assert.equal(ends.length, 0);
      await waitFor('a timer', 15_000, () => clock.pending === 1);
      clock.advance(1000);
      await waitFor(`request ${count}`, 15_000, () => server.requests.length === count);
    }
    const end = await waitFor('the end', 15_000, () => ends[0]);
    assert.equal(end.code, 'CAMERA_BUSY');
    assert.equal(clock.pending, 0);
  });

  it('whose login is refused later is not tried again', async (t) => {
    const { server, url } = await cameraOf(t, (response, count) => {
      if (count > 1) response.writeHead(401).end();
      else response.end(fakeJpeg(count));
    });
    const clock = new FakeClock();
    const { relay, ends } = relayFor(t, clock, { kind: 'snapshot', url, everyMs: 200 });
    await relay.open();
    clock.advance(200);
    assert.equal((await waitFor('the end', 15_000, () => ends[0])).code, 'CAMERA_AUTH');
    assert.equal(server.requests.length, 2);
    assert.equal(clock.pending, 0);
  });

  it('must be a JPEG, and not too large', async (t) => {
    const png = await cameraOf(t, (response) => response.end('\x89PNG\r\n'));
    await assert.rejects(relayFor(t, new FakeClock(), { kind: 'snapshot', url: png.url }).relay.open(), {
      code: 'CAMERA_PROTOCOL',
      message: /in place of a JPEG picture/,
    });
    const large = await cameraOf(t, (response) => {
      response.on('error', () => {});
      response.write(fakeJpeg(1));
      for (let sent = 0; sent <= MAX_PICTURE_BYTES; sent += 1_000_000)
        response.write(Buffer.alloc(1_000_000));
    });
    await assert.rejects(relayFor(t, new FakeClock(), { kind: 'snapshot', url: large.url }).relay.open(), {
      code: 'CAMERA_PROTOCOL',
      message: /more than 19 MiB/,
    });
  });
});
