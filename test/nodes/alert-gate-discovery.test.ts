import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { alertTopic } from '../../src/alert/topic';
import { example } from '../fixtures/example';
import { helper, useServer } from '../fixtures/test-helper';
import { waitFor } from '../fixtures/wait';

const change: unknown = require('@node-red/nodes/core/function/15-change.js');

/** Long enough for a slow machine, and only ever waited for when a test fails. */
const DEADLINE_MS = 15_000;
/** home-assistant.io, MQTT discovery: <prefix>/<component>/<object_id>/config, of these characters only. */
const DISCOVERY_TOPIC = /^homeassistant\/binary_sensor\/[a-zA-Z0-9_-]+\/config$/;

interface Announced {
  topic: string;
  retain: boolean;
  payload: { name: string; unique_id: string; state_topic: string };
}

/** What the example tells Home Assistant of alerts with these keys, each with its topic. */
async function announced(keys: readonly string[], payload: object = {}): Promise<Announced[]> {
  const node = example('05 Alerts in Home Assistant').find(
    ({ type, name }) => type === 'change' && name === 'discovery',
  );
  assert.ok(node);
  const told: Announced[] = [];
  await helper.load(
    [change],
    [
      { ...node, wires: [['out']] },
      { id: 'out', type: 'helper' },
    ],
  );
  helper.getNode('out').on('input', (msg) => told.push(msg as never));
  for (const key of keys) {
    const about = { cameraName: 'Gate 2', rule: 'loitering', ...payload };
    const [camera = '', rule = '', subject = ''] = key.split('/');
    const topic = alertTopic('alerts', camera, rule, subject);
    helper.getNode(node.id).receive({ alert: { key }, topic, payload: about } as never);
  }
  await waitFor('the sensors', DEADLINE_MS, () => told.length === keys.length);
  return told;
}

describe('"05 Alerts in Home Assistant" announces', () => {
  useServer();
  afterEach(() => helper.unload());

  it('a sensor of its own for each key, whatever script that is in', async () => {
    const keys = [
      '玄関/人',
      '倉庫/人',
      'a b/x',
      'a_b/x',
      'a-b/x',
      'a/b/x',
      'a.b/x',
      "a'b/x",
      'a(~!*)/x',
      'a_20b/x',
      '🚪/x',
    ];
    const told = await announced(keys);
    const ids = told.map(({ payload }) => payload.unique_id);
    assert.equal(new Set(ids).size, keys.length, ids.join(' '));
    assert.equal(new Set(told.map(({ topic }) => topic)).size, keys.length);
    for (const { topic, retain } of told) {
      assert.match(topic, DISCOVERY_TOPIC);
      assert.equal(retain, true);
    }
  });

  it('a readable one where the key is plain, with the topic of the alert', async () => {
    const [told] = await announced(['gate/loitering']);
    assert.deepEqual(
      [told?.topic, told?.payload.name, told?.payload.unique_id, told?.payload.state_topic],
      [
        'homeassistant/binary_sensor/v2l_gate-loitering/config',
        'Gate 2 loitering',
        'v2l_gate-loitering',
        'alerts/gate/loitering',
      ],
    );
  });

  it('a sensor for each subject, with its words in the name alone', async () => {
    const [told, other] = await announced(['gate/plate/B-17', 'gate/plate/B-18'], { subject: 'B-17' });
    assert.equal(told?.payload.name, 'Gate 2 loitering B-17');
    assert.notEqual(told?.payload.unique_id, other?.payload.unique_id);
    assert.notEqual(told?.payload.state_topic, other?.payload.state_topic);
    for (const text of [told?.topic, told?.payload.unique_id, told?.payload.state_topic]) {
      assert.ok(text);
      assert.doesNotMatch(text, /B.{0,3}17/);
    }
  });
});
