import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type FlowNode, readFlow } from '../../../src/replay/flow-file';
import { graphOf } from '../../../src/replay/graph';
import { replayFlow } from '../../fixtures/replay-flow';

const flowOf = (nodes: FlowNode[], env = {}) => readFlow(JSON.stringify(nodes), env);
const EXAMPLES = join(__dirname, '../../../examples');
const variable = (name: string) => `\${${name}}`;
const foreign = (type: string, from: string, to: string): [FlowNode[], Record<string, unknown>] => [
  [{ id: 'x', type, z: 'tab', name: 'only daytime', wires: [[to]] }],
  { [from]: { wires: [['x']] } },
];

describe('a flow file', () => {
  test('is a list of nodes, or an object that has one', () => {
    assert.equal(flowOf(replayFlow()).get('sel')?.type, 'frame-select');
    assert.equal(readFlow(JSON.stringify({ flows: replayFlow() }), {}).get('sel')?.type, 'frame-select');
  });

  for (const [what, text] of [
    ['no JSON', '<html>'],
    ['no list', '{"a": 1}'],
    ['an empty list', '[]'],
    ['an entry that is no node', '[{"id": "a"}]'],
    ['wires that are none', '[{"id": "a", "type": "b", "wires": [1]}]'],
  ] as const) {
    test(`with ${what} is refused`, () => {
      assert.throws(() => readFlow(text, {}), { name: 'ReplayError', message: /Export it with Menu/ });
    });
  }

  test('gets environment variables put in as Node-RED does it', () => {
    const flow = flowOf(
      replayFlow({ sel: { heartbeatS: variable('BEAT'), maxPerMinute: variable('NONE') } }),
      {
        BEAT: '30',
      },
    );
    assert.equal(flow.get('sel')?.heartbeatS, '30');
    assert.equal(flow.get('sel')?.maxPerMinute, variable('NONE'));
  });

  test('sets variables itself, as Node-RED looks for them: in group, tab and the whole flow, then outside', () => {
    const of = (name: string, value: unknown, type = 'str') => ({ name, value, type });
    const more = [
      { id: 'inner', type: 'group', z: 'tab', g: 'outer', env: [of('A', 'inner')] },
      { id: 'outer', type: 'group', z: 'tab', env: [of('A', 'outer'), of('B', 'outer')] },
      { id: 'all', type: 'global-config', env: ['A', 'B', 'C', 'D'].map((name) => of(name, 'all')) },
    ];
    const env = Object.fromEntries(['A', 'B', 'C', 'D', 'E'].map((name) => [name, 'outside']));
    const asked = {
      a: variable('A'),
      b: variable('B'),
      c: variable('C'),
      d: variable('D'),
      e: variable('E'),
    };
    const changes = {
      tab: { env: ['A', 'B', 'C'].map((name) => of(name, 'tab')) },
      enc: { g: 'inner', ...asked },
      sel: asked,
      cam: asked,
    };
    const flow = flowOf(replayFlow(changes, more), env);
    const found = (id: string) => 'abcde'.split('').map((name) => flow.get(id)?.[name]);
    assert.deepEqual(found('enc'), ['inner', 'outer', 'tab', 'all', 'outside']);
    assert.deepEqual(found('sel'), ['tab', 'tab', 'tab', 'all', 'outside']);
    assert.deepEqual(found('cam'), ['all', 'all', 'all', 'all', 'outside'], 'a config node is on no tab');
  });

  for (const [what, type, value, expected] of [
    ['a number', 'num', '12.5', 12.5],
    ['true', 'bool', 'true', true],
    ['an empty text', 'str', '', ''],
    ['the name of another', 'env', 'OTHER', 'far'],
    ['another', 'env', variable('OTHER'), 'far'],
    ['a text with another', 'env', `as ${variable('OTHER')} as it gets`, 'as far as it gets'],
    ['itself, of outside', 'env', variable('X'), 'outside'],
    ['one that refers back to it', 'env', 'BACK', 'outside'],
    ['one that is not set', 'env', 'NONE', ''],
    ['a credential, which is taken from outside', 'cred', '', 'outside'],
  ] as const) {
    test(`has a variable that is ${what}`, () => {
      const other = { name: 'OTHER', value: 'far', type: 'str' };
      const env = [{ name: 'X', value, type }, other, { name: 'BACK', value: 'X', type: 'env' }];
      const flow = flowOf(replayFlow({ tab: { env }, sel: { zones: variable('X') } }), { X: 'outside' });
      assert.equal(flow.get('sel')?.zones, expected);
    });
  }

  test('has neither disabled nodes nor those on a disabled tab', () => {
    assert.equal(flowOf(replayFlow({ enc: { d: true } })).has('enc'), false);
    assert.equal(flowOf(replayFlow({ tab: { disabled: true } })).has('enc'), false);
  });
});

describe('the part of a flow that is replayed', () => {
  test('is the chain behind the rtsp-in, with the wire back for probes', () => {
    const { source, stages, wires } = graphOf(flowOf(replayFlow()), '');
    assert.equal(source.id, 'in');
    assert.deepEqual(
      stages.map(({ id }) => id),
      ['sel', 'enc', 'ask', 'win', 'gate'],
    );
    assert.deepEqual(wires.get('win'), [['gate'], ['sel'], []]);
    assert.deepEqual(wires.get('gate'), [[], [], []], 'what is not ours ends there');
  });

  test('goes through link nodes and junctions, and fans out', () => {
    const more: FlowNode[] = [
      { id: 'lo', type: 'link out', mode: 'link', links: ['li'], z: 'tab' },
      { id: 'li', type: 'link in', z: 'tab', wires: [['j']] },
      { id: 'j', type: 'junction', z: 'tab', wires: [['enc', 'enc2']] },
      { id: 'enc2', type: 'image-encode', z: 'tab', wires: [[], []] },
    ];
    const { wires } = graphOf(flowOf(replayFlow({ sel: { wires: [['lo'], [], []] } }, more)), '');
    assert.deepEqual(wires.get('sel'), [['enc', 'enc2'], [], []]);
  });

  for (const type of ['function', 'switch', 'change', 'delay', 'subflow:abc']) {
    test(`is refused where a ${type} node stands in it, by its name`, () => {
      const [more, changes] = foreign(type, 'sel', 'enc');
      assert.throws(() => graphOf(flowOf(replayFlow(changes as never, more)), ''), {
        name: 'ReplayError',
        message: new RegExp(
          `^${type} "only daytime" stands between frame-select "sel" and image-encode "enc"`,
        ),
      });
    });
  }

  test('is refused also where several foreign nodes stand between two of ours', () => {
    const more: FlowNode[] = [
      { id: 'x', type: 'change', z: 'tab', wires: [['y']] },
      { id: 'y', type: 'link out', mode: 'link', links: ['li'], z: 'tab' },
      { id: 'li', type: 'link in', z: 'tab', wires: [['enc']] },
    ];
    assert.throws(
      () => graphOf(flowOf(replayFlow({ sel: { wires: [['x']] } }, more)), ''),
      /change "x" stands between/,
    );
  });

  test('ends at a foreign node that leads to none of ours', () => {
    const more: FlowNode[] = [{ id: 'x', type: 'function', z: 'tab', wires: [['out']] }];
    const { wires } = graphOf(flowOf(replayFlow({ gate: { wires: [['x'], [], []] } }, more)), '');
    assert.deepEqual(wires.get('gate'), [[], [], []]);
  });

  test('leaves out what comes back to an alert-gate of its deliveries', () => {
    const more: FlowNode[] = [
      { id: 'x', type: 'http request', z: 'tab', wires: [['y']] },
      { id: 'y', type: 'change', z: 'tab', wires: [['gate']] },
    ];
    const { wires } = graphOf(flowOf(replayFlow({ gate: { wires: [['x'], [], []] } }, more)), '');
    assert.deepEqual(wires.get('gate'), [[], [], []]);
    assert.throws(
      () => graphOf(flowOf(replayFlow({ sel: { wires: [['x']] } }, more)), ''),
      /http request "x" stands between/,
    );
  });

  for (const name of readdirSync(EXAMPLES).filter((file) => file.endsWith('.json'))) {
    test(`is found in the example "${name}"`, () => {
      const { stages } = graphOf(readFlow(readFileSync(join(EXAMPLES, name), 'utf8'), {}), '');
      assert.ok(stages.some(({ type }) => type === 'vision-llm'));
    });
  }

  test('begins with the rtsp-in that is named, by its camera too', () => {
    const more: FlowNode[] = [
      { id: 'cam2', type: 'rtsp-camera', name: 'Yard' },
      { id: 'in2', type: 'rtsp-in', z: 'tab', camera: 'cam2', wires: [['sel']] },
    ];
    const flow = flowOf(replayFlow({}, more));
    assert.equal(graphOf(flow, 'Yard').source.id, 'in2');
    assert.equal(graphOf(flow, 'in').source.id, 'in');
    assert.throws(() => graphOf(flow, ''), /several rtsp-in nodes. Choose one with --from: "Gate", "Yard"/);
    assert.throws(() => graphOf(flow, 'Roof'), /no rtsp-in is called "Roof"/);
  });

  test('needs an rtsp-in, and something of ours behind it', () => {
    assert.throws(() => graphOf(flowOf(replayFlow({ in: { d: true } })), ''), /no rtsp-in that is enabled/);
    assert.throws(
      () => graphOf(flowOf(replayFlow({ in: { wires: [['out']] } })), ''),
      /Nothing of ours is behind/,
    );
  });
});
