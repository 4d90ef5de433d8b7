import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { NodeAPI } from 'node-red';
import { GUARD_HEADER, guardedEndpoint } from '../../nodes/lib/guarded-endpoint';
import { VisionError } from '../../src/shared/errors';
import { FakeClock } from '../fixtures/fake-clock';
import { waitFor } from '../fixtures/wait';

// What Node-RED serves its editor with.
const express = require('express') as typeof import('express');

const clock = new FakeClock();
const permissions: string[] = [];
let runs: Record<string, unknown>[] = [];
let aborted = 0;
let server: Server;
let host = '';

before(async () => {
  const httpAdmin = express();
  httpAdmin.use(express.json());
  const needsPermission = (permission: string) => {
    permissions.push(permission);
    return (_request: unknown, _response: unknown, next: () => void) => next();
  };
  guardedEndpoint({ httpAdmin, auth: { needsPermission } } as unknown as NodeAPI, {
    path: '/try',
    permission: 'some-node.write',
    most: 3,
    clock,
    async run(body, signal) {
      runs.push(body);
      if (body.fail === 'told') throw new VisionError('VISION_AUTH', 'Bad key.', { advice: 'Another.' });
      if (body.fail) throw new Error('secret in an exception');
      if (!body.hang) return { answer: 1 };
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted += 1;
          reject(signal.reason);
        });
      });
    },
  });
  server = createServer(httpAdmin).listen(0, '127.0.0.1');
  await once(server, 'listening');
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/** Sends with node:http, because fetch lets nobody choose the Origin. */
function send({ method = 'POST', headers = good(), body = {} }: Sent = {}): Promise<{
  status: number;
  answer: Record<string, unknown>;
}> {
  return new Promise((resolve, reject) => {
    const asked = request(`http://${host}/try`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        const answer = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
        resolve({ status: response.statusCode ?? 0, answer });
      });
    });
    asked.on('error', reject);
    asked.end(method === 'GET' ? undefined : JSON.stringify(body));
  });
}

function good(): Record<string, string> {
  return { 'content-type': 'application/json', origin: `http://${host}`, [GUARD_HEADER]: '1' };
}

/** The guard as it is after a minute of rest. */
function rested(): void {
  clock.advance(61_000);
  runs = [];
}

function without(name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(good()).filter(([key]) => key !== name));
}

describe('an endpoint for a dialog', () => {
  it('does what it is for, for those who may change such a node', async () => {
    rested();
    assert.deepEqual(await send({ body: { a: 1 } }), { status: 200, answer: { answer: 1 } });
    assert.deepEqual(runs, [{ a: 1 }]);
    assert.deepEqual(permissions, ['some-node.write']);
  });

  const refused: [string, () => Sent][] = [
    ['without the header of its own', () => ({ headers: without(GUARD_HEADER) })],
    ['of another origin', () => ({ headers: { ...good(), origin: 'http://evil.example' } })],
    ['of another port', () => ({ headers: { ...good(), origin: 'http://127.0.0.1:1' } })],
    ['of no origin at all', () => ({ headers: without('origin') })],
    ['of a sandboxed page', () => ({ headers: { ...good(), origin: 'null' } })],
    [
      'of another page, by the Referer',
      () => ({ headers: { ...without('origin'), referer: 'http://evil.example/x' } }),
    ],
    [
      'that claims to be behind a proxy',
      () => ({ headers: { ...good(), origin: 'http://evil.example', 'x-forwarded-host': 'evil.example' } }),
    ],
    ['that the browser calls cross-site', () => ({ headers: { ...good(), 'sec-fetch-site': 'cross-site' } })],
    ['that a plain form can send', () => ({ headers: { ...good(), 'content-type': 'text/plain' } })],
    ['with a list for a body', () => ({ body: [] })],
  ];
  for (const [name, sent] of refused) {
    it(`refuses a request ${name}`, async () => {
      rested();
      const { status, answer } = await send(sent());
      assert.equal((answer.error as { code: string } | undefined)?.code, 'REFUSED');
      assert.equal(status, 403);
      assert.deepEqual(runs, []);
    });
  }

  it('takes no GET', async () => {
    rested();
    assert.equal((await send({ method: 'GET' })).status, 404);
    assert.deepEqual(runs, []);
  });

  it('takes the Referer where there is no Origin, and the word of the browser behind a proxy', async () => {
    rested();
    assert.equal(
      (await send({ headers: { ...without('origin'), referer: `http://${host}/ui` } })).status,
      200,
    );
    const proxied = { ...good(), origin: 'https://home.example', 'sec-fetch-site': 'same-origin' };
    assert.equal((await send({ headers: proxied })).status, 200);
  });

  it('runs so many times a minute and no more', async () => {
    rested();
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await send()).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    clock.advance(61_000);
    assert.equal((await send()).status, 200);
  });

  it('tells an error of ours in its words, and of any other only that there was one', async () => {
    rested();
    assert.deepEqual((await send({ body: { fail: 'told' } })).answer, {
      error: {
        code: 'VISION_AUTH',
        message: 'Bad key.',
        cause: { retryable: false, advice: 'Another.', detail: '' },
      },
    });
    const { answer } = await send({ body: { fail: 'oddly' } });
    assert.deepEqual(answer, { error: { code: 'INTERNAL', message: 'This did not work.' } });
  });

  it('ends what it does when the dialog has gone', async () => {
    rested();
    const gone = request(`http://${host}/try`, { method: 'POST', headers: good() });
    gone.on('error', () => {});
    gone.end('{"hang":true}');
    await waitFor('the run', 15_000, () => runs.length === 1);
    gone.destroy();
    await waitFor('its end', 15_000, () => aborted === 1);
  });

  it('does nothing where Node-RED has no admin server', () => {
    const RED = { auth: { needsPermission: () => () => {} } } as unknown as NodeAPI;
    guardedEndpoint(RED, { path: '/try', permission: 'x', run: async () => ({}) });
  });
});
