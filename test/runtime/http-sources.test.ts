import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type HttpCamera, HttpCameras } from '../fixtures/http-camera';
import { needs } from '../fixtures/needs';
import { type FlowNode, isSetUp, type Line, NodeRed } from '../fixtures/node-red';
import { waitFor } from '../fixtures/wait';

/** Long enough for a slow machine, and only ever waited for when a test fails. */
const DEADLINE_MS = 60_000;
const KINDS = ['hls', 'mjpeg', 'snapshot'] as const;
type Kind = (typeof KINDS)[number];

for (const line of ['4.1', '5'] as Line[]) {
  describe(`cameras over HTTP on Node-RED ${line}`, {
    skip: needs(`Node-RED ${line}`, isSetUp(line)),
  }, () => {
    let served: HttpCameras;
    let cameras: Record<Kind, HttpCamera>;
    let nodeRed: NodeRed;

    before(async () => {
      served = new HttpCameras();
      cameras = { hls: await served.hls(), mjpeg: await served.mjpeg(), snapshot: await served.snapshot() };
      nodeRed = await NodeRed.start(line);
    });
    after(async () => {
      await nodeRed?.stop();
      await served?.stop();
    });

    /** What the flow has kept in the global context, by the camera's name. */
    async function kept<T>(name: string): Promise<Record<string, T>> {
      const { msg } = (await (await nodeRed.get(`/context/global/${name}`)).json()) as { msg: string };
      return msg === '(undefined)' ? {} : JSON.parse(msg);
    }

    test('HLS, MJPEG and snapshots: frames come, a loss is told, and frames come again', async () => {
      await nodeRed.deploy(flowOf(cameras));
      const all = async (what: string, is: (frames: number, states: string[]) => boolean) =>
        waitFor(what, DEADLINE_MS, async () => {
          const [frames, states] = [await kept<number>('frames'), await kept<string[]>('states')];
          return KINDS.every((kind) => is(frames[kind] ?? 0, states[kind] ?? [])) ? frames : null;
        });
      await all('frames of each', (frames, states) => frames >= 3 && states.at(-1) === 'online');
      for (const kind of KINDS) cameras[kind].is = 'down';
      const before = await all('the loss of each', (_frames, states) => states.at(-1) === 'offline');
      for (const kind of KINDS) cameras[kind].is = 'none';
      await all('the return of each', (_frames, states) => states.at(-1) === 'online');
      const now = await kept<number>('frames');
      for (const kind of KINDS) {
        assert.ok((now[kind] ?? 0) > (before[kind] ?? 0), `${kind}: frames after its return`);
        assert.deepEqual((await kept<string[]>('states'))[kind], ['online', 'offline', 'online'], kind);
      }
    });
  });
}

/** An rtsp-in for each camera; what comes out of them is kept in the global context. */
function flowOf(cameras: Record<Kind, HttpCamera>): FlowNode[] {
  const collect = (id: string, func: string) => ({
    id,
    type: 'function',
    z: 'tab',
    outputs: 0,
    func,
    wires: [],
  });
  return [
    { id: 'tab', type: 'tab', label: 'Cameras over HTTP' },
    ...KINDS.flatMap((kind) => [
      {
        id: `camera-${kind}`,
        type: 'rtsp-camera',
        name: kind,
        kind,
        url: cameras[kind].url,
        ...{ everyS: '0.5', mode: 'keyframes', width: '320', firstFrameS: '15', silenceS: '10', holdS: '2' },
      },
      {
        id: `in-${kind}`,
        type: 'rtsp-in',
        z: 'tab',
        camera: `camera-${kind}`,
        wires: [['frames'], ['states'], []],
      },
    ]),
    collect(
      'frames',
      'const all = global.get("frames") || {}; all[msg.topic] = (all[msg.topic] || 0) + 1; global.set("frames", all);',
    ),
    collect(
      'states',
      // Told again where only the reason has changed.
      `const all = global.get("states") || {};
       const { name, state } = msg.camera;
       const states = (all[name] ||= []);
       if (states.at(-1) !== state) states.push(state);
       global.set("states", all);`,
    ),
  ];
}
