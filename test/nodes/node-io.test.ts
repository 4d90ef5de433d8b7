import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { helper, useServer } from '../fixtures/test-helper';
import { waitFor } from '../fixtures/wait';
import { plainPicture } from '../unit/encode/pictures';

import frameSelect = require('../../nodes/frame-select');
import imageEncode = require('../../nodes/image-encode');

const coreCatch: unknown = require('@node-red/nodes/core/common/25-catch.js');

/** Some libraries' objects are so: to copy one throws. */
const uncopyable = () => ({
  get socket() {
    throw new Error('closed already');
  },
});

/** What node.error was told, and what would have ended the process. */
async function worstOf(act: () => void): Promise<{ told: string[]; unhandled: unknown[] }> {
  const told: string[] = [];
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const onError = (call: { args: unknown[] }) => told.push(String(call.args[0]));
  helper.getNode('node').on('call:error' as never, onError as never);
  act();
  await waitFor('an error', 15_000, () => told.length > 0 || unhandled.length > 0);
  await new Promise((resolve) => setImmediate(resolve));
  process.removeListener('unhandledRejection', note);
  return { told, unhandled };
}

describe('a message that cannot be copied does not end the process', () => {
  useServer();
  afterEach(() => helper.unload());

  it('where a Catch node is to have it', async () => {
    await helper.load(
      [frameSelect, coreCatch],
      [
        { id: 'tab', type: 'tab' },
        { id: 'node', z: 'tab', type: 'frame-select', wires: [[], [], []] },
        { id: 'catcher', z: 'tab', type: 'catch', scope: ['node'], wires: [[]] },
      ],
    );
    const { unhandled } = await worstOf(() =>
      helper.getNode('node').receive({ topic: 'gate', payload: 'no picture', mine: uncopyable() } as never),
    );
    assert.deepEqual(unhandled, []);
  });

  it('where two nodes are to have it, long after it came', async () => {
    await helper.load(
      [imageEncode],
      [
        { id: 'node', type: 'image-encode', wires: [['one', 'two'], []] },
        { id: 'one', type: 'helper' },
        { id: 'two', type: 'helper' },
      ],
    );
    const payload = await plainPicture({}).jpeg().toBuffer();
    const { told, unhandled } = await worstOf(() =>
      helper.getNode('node').receive({ topic: 'gate', payload, mine: uncopyable() } as never),
    );
    assert.deepEqual(unhandled, []);
    assert.match(told[0] ?? '', /closed already/);
  });
});
