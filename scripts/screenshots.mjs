// Makes the pictures of the README: the first example in a real Node-RED, and the alert that it raises.
// `npm run screenshots`, after `npm test` has set up Node-RED in its cache.
import { mkdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import sharp from 'sharp';

// The fixtures are CommonJS: imported, they would not know where they are.
const require = createRequire(import.meta.url);
const { Editor } = require('../test/fixtures/editor.ts');
const { example } = require('../test/fixtures/example.ts');
const { NodeRed } = require('../test/fixtures/node-red.ts');

const OUT = 'docs/pictures';
/** Room around what is shown, in pixels of the page. */
const MARGIN = 24;

mkdirSync(OUT, { recursive: true });
const flow = example('00 No camera, no key');
const nodeRed = await NodeRed.start('4.1');
try {
  await nodeRed.deploy(flow);
  // As sharp as a good screen shows it.
  const editor = await Editor.open(nodeRed.url, { width: 1400, height: 800, scale: 2 });
  const { page } = editor;
  await editor.showSidebar('debug');
  const alert = page.locator('.red-ui-debug-msg', { hasText: 'raised' }).first();
  await alert.waitFor({ timeout: 90_000 });
  await save('flow', await pictureWhile(page, 'stand-in · yes', await flowArea(page)));

  await widenSidebar(page, 260);
  await alert.locator('.red-ui-debug-msg-object-handle').first().click();
  await alert.locator('.red-ui-debug-msg-object-entry').last().waitFor();
  // Away from the message, which would show what one can do with it.
  await page.mouse.move(5, 5);
  const { x, y, width, height } = await alert.boundingBox();
  // Without the coloured edges that Node-RED gives a message.
  await save('alert', await page.screenshot({ clip: { x: x + 9, y, width: width - 18, height } }));
  await editor.close();

  async function save(name, picture) {
    const path = `${OUT}/${name}.png`;
    await sharp(picture).png({ palette: true, compressionLevel: 9, effort: 10 }).toFile(path);
    console.log(`${path}: ${Math.round(statSync(path).size / 1024)} kB`);
  }
} finally {
  await nodeRed.stop();
}

/** A picture before and after which a status is shown: while the node asks again, it shows something else. */
async function pictureWhile(page, status, clip) {
  const label = page.locator('.red-ui-flow-node-status-label', { hasText: status });
  for (;;) {
    await label.waitFor({ timeout: 30_000 });
    const picture = await page.screenshot({ clip });
    if ((await label.count()) > 0) return picture;
  }
}

/** The part of the workspace that the flow fills. */
async function flowArea(page) {
  const boxes = await Promise.all(
    (await page.locator('#red-ui-workspace-chart .red-ui-flow-node-group').all()).map((node) =>
      node.boundingBox(),
    ),
  );
  const links = await Promise.all(
    (await page.locator('#red-ui-workspace-chart .red-ui-flow-link-line').all()).map((link) =>
      link.boundingBox(),
    ),
  );
  const all = [...boxes, ...links].filter(Boolean);
  const left = Math.min(...all.map(({ x }) => x)) - MARGIN;
  const chart = await page.locator('#red-ui-workspace-chart').boundingBox();
  const top = Math.max(Math.min(...all.map(({ y }) => y)) - MARGIN, chart.y + 1);
  const right = Math.max(...all.map(({ x, width }) => x + width)) + MARGIN;
  const bottom = Math.max(...all.map(({ y, height }) => y + height)) + MARGIN;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Draws the sidebar's edge to the left, so that the lines of the alert do not break. */
async function widenSidebar(page, pixels) {
  const { x, y, width } = await page.locator('#red-ui-sidebar-separator').boundingBox();
  // Not at its middle: a button is there.
  await page.mouse.move(x + width / 2, y + 60);
  await page.mouse.down();
  await page.mouse.move(x - pixels, y + 60, { steps: 5 });
  await page.mouse.up();
}
