import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { example } from '../fixtures/example';
import { GstCamera, gstMissing } from '../fixtures/gst-camera';
import { hasMosquitto, Mosquitto } from '../fixtures/mosquitto';
import { needs } from '../fixtures/needs';
import { isSetUp, NodeRed } from '../fixtures/node-red';
import { waitFor } from '../fixtures/wait';

const CLIP = 'one-by-one-person-detection.mp4';
const CLIPS = process.env.CLIPS_DIR ?? '';
const ALERTS = 'video-to-llm/alerts/';

interface Label {
  start: number;
  end: number;
}

interface Alert {
  id: string;
  state: string;
  since: string;
  time: string;
}

const missing = CLIPS === '' || !existsSync(join(CLIPS, CLIP)) ? `CLIPS_DIR does not lead to ${CLIP}` : false;
const skip =
  missing ||
  needs('GStreamer', !gstMissing()) ||
  needs('Mosquitto', hasMosquitto()) ||
  needs('Node-RED', isSetUp('4.1'));

describe('the clip with six persons, from a GStreamer camera through Node-RED to Mosquitto', { skip }, () => {
  let camera: GstCamera;
  let broker: Mosquitto;
  let nodeRed: NodeRed;

  before(async () => {
    camera = await GstCamera.start({ file: join(CLIPS, CLIP) });
    broker = await Mosquitto.start();
    nodeRed = await NodeRed.start('4.1');
  });
  after(async () => {
    await nodeRed?.stop();
    await broker?.stop();
    await camera?.stop();
  });

  test('gives one alert for each person, cleared after each, and none in between', async () => {
    const { events, duration } = JSON.parse(readFileSync(join(CLIPS, 'labels.json'), 'utf8'))[CLIP] as {
      events: Label[];
      duration: number;
    };
    await nodeRed.deploy(
      example('01 Loitering', {
        'rtsp-camera': { name: 'Hall', url: camera.url, mode: 'all', fps: '5' },
        'vision-endpoint': { preset: 'standin', baseUrl: '', model: '' },
        // One question a second.
        'frame-select': { mode: 'interval', intervalS: '1', heartbeatS: '0' },
        'temporal-window': { holdS: '8', gapS: '3', noEnds: '2', probe: false },
        // Six persons in two minutes are no flood here.
        'alert-gate': { cooldownS: '0', floodPerKey: '20' },
        'mqtt-broker': { port: String(broker.port) },
        'http request': { d: true },
      }),
    );
    const online = await waitFor('the camera to be online', 30_000, () =>
      broker
        .below('video-to-llm/cameras/')
        .find(({ payload }) => (payload as { state: string }).state === 'online'),
    );
    const firstArrival = (online.payload as { since: number }).since;
    const alerts = () => broker.below(ALERTS).map(({ payload }) => payload as Alert);
    const clearedAll = () => alerts().filter(({ state }) => state === 'cleared').length >= events.length;
    await waitFor('the last alert to be cleared', (duration + 20) * 1000, clearedAll);

    // The first frame arrives up to some seconds after the clip began: the first person tells how many.
    const [first] = alerts();
    const start = Date.parse(first?.since ?? '') - (events[0]?.start ?? 0) * 1000;
    assert.ok(
      firstArrival - start >= -500 && firstArrival - start <= 5000,
      `${firstArrival - start} ms to the first frame`,
    );
    const got = alerts().map(({ state, since, time }) => ({
      state,
      since: seconds(since, start),
      time: seconds(time, start),
    }));
    const told = JSON.stringify(got);
    assert.equal(got.length, 2 * events.length, told);
    for (const [index, { start: from, end }] of events.entries()) {
      const raised = got[2 * index];
      const cleared = got[2 * index + 1];
      assert.ok(raised && cleared);
      assert.equal(raised.state, 'raised', told);
      assert.equal(cleared.state, 'cleared', told);
      // The condition began when the person came, the alert came 8 s later, and it ended after the person had gone.
      assert.ok(
        Math.abs(raised.since - from) <= 2,
        `person ${index + 1} seen since ${raised.since}, came at ${from}`,
      );
      assert.ok(raised.time >= raised.since + 8 && raised.time <= end, told);
      assert.ok(cleared.time >= end - 1.5, told);
      assert.ok(cleared.time <= (events[index + 1]?.start ?? duration) + 1, told);
    }
    assert.equal(new Set(alerts().map(({ id }) => id)).size, events.length, 'an id for each alert');
  });
});

/** An ISO time as seconds since the clip began. */
function seconds(iso: string, start: number): number {
  return (Date.parse(iso) - start) / 1000;
}
