import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import net, { type AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import tls from 'node:tls';
import { NetConnector, type Target } from '../../../../src/capture/net/connect';
import type { Lookup } from '../../../../src/capture/net/name-lookup';
import { NetPolicy } from '../../../../src/capture/net/policy';
import { SYSTEM_TRUST, type TlsTrust } from '../../../../src/capture/source';
import { selfSigned } from '../../../../src/simulator/certificate';
import { FakeClock } from '../../../fixtures/fake-clock';
import { freePort } from '../../../fixtures/free-port';
import { waitFor } from '../../../fixtures/wait';

interface Listener {
  port: number;
  /** Connections that are open, and bytes that have come over all. */
  open: number;
  bytes: number;
  /** Names that TLS clients asked for. */
  names: unknown[];
}

async function listen(t: TestContext, server: net.Server): Promise<Listener> {
  const listener: Listener = { port: 0, open: 0, bytes: 0, names: [] };
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => {
    listener.open++;
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => listener.open--);
  });
  server.on('secureConnection', (socket: tls.TLSSocket) => {
    listener.names.push(socket.servername);
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        listener.bytes += chunk.length;
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  listener.port = (server.address() as AddressInfo).port;
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listener;
}

function connectorFor(clock: FakeClock, lookup?: Lookup, allowedHosts: string[] = []): NetConnector {
  return new NetConnector({ clock, policy: new NetPolicy({ allowedHosts }), timeoutMs: 10_000, lookup });
}

function target(given: Partial<Target> & { port: number }): Target {
  return { host: '127.0.0.1', tls: null, origin: 'user', ...given };
}

describe('NetConnector', () => {
  it('gives a connected socket, and leaves no timer and no listener of its own', async (t) => {
    const clock = new FakeClock();
    const { port } = await listen(t, net.createServer());
    const abort = new AbortController();
    const socket = await connectorFor(clock).connect(target({ port }), abort.signal);
    t.after(() => socket.destroy());
    assert.equal(socket.readyState, 'open');
    for (const event of ['error', 'connect', 'close', 'data']) assert.equal(socket.listenerCount(event), 0);
    assert.equal(clock.pending, 0);
    abort.abort();
    assert.equal(socket.destroyed, false);
  });

  it('asks no name server for an address, however it is written', async (t) => {
    const { port } = await listen(t, net.createServer());
    const connector = connectorFor(new FakeClock(), () => assert.fail('a name was looked up'));
    for (const host of [
      '127.0.0.1',
      '127.1',
      '0x7f000001',
      '2130706433',
      '[::ffff:127.0.0.1]',
      '127.0.0.1.',
    ]) {
      (await connector.connect(target({ host, port }))).destroy();
    }
  });

  it('tries the next address of a name where one fails, and only those that the rules allow', async (t) => {
    const { port } = await listen(t, net.createServer());
    const connector = connectorFor(new FakeClock(), async () => ['169.254.169.254', '::1', '127.0.0.1']);
    const socket = await connector.connect(target({ host: 'cam.example', port }));
    t.after(() => socket.destroy());
    assert.equal(socket.remoteAddress, '127.0.0.1');
  });

  it('goes to the address that was checked: a name is looked up once', async (t) => {
    const { port } = await listen(t, net.createServer());
    const answers = [['127.0.0.1'], ['169.254.169.254']];
    const connector = connectorFor(new FakeClock(), async () => answers.shift() ?? []);
    (await connector.connect(target({ host: 'cam.example', port }))).destroy();
    assert.equal(answers.length, 1);
    await assert.rejects(connector.connect(target({ host: 'cam.example', port })), {
      code: 'CAMERA_REFUSED',
    });
  });

  describe('says in words what is wrong', () => {
    it('a refused connection', async () => {
      const port = await freePort();
      await assert.rejects(connectorFor(new FakeClock()).connect(target({ port })), {
        code: 'CAMERA_NETWORK',
        message: `The connection is refused: nothing listens at 127.0.0.1 on port ${port}.`,
      });
    });

    it('a name that does not exist', async () => {
      const lookup = () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }));
      await assert.rejects(connectorFor(new FakeClock(), lookup).connect(target({ host: 'nix', port: 1 })), {
        code: 'CAMERA_NETWORK',
        message: 'There is no host of the name nix.',
      });
    });

    it('a name server that does not answer in time', async () => {
      const clock = new FakeClock();
      const connecting = connectorFor(clock, () => new Promise(() => {})).connect(
        target({ host: 'nix', port: 1 }),
      );
      clock.advance(10_000);
      await assert.rejects(connecting, {
        code: 'CAMERA_NETWORK',
        message: 'The look-up of the name nix got no answer within 10 s.',
      });
      assert.equal(clock.pending, 0);
    });

    it('a name without addresses, and one that the rules refuse', async () => {
      const connector = connectorFor(new FakeClock(), async (name) => (name === 'none' ? [] : ['10.0.0.1']), [
        '192.168.0.0/16',
      ]);
      await assert.rejects(connector.connect(target({ host: 'none', port: 1 })), { code: 'CAMERA_REFUSED' });
      await assert.rejects(connector.connect(target({ host: 'ten', port: 1 })), {
        code: 'CAMERA_REFUSED',
        message: 'ten (10.0.0.1) is not among the allowed hosts.',
      });
    });
  });

  it('is given up by its caller, also before it begins', async () => {
    const clock = new FakeClock();
    const connector = connectorFor(clock, () => new Promise(() => {}));
    const abort = new AbortController();
    const connecting = assert.rejects(
      connector.connect(target({ host: 'cam', port: 1 }), abort.signal),
      /enough/,
    );
    abort.abort(new Error('enough'));
    await connecting;
    await assert.rejects(connector.connect(target({ port: 1 }), abort.signal), /enough/);
    assert.equal(clock.pending, 0);
  });

  describe('over TLS', () => {
    const certificate = selfSigned('cam.example');
    const fingerprint = createHash('sha256').update(new X509Certificate(certificate.cert).raw).digest('hex');

    async function connect(t: TestContext, trust: TlsTrust, host = '127.0.0.1') {
      const clock = new FakeClock();
      const listener = await listen(t, tls.createServer(certificate));
      const connector = connectorFor(clock, async () => ['127.0.0.1']);
      const connecting = connector.connect(target({ host, port: listener.port, tls: trust }));
      connecting.then((socket) => t.after(() => socket.destroy())).catch(() => {});
      return { clock, listener, connecting };
    }

    it('names the fingerprint of a certificate that nobody has signed, and advises to pin it', async (t) => {
      const { clock, listener, connecting } = await connect(t, SYSTEM_TRUST, 'cam.example');
      await assert.rejects(connecting, (error: Error & { code: string; cause: { advice: string } }) => {
        assert.equal(error.code, 'CAMERA_TLS');
        assert.match(error.message, /signed by itself/);
        assert.ok(error.cause.advice.includes(fingerprint));
        return true;
      });
      await waitFor('the connection to end', 15_000, () => listener.open === 0);
      assert.equal(listener.bytes, 0);
      assert.equal(clock.pending, 0);
    });

    it('connects to the one that is pinned', async (t) => {
      const { connecting } = await connect(t, { verify: 'pin', fingerprint });
      const socket = await connecting;
      assert.ok(socket instanceof tls.TLSSocket);
      for (const event of ['error', 'secureConnect', 'data']) assert.equal(socket.listenerCount(event), 0);
    });

    it('connects to no other, and sends nothing to it', async (t) => {
      const { listener, connecting } = await connect(t, { verify: 'pin', fingerprint: '0'.repeat(64) });
      await assert.rejects(connecting, { code: 'CAMERA_TLS', message: /another certificate/ });
      await waitFor('the connection to end', 15_000, () => listener.open === 0);
      assert.equal(listener.bytes, 0);
    });

    it('looks at none where it is told so', async (t) => {
      await (await connect(t, { verify: 'any', fingerprint: '' })).connecting;
    });

    it('tells a server its name, but never an address as a name', async (t) => {
      const any: TlsTrust = { verify: 'any', fingerprint: '' };
      const byName = await connect(t, any, 'CAM.example.');
      await byName.connecting;
      const byAddress = await connect(t, any);
      await byAddress.connecting;
      await waitFor(
        'both',
        15_000,
        () => byName.listener.names.length + byAddress.listener.names.length === 2,
      );
      assert.deepEqual(byName.listener.names, ['cam.example']);
      assert.deepEqual(byAddress.listener.names, [false]);
    });

    it('a port that does not speak it is CAMERA_TLS', async (t) => {
      const { port } = await listen(
        t,
        net.createServer((socket) => socket.end('hello, no TLS here\r\n')),
      );
      const connecting = connectorFor(new FakeClock()).connect(target({ port, tls: SYSTEM_TRUST }));
      await assert.rejects(connecting, { code: 'CAMERA_TLS', message: /handshake failed/ });
    });

    it('a handshake that does not end is given up with the rest of the time', async (t) => {
      const clock = new FakeClock();
      const silent = await listen(
        t,
        net.createServer((socket) => socket.resume()),
      );
      const connecting = assert.rejects(
        connectorFor(clock).connect(target({ port: silent.port, tls: SYSTEM_TRUST })),
        { code: 'CAMERA_NETWORK', message: /does not finish the TLS handshake within 10 s/ },
      );
      await waitFor('the connection', 15_000, () => silent.open === 1);
      // Until only the time over all is left: the handshake has begun.
      await waitFor('the handshake', 15_000, () => clock.pending === 1);
      clock.advance(10_000);
      await connecting;
      assert.equal(clock.pending, 0);
      await waitFor('the connection to end', 15_000, () => silent.open === 0);
    });
  });
});
