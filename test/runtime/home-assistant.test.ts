import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { alertPart, give, isTaken, windowMessage } from '../fixtures/alert-flow';
import { hasMosquitto, Mosquitto, type Published } from '../fixtures/mosquitto';
import { needs } from '../fixtures/needs';
import { isSetUp, NodeRed } from '../fixtures/node-red';
import { TcpRelay } from '../fixtures/tcp-relay';
import { waitFor } from '../fixtures/wait';

/** Long enough for a slow machine, and only ever waited for when a test fails. */
const DEADLINE_MS = 60_000;
/** home-assistant.io, MQTT discovery: <prefix>/<component>/<object_id>/config, of these characters only. */
const DISCOVERY_TOPIC = /^homeassistant\/binary_sensor\/[a-zA-Z0-9_-]+\/config$/;
/** home-assistant.io, MQTT binary sensor, "Configuration": of all that it knows, what the example uses. */
const KNOWN = ['name', 'unique_id', 'device_class', 'state_topic', 'value_template', 'json_attributes_topic'];

const skip = needs('Node-RED 4.1', isSetUp('4.1')) || needs('Mosquitto', hasMosquitto());

describe('"05 Alerts in Home Assistant" in a real Node-RED, with Mosquitto', { skip }, () => {
  let nodeRed: NodeRed;
  let broker: Mosquitto;
  let relay: TcpRelay;
  before(async () => {
    [relay, broker, nodeRed] = await Promise.all([TcpRelay.start(), Mosquitto.start(), NodeRed.start('4.1')]);
    relay.leadTo(broker.port);
    const gate = { cooldownS: '0', confirmS: '5', floodPerKey: '1', floodWindowS: '20' };
    await nodeRed.deploy(
      alertPart('05 Alerts in Home Assistant', {
        'mqtt-broker': { port: String(relay.port) },
        'alert-gate': gate,
      }),
    );
  });
  after(async () => {
    await nodeRed?.stop();
    await broker?.stop();
    await relay?.stop();
  });

  const announced = () => broker.below('homeassistant/');
  const states = (from: string) =>
    broker.below(from).map(({ payload }) => (payload as { state: string }).state);

  test('announces a sensor that Home Assistant understands, and tells its state, both retained', async () => {
    await give(nodeRed, [windowMessage('loitering', 1, 'firing')]);
    const [config] = await waitFor('the sensor', DEADLINE_MS, () => announced()[0] && announced());
    const { topic, payload } = config as Published;
    assert.match(topic, DISCOVERY_TOPIC);
    const sensor = payload as Record<string, string>;
    assert.deepEqual(Object.keys(sensor).sort(), [...KNOWN].sort());
    assert.equal(sensor.name, 'Gate 2 loitering');
    assert.match(sensor.unique_id ?? '', /^[a-zA-Z0-9_-]+$/);
    assert.equal(sensor.state_topic, 'video-to-llm/alerts/Gate 2/loitering');
    assert.equal(sensor.json_attributes_topic, sensor.state_topic);
    const state = () => broker.below(sensor.state_topic ?? '');
    await waitFor('the state', DEADLINE_MS, () => state().length > 0);
    // What the template looks at: a Jinja expression, which is `OFF` for the end of an alert and `ON` for the rest.
    assert.equal(sensor.value_template, "{{ 'OFF' if value_json.state == 'cleared' else 'ON' }}");
    assert.deepEqual(states(sensor.state_topic ?? ''), ['raised']);

    await give(nodeRed, [windowMessage('loitering', 1, 'resolved')]);
    await waitFor('the end', DEADLINE_MS, () => states(sensor.state_topic ?? '').includes('cleared'));
    assert.equal(announced().length, 1, 'announced once, not for each message');
    assert.deepEqual(await broker.retained(topic), payload);
    const kept = (await broker.retained(sensor.state_topic ?? '')) as { state: string };
    assert.equal(kept.state, 'cleared', 'a Home Assistant that starts later knows that it is off');
  });

  test('announces no sensor for a digest: it would be on for ever', async () => {
    const before = announced().length;
    await give(nodeRed, [windowMessage('loitering', 2, 'firing'), windowMessage('loitering', 2, 'resolved')]);
    await waitFor('the digest', DEADLINE_MS, () =>
      states('video-to-llm/alerts/all cameras/').includes('digest'),
    );
    assert.equal(announced().length, before);
  });

  test('tells the state after the broker was away, and announces what was not announced', async () => {
    relay.leadTo(null);
    await waitFor('the broker to be gone', DEADLINE_MS, () => /Disconnected from broker/.test(nodeRed.log));
    const firing = windowMessage('fence', 1, 'firing');
    await give(nodeRed, [firing]);
    await waitFor('the gate to have sent it', DEADLINE_MS, () => isTaken(nodeRed, firing._event));
    relay.leadTo(broker.port);
    const topic = 'video-to-llm/alerts/Gate 2/fence';
    await waitFor('the state', DEADLINE_MS, () => states(topic).includes('raised'));
    await waitFor('the sensor', DEADLINE_MS, () =>
      announced().some(({ payload }) => (payload as { state_topic: string }).state_topic === topic),
    );
  });
});
