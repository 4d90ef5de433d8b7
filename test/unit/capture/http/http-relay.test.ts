import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../../../../src/shared/clock';
import { selfSigned } from '../../../../src/simulator/certificate';
import { FakeClock } from '../../../fixtures/fake-clock';
import { PASSWORDS } from '../../../fixtures/passwords';
import { waitFor } from '../../../fixtures/wait';
import { fakeJpeg, fetchWhole, relayFor, watch } from './relay-bench';
import { ScriptedServer } from './scripted-server';

async function serve(t: TestContext, answer: RequestListener): Promise<ScriptedServer> {
  const server = await new ScriptedServer(answer).start();
  t.after(() => server.stop());
  return server;
}

const PICTURE: RequestListener = (_request, response) =>
  response.writeHead(200, { 'content-type': 'image/jpeg' }).end(fakeJpeg(1));

describe('HttpRelay', () => {
  describe('opens with the first request, whose failure is told in words', () => {
    const cases: [status: number, type: string, code: string][] = [
      [401, 'text/html', 'CAMERA_AUTH'],
      [403, 'text/html', 'CAMERA_AUTH'],
      [404, 'text/html', 'CAMERA_NOT_FOUND'],
      [410, 'text/html', 'CAMERA_NOT_FOUND'],
      [429, 'text/html', 'CAMERA_BUSY'],
      [503, 'text/html', 'CAMERA_BUSY'],
      [500, 'text/html', 'CAMERA_PROTOCOL'],
      [304, 'text/html', 'CAMERA_PROTOCOL'],
      [200, 'text/html; charset=utf-8', 'CAMERA_PROTOCOL'],
      [200, 'application/json', 'CAMERA_PROTOCOL'],
    ];
    for (const kind of ['snapshot', 'mjpeg', 'hls'] as const) {
      for (const [status, type, code] of cases) {
        it(`${kind}: ${status} with ${type} is ${code}`, async (t) => {
          const server = await serve(t, (_request, response) =>
            response.writeHead(status, { 'content-type': type }).end('{}'),
          );
          const { relay, ends } = relayFor(t, systemClock, {
            kind,
            url: `http://127.0.0.1:${server.port}/x`,
          });
          await assert.rejects(relay.open(), { code });
          assert.equal(ends.length, 0);
          assert.equal(server.requests.length, 1);
          await waitFor('all connections to end', 15_000, () => server.open === 0);
        });
      }
    }

    it('a port that speaks something else is CAMERA_PROTOCOL', async (t) => {
      const server = await serve(t, (_request, response) => {
        response.socket?.end('220 ready\r\n\r\n');
      });
      const { relay } = relayFor(t, systemClock, { kind: 'mjpeg', url: `http://127.0.0.1:${server.port}/` });
      await assert.rejects(relay.open(), { code: 'CAMERA_PROTOCOL', message: /does not speak HTTP/ });
    });

    it('no answer within 15 s is CAMERA_NETWORK', async (t) => {
      const clock = new FakeClock();
      const server = await serve(t, () => {});
      const { relay } = relayFor(t, clock, { kind: 'mjpeg', url: `http://127.0.0.1:${server.port}/` });
      const opening = assert.rejects(relay.open(), { code: 'CAMERA_NETWORK', message: /within 15 s/ });
      await waitFor('the request', 15_000, () => server.requests.length === 1);
      clock.advance(15_000);
      await opening;
      assert.equal(clock.pending, 0);
    });

    it('is given up when the caller does', async (t) => {
      const clock = new FakeClock();
      const server = await serve(t, () => {});
      const { relay, ends } = relayFor(t, clock, { kind: 'hls', url: `http://127.0.0.1:${server.port}/` });
      const abort = new AbortController();
      const opening = assert.rejects(relay.open(abort.signal), /enough/);
      await waitFor('the request', 15_000, () => server.requests.length === 1);
      abort.abort(new Error('enough'));
      await opening;
      assert.equal(clock.pending, 0);
      assert.equal(ends.length, 0);
      await waitFor('all connections to end', 15_000, () => server.open === 0);
    });
  });

  it('answers only below its own token, on loopback', async (t) => {
    const server = await serve(t, PICTURE);
    const { relay } = relayFor(t, systemClock, { kind: 'snapshot', url: `http://127.0.0.1:${server.port}/` });
    const url = new URL(await relay.open());
    assert.match(url.href, /^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/live\.mjpeg$/);
    for (const path of ['/', '/live.mjpeg', url.pathname.replace('live', 'x'), `${url.pathname}/..`]) {
      assert.equal((await fetchWhole(`${url.origin}${path}`)).status, 404);
    }
    assert.equal((await fetch(url, { method: 'POST' })).status, 404);
  });

  describe('logs in', () => {
    for (const [index, password] of PASSWORDS.entries()) {
      it(`by Basic with password ${index}`, async (t) => {
        const expected = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
        const server = await serve(t, (request, response) => {
          if (request.headers.authorization === expected) PICTURE(request, response);
          else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        });
        const url = `http://127.0.0.1:${server.port}/`;
        const { relay } = relayFor(t, systemClock, { kind: 'snapshot', url, user: 'admin', password });
        assert.ok(!(await relay.open()).includes(encodeURIComponent(password)));
      });
    }

    it('by Digest, over the path with its query', async (t) => {
      const server = await serve(t, (request, response) => {
        if (/^Digest .*uri="\/cgi\?ch=1"/.test(request.headers.authorization ?? ''))
          PICTURE(request, response);
        else {
          response.writeHead(401, { 'www-authenticate': 'Digest realm="x", nonce="1", qop="auth"' }).end();
        }
      });
      const url = `http://127.0.0.1:${server.port}/cgi?ch=1`;
      await relayFor(t, systemClock, { kind: 'snapshot', url, user: 'u', password: 'p' }).relay.open();
      assert.equal(server.requests.length, 2);
    });

    it('once only with a wrong password', async (t) => {
      const server = await serve(t, (_request, response) =>
        response.writeHead(401, { 'www-authenticate': 'Digest realm="x", nonce="1"' }).end(),
      );
      const url = `http://127.0.0.1:${server.port}/`;
      const { relay } = relayFor(t, systemClock, { kind: 'mjpeg', url, user: 'u', password: 'p' });
      await assert.rejects(relay.open(), { code: 'CAMERA_AUTH' });
      assert.equal(server.requests.filter(({ authorization }) => authorization).length, 1);
    });

    it('nowhere but at the host and port that the user gave', async (t) => {
      const other = await serve(t, (request, response) => {
        if (request.url === '/picture') return PICTURE(request, response);
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      });
      const home = await serve(t, (request, response) => {
        if (!request.headers.authorization) {
          return response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        }
        const path = request.url === '/ok' ? 'picture' : 'login';
        response.writeHead(302, { location: `http://u:p@127.0.0.1:${other.port}/${path}` }).end();
      });
      const open = (path: string) => {
        const url = `http://127.0.0.1:${home.port}/${path}`;
        return relayFor(t, systemClock, { kind: 'snapshot', url, user: 'u', password: 'p' }).relay.open();
      };
      await open('ok');
      await assert.rejects(open('no'), { code: 'CAMERA_AUTH' });
      assert.equal(other.requests.length, 2);
      assert.ok(other.requests.every(({ authorization }) => authorization === undefined));
    });
  });

  describe('follows redirects by the rules', () => {
    const cases: [location: string, code: string][] = [
      ['http://169.254.169.254/latest/meta-data', 'CAMERA_REFUSED'],
      ['http://[::ffff:a9fe:a9fe]/', 'CAMERA_REFUSED'],
      ['file:///etc/passwd', 'CAMERA_REFUSED'],
      ['/again', 'CAMERA_PROTOCOL'],
    ];
    for (const [location, code] of cases) {
      it(`to ${location} it is ${code}`, async (t) => {
        const server = await serve(t, (_request, response) => response.writeHead(302, { location }).end());
        const { relay } = relayFor(t, systemClock, { kind: 'hls', url: `http://127.0.0.1:${server.port}/` });
        await assert.rejects(relay.open(), { code });
        assert.ok(server.requests.length <= 6);
      });
    }
  });

  describe('over HTTPS', () => {
    it('trusts the pinned certificate, and no other server with it', async (t) => {
      const certificate = selfSigned();
      const server = await new ScriptedServer(PICTURE, certificate).start();
      t.after(() => server.stop());
      const url = `https://127.0.0.1:${server.port}/`;
      const told = await relayFor(t, systemClock, { kind: 'snapshot', url })
        .relay.open()
        .then(
          () => assert.fail('a certificate that nobody has signed was trusted'),
          (error) => error,
        );
      assert.equal(told.code, 'CAMERA_TLS');
      const fingerprint = /[0-9a-f]{64}/.exec(told.cause.advice)?.[0] ?? '';
      const open = (pin: string) => {
        const tls = { verify: 'pin', fingerprint: pin } as const;
        return relayFor(t, systemClock, { kind: 'snapshot', url, tls }).relay.open();
      };
      await open(fingerprint);
      assert.equal(server.requests.length, 1);
      await assert.rejects(open(fingerprint.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))), {
        code: 'CAMERA_TLS',
      });
      // Nothing was sent to who could not show it.
      assert.equal(server.requests.length, 1);
    });
  });

  it('leaves nothing when it is stopped while it runs', async (t) => {
    const clock = new FakeClock();
    const server = await serve(t, PICTURE);
    const { relay, ends } = relayFor(t, clock, { kind: 'snapshot', url: `http://127.0.0.1:${server.port}/` });
    const answer = await watch(t, await relay.open());
    const closed = new Promise((resolve) =>
      answer
        .once('close', resolve)
        .on('error', () => {})
        .resume(),
    );
    await relay.stop();
    await closed;
    assert.equal(clock.pending, 0);
    assert.equal(ends.length, 0);
    await waitFor('all connections to end', 15_000, () => server.open === 0);
    await relay.stop();
  });
});
