import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ConfiguredNode, flowDemand } from '../../../src/vision/flow-demand';

let ids = 0;
const node = (type: string, settings: object = {}): ConfiguredNode => {
  ids += 1;
  return { id: `${type}-${ids}`, type, ...settings };
};

/** Nodes behind each other, wired on their first output. */
function chain(...nodes: ConfiguredNode[]): ConfiguredNode[] {
  return nodes.map((one, index) => ({ ...one, wires: [[nodes[index + 1]?.id ?? []].flat()] }));
}

const camera = (settings: object = {}) => node('rtsp-camera', settings);
const source = (of: ConfiguredNode, settings: object = {}) => node('rtsp-in', { camera: of.id, ...settings });
const asking = () => node('vision-llm', { endpoint: 'e' });

describe('what a flow asks of an endpoint at least', () => {
  type Row = [
    what: string,
    nodes: () => ConfiguredNode[],
    expected: [cameras: number, perMinute: number] | null,
  ];
  const through = (cam: object, ...between: ConfiguredNode[]) => {
    const one = camera(cam);
    return [one, ...chain(source(one), ...between, asking())];
  };
  const rows: Row[] = [
    [
      'heartbeats, where nothing moves',
      () => through({}, node('frame-select', { heartbeatS: '30' })),
      [1, 2],
    ],
    ['settings that are missing are at their defaults', () => through({}, node('frame-select')), [1, 1]],
    ['intervals', () => through({}, node('frame-select', { mode: 'interval', intervalS: 5 })), [1, 12]],
    [
      'no more than the camera sends',
      () =>
        through({ kind: 'snapshot', everyS: '20' }, node('frame-select', { mode: 'interval', intervalS: 5 })),
      [1, 3],
    ],
    ['all frames, where nothing selects them', () => through({ mode: 'all', fps: '2' }), [1, 120]],
    [
      'a sheet of several frames is one picture',
      () => through({ mode: 'all', fps: 2 }, node('image-encode', { sheetFrames: '6' })),
      [1, 20],
    ],
    [
      'through link and junction nodes',
      () => {
        const [one, into] = [camera(), node('link in')];
        return [
          one,
          ...chain(
            source(one),
            node('junction'),
            node('frame-select'),
            node('link out', { links: [into.id] }),
          ),
          ...chain(into, asking()),
        ];
      },
      [1, 1],
    ],
    ['keyframes come as they come', () => through({ mode: 'keyframes', fps: 2 }), null],
    ['a function may hold back', () => through({ mode: 'all', fps: 2 }, node('function')), null],
    ['no heartbeat: nothing for certain', () => through({}, node('frame-select', { heartbeatS: 0 })), null],
    ['an environment variable', () => through({}, node('frame-select', { heartbeatS: 'a variable' })), null],
    [
      'a list of cameras',
      () => {
        const one = camera();
        return [one, ...chain(source(one, { cameras: 'file' }), node('frame-select'), asking())];
      },
      null,
    ],
    ['a disabled node', () => through({}, node('frame-select', { d: true })), null],
    [
      'another endpoint',
      () => {
        const one = camera();
        return [one, ...chain(source(one), node('frame-select'), node('vision-llm', { endpoint: 'other' }))];
      },
      null,
    ],
    ['nothing', () => [], null],
  ];
  for (const [what, nodes, expected] of rows) {
    it(`${what}: ${expected ? `${expected[1]} a minute` : 'not known'}`, () => {
      const demand = flowDemand(nodes(), 'e');
      assert.deepEqual(demand && [demand.cameras, demand.perMinute], expected);
    });
  }

  it('is the sum over cameras, and over the nodes that ask about each', () => {
    const cameras = [camera(), camera()];
    const select = node('frame-select', { heartbeatS: 10 });
    const [one, other] = [asking(), asking()];
    const nodes = [
      ...cameras,
      ...cameras.map((each) => ({ ...source(each), wires: [[select.id]] })),
      { ...select, wires: [[one.id, other.id]] },
      ...[one, other],
    ];
    assert.deepEqual(flowDemand(nodes, 'e'), { cameras: 2, perMinute: 24 });
  });

  it('is found in a flow that runs in a circle', () => {
    const one = camera();
    const [select, junction, llm] = [node('frame-select'), node('junction'), asking()];
    const nodes = [
      one,
      { ...source(one), wires: [[select.id]] },
      { ...select, wires: [[junction.id]] },
      { ...junction, wires: [[select.id, llm.id]] },
      llm,
    ];
    assert.deepEqual(flowDemand(nodes, 'e'), { cameras: 1, perMinute: 1 });
  });
});
