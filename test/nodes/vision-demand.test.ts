import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import type { Node, NodeAPI, NodeDef } from 'node-red';

import visionEndpoint = require('../../nodes/vision-endpoint');

import type { VisionEndpointNode } from '../../nodes/lib/vision-link';
import { helper, useServer } from '../fixtures/test-helper';
import { VisionServer, yes } from '../fixtures/vision-server';
import { waitFor } from '../fixtures/wait';

const DEADLINE_MS = 15_000;
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00]);

/** Nodes of a flow of which only the settings matter here. */
const others = (RED: NodeAPI) => {
  for (const type of ['rtsp-in', 'rtsp-camera', 'frame-select', 'vision-llm']) {
    RED.nodes.registerType(type, function Other(this: Node, config: NodeDef) {
      RED.nodes.createNode(this, config);
    } as never);
  }
};

let server: VisionServer;
let baseUrl: string;
let userDir: string;

useServer();
beforeEach(async () => {
  server = new VisionServer();
  server.otherwise = { ...yes, after: 50 };
  baseUrl = await server.start();
  userDir = mkdtempSync(join(tmpdir(), 'v2l-demand-'));
  helper.settings({ userDir });
});
afterEach(async () => {
  await helper.unload();
  helper.settings({});
  await server.stop();
  rmSync(userDir, { recursive: true, force: true });
});

/** Deploys ten cameras, of each of which a frame is selected so often. */
async function deploy(everyS: number): Promise<{ node: VisionEndpointNode; warnings(): string[] }> {
  const cameras = Array.from({ length: 10 }, (_, n) => [
    { id: `c${n}`, type: 'rtsp-camera' },
    { id: `in${n}`, type: 'rtsp-in', camera: `c${n}`, wires: [['s']] },
  ]).flat();
  const flow = [
    ...cameras,
    { id: 's', type: 'frame-select', mode: 'interval', intervalS: everyS, heartbeatS: 0, wires: [['v']] },
    { id: 'v', type: 'vision-llm', endpoint: 'e', wires: [] },
    { id: 'e', type: 'vision-endpoint', preset: 'custom', baseUrl, model: 'm', maxConcurrent: 1 },
  ];
  await helper.load([others, visionEndpoint], flow, { e: { apiKey: '' } });
  const node = helper.getNode('e') as unknown as VisionEndpointNode;
  const { args } = node.warn as unknown as { args: [string][] };
  return {
    node,
    warnings: () => args.map(([text]) => text).filter((text) => /pictures a minute/.test(text)),
  };
}

async function ask({ endpoint }: VisionEndpointNode, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    await endpoint?.ask({
      ...{ camera: 'c', rule: 'r', pinned: true, probe: false, routine: false, ageMs: 0, pictureTokens: 0 },
      request: {
        ...{ lane: 'v\nc', time: 0, model: 'm', system: '', prompt: 'What?', schema: {} },
        ...{ picture: { data: JPEG, type: 'image/jpeg' }, detail: 'auto', maxTokens: 10 },
        ...{ verdictField: 'verdict', confidenceField: 'c', temperature: null, reasoningEffort: '' },
      },
    });
  }
}

it('a flow that asks more than can be served is told of after three answers, then with each deploy at once', async () => {
  const first = await deploy(0.1);
  await ask(first.node, 2);
  assert.deepEqual(first.warnings(), [], 'what an answer takes is not known yet');
  await ask(first.node, 1);
  assert.match(
    first.warnings().join(),
    /^10 cameras will send at least 6000 pictures a minute, but 1 calls at once/,
  );
  await ask(first.node, 1);
  await helper.unload();

  const second = await deploy(0.1);
  await waitFor('the word', DEADLINE_MS, () => second.warnings().length > 0);
  assert.equal(second.warnings().length, 1);
  assert.equal(server.calls, 4, 'nothing was asked for it');
});

it('a flow that can be served is not told of', async () => {
  const { node, warnings } = await deploy(60);
  await ask(node, 4);
  assert.deepEqual(warnings(), []);
});
