import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { type EncodedVideo, encodeVideo, SimulatedCamera } from '../../src/simulator';
import { sceneSource } from '../../src/simulator/scene';
import { DEADLINE_MS, endFlow, Flow } from '../fixtures/camera-flow';
import { helper } from '../fixtures/test-helper';
import { waitFor } from '../fixtures/wait';

/** Something in the arguments of the ffmpegs of this file, so that those of other tests do not count. */
const OURS = 'min(332,iw)';
const PASSWORD = 'p@ss:w/o?r#d';
const LOGIN = { user: 'admin', password: PASSWORD };
const TEMPLATE = { kind: 'rtsp', url: '', name: 'Defaults', width: 332, holdS: 1 };
/** The node that holds the login of the list's cameras. */
const RECORDER = { id: 'recorder', type: 'rtsp-camera', name: 'Recorder', url: 'rtsp://127.0.0.1/none' };

describe('rtsp-in with a list of cameras', () => {
  const cameras: SimulatedCamera[] = [];
  let video: EncodedVideo;
  let folder = '';
  let file = '';

  before(async () => {
    // Read when the first camera is made.
    folder = mkdtempSync(join(tmpdir(), 'v2l-fleet-'));
    file = join(folder, 'cameras.json');
    process.env.VIDEO_TO_LLM_FOLDERS = folder;
    video = await encodeVideo({
      ffmpeg: 'ffmpeg',
      width: 640,
      height: 360,
      fps: 5,
      source: sceneSource({ emptyS: 1, walkS: 1, stayS: 1, loopS: 5 }),
    });
    await new Promise<void>((resolve) => helper.startServer(resolve));
  });
  after(async () => {
    await new Promise<void>((resolve) => helper.stopServer(resolve));
    rmSync(folder, { recursive: true });
    delete process.env.VIDEO_TO_LLM_FOLDERS;
  });
  afterEach(async () => {
    await endFlow(OURS);
    await Promise.all(cameras.splice(0).map((camera) => camera.stop()));
  });

  async function twoCameras(): Promise<[SimulatedCamera, SimulatedCamera]> {
    const both = [0, 1].map(() => new SimulatedCamera({ video, ...LOGIN, auth: 'digest' }));
    cameras.push(...both);
    await Promise.all(both.map((camera) => camera.start()));
    return both as [SimulatedCamera, SimulatedCamera];
  }

  const load = (node: object) =>
    Flow.load(TEMPLATE, { node, more: [RECORDER], moreCredentials: { recorder: LOGIN } });
  const entry = (name: string, { url }: SimulatedCamera, rest: object = {}) => ({
    name,
    url,
    credential: 'Recorder',
    ...rest,
  });
  const of = (flow: Flow, id: string) => flow.frames.filter(({ frame }) => frame?.camera === id);
  const status = (flow: Flow, text: string, fill: string) =>
    waitFor(`the status ${text}`, DEADLINE_MS, () => {
      const last = flow.statuses.at(-1);
      return last?.text.includes(text) && last.fill === fill;
    });

  it('runs what a message says, each under its own name, and closes what the next one leaves out', async () => {
    const [gate, dock] = await twoCameras();
    const flow = await load({ cameras: 'message', topicPrefix: 'cams' });
    await status(flow, 'no-cameras', 'grey');
    flow.send({ command: 'fleet', payload: [entry('Gate', gate, { id: 'g-1' }), entry('Dock', dock)] });
    await waitFor(
      'frames of both',
      DEADLINE_MS,
      () => of(flow, 'g-1').length > 1 && of(flow, 'Dock').length > 1,
    );
    assert.deepEqual(
      [of(flow, 'g-1')[0]?.topic, of(flow, 'g-1')[0]?.frame?.width, of(flow, 'g-1')[0]?.frame?.profile?.name],
      ['Gate', 332, 'Gate'],
    );
    await status(flow, 'status.fleet', 'green');
    const topics = await waitFor('health of both', DEADLINE_MS, () => {
      const found = flow.health.map(({ topic }) => topic);
      return found.length === 2 ? found.sort() : null;
    });
    assert.deepEqual(topics, ['cams/Dock/state', 'cams/g-1/state']);
    flow.send({ command: 'fleet', payload: [entry('Dock', dock)] });
    await waitFor('the end of its session', DEADLINE_MS, () => gate.counters.sessionsOpen === 0);
    const last = await waitFor('its last word', DEADLINE_MS, () => flow.health[2]);
    assert.deepEqual([last.camera?.id, last.camera?.state, last.camera?.code], ['g-1', 'offline', '']);
    const { length } = of(flow, 'Dock');
    await waitFor('more of the other', DEADLINE_MS, () => of(flow, 'Dock').length > length + 1);
    assert.deepEqual([dock.counters.setup, dock.counters.teardown], [1, 0], 'the other was not touched');
    assert.deepEqual(flow.errors, []);
    assert.ok(!flow.everythingTold().includes(PASSWORD));
  });

  it('tells what is wrong with an entry, and runs the others', async () => {
    const [gate] = await twoCameras();
    const flow = await load({ cameras: 'message' });
    flow.send({
      command: 'fleet',
      payload: [
        { name: 'A', url: gate.url, password: PASSWORD },
        { name: 'B', url: `rtsp://admin:${encodeURIComponent(PASSWORD)}@127.0.0.1/live` },
        { name: 'C', url: gate.url, credential: 'Nobody' },
        { name: 'D', url: 'rtsp://192.0.2.1/live', credential: 'Recorder' },
        { name: 'E', url: gate.url, fps: 'fast' },
        entry('Gate', gate),
      ],
    });
    await waitFor('a frame', DEADLINE_MS, () => of(flow, 'Gate').length > 0);
    assert.deepEqual(
      flow.errors.map(({ topic, error }) => [topic, error.code]),
      ['A', 'B', 'C', 'D', 'E'].map((name) => [name, 'CAMERA_FLEET']),
    );
    const said = [
      /holds a password/,
      /holds a user or a password/,
      /name "Nobody"/,
      /host 192\.0\.2\.1/,
      /fps/,
    ];
    for (const [index, words] of said.entries()) assert.match(flow.errors[index]?.error.message ?? '', words);
    for (const form of [PASSWORD, encodeURIComponent(PASSWORD)])
      assert.ok(!flow.everythingTold().includes(form));
    flow.send({ command: 'fleet', payload: 'no list' });
    await waitFor('an error', DEADLINE_MS, () => /not a list/.test(flow.errors.at(-1)?.error.message ?? ''));
  });

  it('a full deploy keeps the streams of a list in a file, and a new file changes only what it changes', async () => {
    const [gate, dock] = await twoCameras();
    writeFileSync(file, JSON.stringify([entry('Gate', gate), entry('Dock', dock)]));
    const node = { cameras: 'file', listFile: file };
    const before_ = await load(node);
    await waitFor(
      'frames of both',
      DEADLINE_MS,
      () => of(before_, 'Gate').length > 0 && of(before_, 'Dock').length > 0,
    );
    await helper.unload();
    const after_ = await load(node);
    await waitFor(
      'frames of both',
      DEADLINE_MS,
      () => of(after_, 'Gate').length > 1 && of(after_, 'Dock').length > 1,
    );
    for (const { counters } of [gate, dock]) {
      // The first DESCRIBE is the one that is answered with 401.
      assert.deepEqual([counters.describe, counters.setup, counters.teardown], [2, 1, 0]);
    }
    writeFileSync(file, `name;url;credential;description\nGate;${gate.url};Recorder;a gate\n`);
    after_.send({ command: 'reload' });
    await waitFor('the end of one', DEADLINE_MS, () => dock.counters.sessionsOpen === 0);
    await waitFor(
      'the new words',
      DEADLINE_MS,
      () => of(after_, 'Gate').at(-1)?.frame?.profile?.description === 'a gate',
    );
    assert.deepEqual([gate.counters.setup, gate.counters.teardown], [1, 0], 'only words have changed');
    assert.deepEqual(after_.errors, []);
  });

  it('a file that is not there, or where it may not be, is told once', async () => {
    const flow = await load({ cameras: 'file', listFile: join(folder, 'gone.json') });
    const { error } = await flow.error('CAMERA_FLEET');
    assert.match(error.message, /gone\.json is not there/);
    await helper.unload();
    const refused = await load({ cameras: 'file', listFile: '/etc/passwd' });
    assert.match((await refused.error('CAMERA_REFUSED')).error.message, /\/etc\/passwd/);
    assert.equal(refused.errors.length, 1);
  });

  it('takes its list from a context value', async () => {
    const [gate] = await twoCameras();
    const flow = await load({ cameras: 'context', listContext: 'cams', listContextType: 'flow' });
    await status(flow, 'no-cameras', 'grey');
    const context = (
      helper.getNode('node') as unknown as { context(): { flow: { set(key: string, value: unknown): void } } }
    ).context().flow;
    context.set('cams', [entry('Gate', gate)]);
    flow.send({ command: 'reload' });
    await waitFor('a frame', DEADLINE_MS, () => of(flow, 'Gate').length > 0);
    context.set('cams', { not: 'a list' });
    flow.send({ command: 'reload' });
    await flow.error('CAMERA_FLEET');
    const { length } = of(flow, 'Gate');
    await waitFor('more', DEADLINE_MS, () => of(flow, 'Gate').length > length + 1);
  });

  it('commands are for the camera that is named, or for all', async () => {
    const [gate, dock] = await twoCameras();
    const flow = await load({ cameras: 'message' });
    flow.send({ command: 'fleet', payload: [entry('Gate', gate), entry('Dock', dock)] });
    await waitFor(
      'frames of both',
      DEADLINE_MS,
      () => of(flow, 'Gate').length > 0 && of(flow, 'Dock').length > 0,
    );
    flow.send({ command: 'stop', topic: 'Gate' });
    await waitFor('its end', DEADLINE_MS, () => gate.counters.sessionsOpen === 0);
    assert.equal(dock.counters.sessionsOpen, 1);
    await status(flow, 'status.fleet', 'yellow');
    flow.send({ command: 'stop' });
    await waitFor('the end of all', DEADLINE_MS, () => dock.counters.sessionsOpen === 0);
    await status(flow, 'status.fleet', 'red');
    flow.send({ command: 'start', topic: 'Gate' });
    await waitFor('its return', DEADLINE_MS, () => gate.counters.sessionsOpen === 1);
    flow.send({ command: 'snapshot', topic: 'Dock' });
    const still = await waitFor('a still', DEADLINE_MS, () => flow.frames.find(({ frame }) => frame?.still));
    assert.deepEqual([still.frame?.camera, still.frame?.width], ['Dock', 640]);
    for (const msg of [{ command: 'snapshot' }, { command: 'stop', topic: 'Nobody' }]) flow.send(msg);
    await waitFor('two errors', DEADLINE_MS, () => flow.errors.length === 2);
    assert.ok(flow.errors.every(({ error }) => error.code === 'INPUT_NO_CAMERA'));
  });
});
