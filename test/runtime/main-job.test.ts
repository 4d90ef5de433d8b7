import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { SimulatedCamera } from '../../src/simulator';
import { sceneSource } from '../../src/simulator/scene';
import { example } from '../fixtures/example';
import { hasMosquitto, Mosquitto } from '../fixtures/mosquitto';
import { needs } from '../fixtures/needs';
import { isSetUp, type Line, NodeRed } from '../fixtures/node-red';
import { processesWith } from '../fixtures/processes';
import { waitFor } from '../fixtures/wait';

const PASSWORD = 'p@ss:w/rd?#%&+ä';
const STAND_IN = { preset: 'standin', baseUrl: '', model: '' };
const SCENE = { emptyS: 4, walkS: 2, stayS: 12, loopS: 30 };

interface Alert {
  id: string;
  state: string;
  rule: string;
  cameraName: string;
}

for (const line of ['4.1', '5'] as Line[]) {
  const skip = needs(`Node-RED ${line}`, isSetUp(line)) || needs('Mosquitto', hasMosquitto());
  describe(`the main job on Node-RED ${line}`, { skip }, () => {
    let camera: SimulatedCamera;
    let broker: Mosquitto;
    let nodeRed: NodeRed;
    let sink: HttpSink;
    let url: string;

    before(async () => {
      camera = new SimulatedCamera({
        ffmpeg: process.env.FFMPEG_PATH ?? 'ffmpeg',
        source: sceneSource(SCENE),
        user: 'viewer',
        password: PASSWORD,
        auth: 'digest',
        sceneStart: 'session',
      });
      url = await camera.start();
      broker = await Mosquitto.start();
      sink = await startSink();
      nodeRed = await NodeRed.start(line);
    });
    after(async () => {
      await nodeRed?.stop();
      await broker?.stop();
      await sink?.stop();
      await camera?.stop();
    });

    const credentials = { user: 'viewer', password: PASSWORD };
    const changes = () => ({
      'rtsp-camera': { name: 'Gate 2', url, credentials },
      'vision-endpoint': STAND_IN,
      'temporal-window': { holdS: '5', gapS: '6' },
      'alert-gate': { cooldownS: '0' },
      'mqtt-broker': { port: String(broker.port) },
      'http request': { url: sink.url },
    });

    for (const [name, rule] of [
      ['01 Loitering', 'loitering'],
      ['02 PPE check', 'no-helmet'],
      ['04 Restricted zone', 'restricted-zone'],
    ] as const) {
      test(`"${name}" raises and clears an alert over MQTT and HTTP`, async () => {
        await nodeRed.deploy(example(name, changes()));
        const alerts = () =>
          broker
            .below('video-to-llm/alerts/')
            .map(({ payload }) => payload as Alert)
            .filter((alert) => alert.rule === rule);
        const cleared = await waitFor('a cleared alert', 60_000, () =>
          alerts().find(({ state }) => state === 'cleared'),
        );
        const raised = alerts()[0];
        assert.equal(raised?.state, 'raised');
        assert.equal(raised?.id, cleared.id);
        assert.equal(raised?.cameraName, 'Gate 2');
        assert.equal(broker.below(`video-to-llm/alerts/Gate 2/${rule}`).length, alerts().length);
        const posted = await waitFor('the HTTP request', 15_000, () =>
          sink.bodies.find((body) => (body as Alert).id === cleared.id),
        );
        assert.deepEqual(posted, { ...raised, channel: 'http' });
      });
    }

    test('"00 No camera, no key" raises and clears an alert as it is, without a network', async () => {
      const start = nodeRed.log.length;
      await nodeRed.deploy(example('00 No camera, no key', { debug: { console: true } }));
      const said = () => nodeRed.log.slice(start);
      await waitFor('the alert', 45_000, () => /state: 'raised'/.test(said()));
      await waitFor('its end', 45_000, () => /state: 'cleared'/.test(said()));
      assert.doesNotMatch(said(), /\[error\]/);
    });

    test('a full deploy with unchanged settings keeps the stream', async () => {
      const played = camera.counters.play;
      await nodeRed.deploy(example('01 Loitering', changes()));
      // It is open a moment before it plays.
      await waitFor('a session', 20_000, () => camera.counters.play > played);
      assert.equal(camera.counters.sessionsOpen, 1);
      const own = `video-to-llm-${nodeRed.pid}-`;
      // That of the flow before has been told to end, and may take a moment.
      await waitFor('its only ffmpeg', 20_000, () => processesWith(own).length === 1);
      const before = processesWith(own);
      const sessions = camera.counters.play;
      await nodeRed.deploy(example('01 Loitering', changes()));
      await new Promise((resolve) => setTimeout(resolve, 3000));
      assert.deepEqual(processesWith(own), before);
      assert.equal(camera.counters.play, sessions);
    });

    test('no password is in anything that Node-RED prints or stores', () => {
      for (const form of [PASSWORD, encodeURIComponent(PASSWORD)]) assert.ok(!nodeRed.log.includes(form));
      assert.ok(!JSON.stringify(broker.messages).includes(PASSWORD));
    });

    test('an orderly stop of Node-RED tells the camera that its session is over', async () => {
      const before = camera.counters.teardown;
      const other = await NodeRed.start(line);
      try {
        await other.deploy(example('01 Loitering', changes()), {});
        await waitFor('its session', 20_000, () => camera.counters.sessionsOpen === 2);
      } finally {
        await other.stop();
      }
      await waitFor('the camera to have read its end', 15_000, () => camera.counters.sessionsOpen === 1);
      assert.equal(camera.counters.teardown, before + 1);
      assert.equal(processesWith(`video-to-llm-${nodeRed.pid}-`).length, 1);
      assert.equal(processesWith(`video-to-llm-${other.pid}-`).length, 0);
    });

    test('no ffmpeg is left when Node-RED was killed with -9', {
      skip: process.platform !== 'linux' && 'Linux only',
    }, async () => {
      const own = `video-to-llm-${nodeRed.pid}-`;
      assert.equal(processesWith(own).length, 1);
      process.kill(nodeRed.pid, 'SIGKILL');
      await waitFor('ffmpeg to be gone', 15_000, () => processesWith(own).length === 0);
    });
  });
}

interface HttpSink {
  url: string;
  bodies: unknown[];
  stop(): Promise<void>;
}

/** An HTTP server that keeps the JSON that is posted to it. */
async function startSink(): Promise<HttpSink> {
  const bodies: unknown[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/alerts`,
    bodies,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
