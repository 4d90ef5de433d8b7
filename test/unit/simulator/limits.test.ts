import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { afterEach, test } from 'node:test';
import { connect } from 'node:tls';
import { SimulatedCamera } from '../../../src/simulator';
import type { CameraBehaviour } from '../../../src/simulator/simulated-camera';
import type { EncodedVideo } from '../../../src/simulator/video';
import { waitFor } from '../../fixtures/wait';
import { RawClient } from './raw-client';

/** One picture, ten times a second: what is in it does not matter here. */
const video: EncodedVideo = {
  fps: 10,
  loopTicks: 9000,
  sps: Buffer.alloc(4),
  pps: Buffer.alloc(4),
  units: [{ keyframe: true, pts: 0, payloads: [{ bytes: Buffer.from([0x65]), marker: true }] }],
};
const SETUP = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' };

let camera: SimulatedCamera;
const clients: RawClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await camera.stop();
});

async function start(behaviour: CameraBehaviour): Promise<void> {
  camera = new SimulatedCamera({ video, ...behaviour });
  await camera.start();
}

function client(): RawClient {
  const made = new RawClient(camera.url);
  clients.push(made);
  return made;
}

const setUp = async (of: RawClient) => (await of.ask('SETUP', SETUP, '/trackID=0')).status;

test('one session too many is refused at SETUP with 453, and let in when another has gone in order', async () => {
  await start({ maxSessions: 2 });
  const [first, second, third] = [client(), client(), client()];
  assert.deepEqual([await setUp(first), await setUp(second), await setUp(third)], [200, 200, 453]);
  assert.equal((await third.ask('DESCRIBE')).status, 200);
  assert.equal(camera.counters.sessionsRefused, 1);
  assert.equal((await first.ask('TEARDOWN')).status, 200);
  assert.equal(await setUp(third), 200);
  assert.equal(camera.counters.sessionsMost, 2);
});

test('one session too many can look like a wrong password', async () => {
  await start({ maxSessions: 1, fullStatus: 401, fullOn: 'DESCRIBE' });
  const [first, second] = [client(), client()];
  assert.equal((await first.ask('DESCRIBE')).status, 200);
  await first.play();
  const { status, text } = await second.ask('DESCRIBE');
  assert.equal(status, 401);
  assert.match(text, /WWW-Authenticate: Digest/);
});

test('a connection that is lost without TEARDOWN keeps its session for a while', async () => {
  await start({ maxSessions: 1, staleS: 3 });
  const lost = client();
  await lost.play();
  lost.close();
  await waitFor('the loss', 15_000, () => camera.counters.sessionsOpen === 0);
  const next = client();
  assert.equal(await setUp(next), 453);
  await waitFor('the end of the stale session', 15_000, async () => (await setUp(next)) === 200);
});

test('a camera that is switched off and on has forgotten stale sessions, as one that closed itself', async () => {
  await start({ maxSessions: 1, staleS: 60 });
  const lost = client();
  await lost.play();
  lost.close();
  await waitFor('the loss', 15_000, () => camera.counters.sessionsOpen === 0);
  camera.fault = { kind: 'refuse' };
  camera.fault = { kind: 'none' };
  const cut = await waitFor('the port', 15_000, async () => {
    const made = client();
    return (await Promise.race([made.ask('OPTIONS'), made.ended.then(() => null)])) && made;
  });
  await cut.play();
  camera.cut('rst');
  await waitFor('the cut', 15_000, () => camera.counters.sessionsOpen === 0);
  assert.equal(await setUp(client()), 200);
});

test('a session in which nothing is asked is ended at its time-out, and not before where it is', async () => {
  await start({ sessionTimeoutS: 3, endsSilentSessions: true });
  const silent = client();
  const since = performance.now();
  await silent.play();
  assert.equal(await silent.ended, 'fin');
  assert.ok(performance.now() - since > 2950);
  assert.equal(camera.counters.sessionsExpired, 1);
  const polite = client();
  await polite.play();
  let isOver = false;
  void polite.ended.then(() => {
    isOver = true;
  });
  const from = camera.counters.frames;
  await waitFor('four seconds of pictures', 30_000, async () => {
    assert.equal((await polite.ask('GET_PARAMETER')).status, 200);
    return camera.counters.frames >= from + 40;
  });
  assert.equal(isOver, false);
});

test('counts connections, and the ones of them that do not play yet', async () => {
  await start({});
  const [first, second] = [client(), client()];
  await first.ask('OPTIONS');
  await second.ask('OPTIONS');
  assert.deepEqual([camera.counters.connectionsOpen, camera.counters.openings], [2, 2]);
  await first.play();
  assert.deepEqual([camera.counters.connectionsOpen, camera.counters.openings], [2, 1]);
  first.close();
  second.close();
  await waitFor('the end', 15_000, () => camera.counters.connectionsOpen === 0);
  const { openings, openingsMost, connectionsMost } = camera.counters;
  assert.deepEqual([openings, openingsMost, connectionsMost], [0, 2, 2]);
});

test('TLS: a certificate of its own, new at each start, and RTSP within', async () => {
  await start({ tls: true });
  const first = camera.certificate ?? '';
  assert.match(camera.url, /^rtsps:/);
  const socket = connect({
    port: Number(new URL(camera.url).port),
    host: '127.0.0.1',
    rejectUnauthorized: false,
  });
  const answer = new Promise<string>((resolve) => socket.once('data', (bytes) => resolve(bytes.toString())));
  socket.write('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n');
  assert.match(await answer, /^RTSP\/1\.0 200 OK/);
  assert.equal(socket.getPeerX509Certificate()?.fingerprint256, new X509Certificate(first).fingerprint256);
  const reset = new Promise((resolve) =>
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)),
  );
  camera.cut('rst');
  assert.equal(await reset, 'ECONNRESET');
  await camera.stop();
  await camera.start();
  assert.notEqual(camera.certificate, first);
  const made = new X509Certificate(first);
  assert.ok(made.verify(made.publicKey), 'it is signed with its own key');
});

test('TLS: a client that never shakes hands does not keep the camera from stopping', async () => {
  await start({ tls: true });
  const silent = client();
  await waitFor('the connection', 15_000, () => camera.counters.connectionsOpen === 1);
  await camera.stop();
  await silent.ended;
  assert.equal(camera.counters.connectionsOpen, 0);
});
