import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Node } from 'node-red';
import { waitFor } from '../fixtures/wait';

import frameSelect = require('../../nodes/frame-select');

/** What is used of node-red-node-test-helper, which brings no types. */
interface TestHelper {
  startServer(done: () => void): void;
  stopServer(done: () => void): void;
  load(nodes: unknown[], flow: object[]): Promise<void>;
  unload(): Promise<void>;
  getNode(id: string): Node;
}

const helper: TestHelper = require('node-red-node-test-helper');
const coreCatch: unknown = require('@node-red/nodes/core/common/25-catch.js');

/** Some libraries' objects are so: to copy one throws. */
const uncopyable = () => ({
  get socket() {
    throw new Error('closed already');
  },
});

describe('a node', () => {
  before(() => new Promise<void>((resolve) => helper.startServer(resolve)));
  after(() => new Promise<void>((resolve) => helper.stopServer(resolve)));
  afterEach(() => helper.unload());

  it('does not end the process where a message cannot be copied for a Catch node', async () => {
    await helper.load(
      [frameSelect, coreCatch],
      [
        { id: 'tab', type: 'tab' },
        { id: 'node', z: 'tab', type: 'frame-select', wires: [[], [], []] },
        { id: 'catcher', z: 'tab', type: 'catch', scope: ['node'], wires: [[]] },
      ],
    );
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const told: unknown[] = [];
    const node = helper.getNode('node');
    node.on('call:error' as never, ((call: { args: unknown[] }) => told.push(call.args[0])) as never);
    node.receive({ topic: 'gate', payload: 'no picture', mine: uncopyable() } as never);
    await waitFor('the error', 5000, () => told.length > 0 || unhandled.length > 0);
    await new Promise((resolve) => setImmediate(resolve));
    process.removeListener('unhandledRejection', note);
    assert.deepEqual(unhandled, []);
  });
});
