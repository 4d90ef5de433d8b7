import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { needs } from '../fixtures/needs';
import { type FlowNode, isSetUp, type Line, NodeRed } from '../fixtures/node-red';

const ROOT = join(__dirname, '../..');
const NODES = [
  'rtsp-camera',
  'vision-endpoint',
  'rtsp-in',
  'frame-select',
  'image-encode',
  'vision-llm',
  'temporal-window',
  'alert-gate',
];
const EXAMPLES = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.json'));

for (const line of ['4.1', '5'] as Line[]) {
  describe(`Node-RED ${line}`, { skip: needs(`Node-RED ${line}`, isSetUp(line)) }, () => {
    let nodeRed: NodeRed;
    before(async () => {
      nodeRed = await NodeRed.start(line);
    });
    after(() => nodeRed.stop());

    test('loads all eight nodes without an error', async () => {
      const sets = (await (await nodeRed.get('/nodes')).json()) as {
        module: string;
        types: string[];
        err?: string;
        enabled: boolean;
      }[];
      const ours = sets.filter(({ module }) => module === '@video-to-llm/node-red');
      assert.deepEqual(ours.flatMap(({ types }) => types).sort(), [...NODES].sort());
      for (const set of ours) assert.equal(set.err, undefined);
    });

    test('serves an icon of our own for every node in the palette', async () => {
      const icons = (await (await nodeRed.get('/icons')).json()) as Record<string, string[]>;
      const ours = icons['@video-to-llm/node-red'] ?? [];
      for (const type of NODES) assert.ok(ours.includes(`${type}.svg`), `${type}.svg in ${ours}`);
    });

    test('serves a catalog and a help text for every node', async () => {
      const html = await (await nodeRed.get('/nodes', 'text/html')).text();
      for (const type of NODES) {
        const catalog = await (await nodeRed.get(`/locales/@video-to-llm/node-red/${type}?lng=en-US`)).json();
        assert.ok((catalog as Record<string, unknown>)[type], `catalog of ${type}`);
        assert.match(html, new RegExp(`data-help-name="${type}"`));
      }
    });

    test('offers every example in its import menu', async () => {
      const answer = await nodeRed.get('/library/examples/flows/@video-to-llm/node-red');
      const names = ((await answer.json()) as { fn: string }[]).map(({ fn }) => `${fn}.json`);
      assert.deepEqual(names.sort(), [...EXAMPLES].sort());
    });

    for (const name of EXAMPLES) {
      test(`deploys the example "${name}" without a missing node`, async () => {
        const flows = JSON.parse(readFileSync(join(ROOT, 'examples', name), 'utf8')) as FlowNode[];
        const start = nodeRed.log.length;
        await nodeRed.deploy(flows);
        const said = nodeRed.log.slice(start);
        assert.doesNotMatch(said, /missing types/);
        assert.doesNotMatch(said, /TypeError|ReferenceError/);
      });
    }
  });
}
