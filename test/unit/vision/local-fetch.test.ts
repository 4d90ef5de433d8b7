import assert from 'node:assert/strict';
import http from 'node:http';
import type { LookupFunction } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../../src/shared/clock';
import { CallFailure } from '../../../src/vision/failure';
import { localFetch } from '../../../src/vision/local-fetch';
import { OpenAiClient } from '../../../src/vision/openai-client';
import { presets } from '../../../src/vision/presets';
import { tryOut } from '../../../src/vision/try-out';
import { VisionServer } from '../../fixtures/vision-server';

const server = new VisionServer();
let baseUrl = '';
before(async () => {
  baseUrl = await server.start();
});
after(() => server.stop());

/** A name server that has these answers. */
function names(...addresses: string[]): LookupFunction {
  return (_host, options, callback) => {
    const all = addresses.map((address) => ({ address, family: 4 }));
    if (options.all) callback(null, all);
    else callback(null, addresses[0] ?? '', 4);
  };
}

async function refusal(asked: Promise<unknown>): Promise<string> {
  const thrown = await asked.then(
    () => assert.fail('it was connected to'),
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof CallFailure, String(thrown));
  return thrown.error.code;
}

describe('a fetch for local servers only', () => {
  it('does what a call needs: method, headers, body, status, answer', async () => {
    const response = await localFetch()(`${baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer x' },
      body: '{"model":"m","messages":[]}',
    });
    assert.equal(response.status, 200);
    assert.match(await response.text(), /"model":"m"/);
    assert.equal(server.last.headers.authorization, 'Bearer x');
  });

  it('sends what the model client gives it: the question and the picture', async () => {
    const client = new OpenAiClient({
      ...{ baseUrl, apiKey: '', preset: presets.ollama, clock: systemClock, fetch: localFetch() },
    });
    const parts = { client, clock: systemClock };
    await tryOut(parts, { model: 'some-model', timeoutMs: 10_000 }, new AbortController().signal);
    const { model, messages } = server.last.body;
    assert.equal(model, 'some-model');
    assert.match(JSON.stringify(messages), /data:image\/jpeg;base64,/);
  });

  it('never sends nothing in place of what it cannot send', async () => {
    const asked = server.calls;
    const stream = localFetch()(`${baseUrl}/chat/completions`, { method: 'POST', body: new Blob(['{}']) });
    await assert.rejects(stream, TypeError);
    assert.equal(server.calls, asked);
  });

  it('follows no redirect, and says so as it does without Local only', async () => {
    server.script = [{ kind: 'redirect', to: 'http://127.0.0.1:9/' }];
    const asked = localFetch()(`${baseUrl}/chat/completions`, { method: 'POST', body: '{}' });
    const thrown = await asked.then(
      () => assert.fail('it was followed'),
      (reason: unknown) => reason,
    );
    assert.ok(thrown instanceof CallFailure);
    assert.equal(thrown.kind, 'standing');
    assert.match(thrown.message, /redirects/);
  });

  it('takes no connection that other code has left open to the name', async () => {
    const { port } = new URL(baseUrl);
    const agent = http.globalAgent;
    const options = { host: 'model.lan', port, path: '/v1/models', lookup: names('127.0.0.1') };
    await new Promise<void>((resolve, reject) => {
      http.get(options, (response) => response.resume().on('end', resolve)).on('error', reject);
    });
    // The connection is put back after the answer's end has been told.
    while (Object.keys(agent.freeSockets).length === 0) await new Promise(setImmediate);
    const fetch = localFetch(names('93.184.216.34'));
    assert.equal(await refusal(fetch(`http://model.lan:${port}/v1/models`)), 'VISION_NOT_LOCAL');
    agent.destroy();
  });

  it('refuses a public address, and any name that leads to one', async () => {
    assert.equal(await refusal(localFetch()('http://93.184.216.34/v1')), 'VISION_NOT_LOCAL');
    assert.equal(await refusal(localFetch()('http://[2001:db8::1]/v1')), 'VISION_NOT_LOCAL');
    assert.equal(await refusal(localFetch(names('8.8.8.8'))('http://ollama.lan/v1')), 'VISION_NOT_LOCAL');
    const mixed = localFetch(names('192.168.1.5', '8.8.8.8'));
    assert.equal(await refusal(mixed('http://ollama.lan/v1')), 'VISION_NOT_LOCAL');
  });

  it('judges the address of each connection anew, so that a name cannot change its mind', async () => {
    const port = new URL(baseUrl).port;
    let answers = ['127.0.0.1'];
    const fetch = localFetch((host, options, callback) => names(...answers)(host, options, callback));
    const first = await fetch(`http://model.lan:${port}/v1/models`);
    await first.text();
    answers = ['93.184.216.34'];
    assert.equal(await refusal(fetch(`http://model.lan:${port}/v1/models`)), 'VISION_NOT_LOCAL');
  });

  it('ends when it is told, also in the middle of an answer', async () => {
    server.script = [{ kind: 'stall' }];
    const abort = new AbortController();
    const response = await localFetch()(`${baseUrl}/chat/completions`, {
      method: 'POST',
      body: '{}',
      signal: abort.signal,
    });
    const text = response.text();
    abort.abort(new Error('enough'));
    await assert.rejects(text);
  });
});
