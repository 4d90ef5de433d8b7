// Makes the pictures of the README: the first example in a real Node-RED, with the alert that it raises.
// Run by tsx, after `npm test` has set up Node-RED in its cache.
import { mkdirSync } from 'node:fs';
import { Editor } from '../test/fixtures/editor.ts';
import { example } from '../test/fixtures/example.ts';
import { NodeRed } from '../test/fixtures/node-red.ts';
import { waitFor } from '../test/fixtures/wait.ts';

const OUT = 'docs/pictures';
mkdirSync(OUT, { recursive: true });
const flow = example('00 No camera, no key', { debug: { console: true } });
const nodeRed = await NodeRed.start('4.1');
try {
  await nodeRed.deploy(flow);
  const editor = await Editor.open(nodeRed.url);
  await editor.page.evaluate(() => globalThis.RED.sidebar.show('debug'));
  await waitFor('an alert', 60_000, () => /state: 'raised'|"raised"/.test(nodeRed.log));
  // The newest message of the Debug sidebar, opened.
  const message = editor.page
    .locator('.red-ui-debug-msg', { hasText: 'raised' })
    .or(editor.page.locator('.red-ui-debug-msg').last());
  await message.last().locator('.red-ui-debug-msg-object-handle').first().click();
  await editor.page.waitForTimeout(1500);
  await editor.page.screenshot({
    path: `${OUT}/flow.png`,
    clip: { x: 180, y: 40, width: 1320, height: 420 },
  });
  await editor.page
    .locator('.red-ui-sidebar, #red-ui-sidebar')
    .first()
    .screenshot({ path: `${OUT}/alert.png` });
  await editor.close();
} finally {
  await nodeRed.stop();
}
