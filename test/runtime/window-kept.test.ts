import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { WindowInfo } from '../../src/shared/messages';
import { Bench, stageNodes } from '../fixtures/flow-bench';
import { needs } from '../fixtures/needs';
import { isSetUp, type Line, NodeRed } from '../fixtures/node-red';
import { waitFor } from '../fixtures/wait';

const STAGE = 'temporal-window';
/** G so long that a slow start of Node-RED is no gap. */
const SETTINGS = {
  rule: 'held',
  holdS: '3',
  gapS: '300',
  answerS: '3600',
  noEnds: '2',
  minYes: '2',
  probe: false,
  version: 2,
};

let frames = 0;

function answer(camera: string, verdict: 'yes' | 'no', time: number): object {
  return {
    topic: camera,
    payload: { verdict, reason: 'somebody' },
    frame: { camera, id: `${camera}-${++frames}`, time },
    vision: { verdict, confidence: 0.9, rule: 'loitering', latency: 1 },
  };
}

for (const line of ['4.1', '5'] as Line[]) {
  describe(`temporal-window when Node-RED ${line} is killed with -9`, {
    skip: needs(`Node-RED ${line}`, isSetUp(line)),
  }, () => {
    let nodeRed: NodeRed;
    before(async () => {
      nodeRed = await NodeRed.start(line);
    });
    after(() => nodeRed.stop());

    test('goes on: a firing rule is told again, marked, and not forgotten, a pending one fires with its old start', async () => {
      const told = (bench: Bench) =>
        bench.told(`answers-${STAGE}`).map(({ payload }) => payload as WindowInfo);
      const states = (bench: Bench) => told(bench).map(({ camera, state }) => `${camera} ${state}`);
      const start = Date.now() - 4000;

      const first = new Bench(nodeRed);
      await first.deploy(stageNodes(STAGE, 3, SETTINGS));
      const id = `stage-${STAGE}`;
      await first.give(
        STAGE,
        [0, 2000, 4000].map((ms) => answer('gate', 'yes', start + ms)),
      );
      await first.give(STAGE, [answer('hall', 'yes', start + 4000)]);
      await waitFor('the alarm', 15_000, () => states(first).includes('gate firing'));
      const journal = join(nodeRed.userDir, 'video-to-llm/journal.jsonl');
      await waitFor('the journal', 15_000, () => {
        const text = readFileSync(journal, 'utf8');
        return text.includes('"told":"firing"') && text.includes('"hall/loitering"');
      });
      assert.deepEqual(states(first), ['gate pending', 'gate firing', 'hall pending']);

      const killed = nodeRed;
      await killed.kill();
      nodeRed = await NodeRed.start(line, {}, killed);
      const second = new Bench(nodeRed);
      await second.give(STAGE, [answer('gate', 'yes', Date.now()), answer('hall', 'yes', start + 9000)]);
      await waitFor('the pending one to fire', 15_000, () => states(second).includes('hall firing'));
      const now = Date.now();
      await second.give(STAGE, [answer('gate', 'no', now), answer('gate', 'no', now + 1)]);
      await waitFor('the end of the alarm', 15_000, () => states(second).includes('gate resolved'));
      assert.deepEqual(
        told(second).map(({ camera, state, since, repeat }) => [camera, state, since, repeat]),
        [
          ['gate', 'firing', start, true],
          ['hall', 'firing', start + 4000, undefined],
          ['gate', 'resolved', start, undefined],
        ],
      );
      assert.deepEqual(second.told(`errors-${STAGE}`), [], id);
    });
  });
}
