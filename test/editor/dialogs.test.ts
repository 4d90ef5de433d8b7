import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SimulatedCamera } from '../../src/simulator';
import { sceneSource } from '../../src/simulator/scene';
import { Editor, hasChromium } from '../fixtures/editor';
import { example } from '../fixtures/example';
import { needs } from '../fixtures/needs';
import { definitionOf, NODES } from '../fixtures/node-html';
import { type FlowNode, isSetUp, type Line, NodeRed } from '../fixtures/node-red';

const CONFIG_NODES = ['rtsp-camera', 'vision-endpoint'];
const EXAMPLES = readdirSync(join(__dirname, '../../examples'))
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.replace(/\.json$/, ''));

/** One field of each dialog, a new value for it, and whether it is under Advanced. */
const CHANGES: { type: string; property: string; value: string; advanced?: true }[] = [
  { type: 'rtsp-in', property: 'name', value: 'Front door' },
  { type: 'frame-select', property: 'heartbeatS', value: '45' },
  { type: 'image-encode', property: 'cropWidth', value: '0.5', advanced: true },
  { type: 'vision-llm', property: 'prompt', value: 'Is there a "dog" in the picture?\nOr a cat?' },
  { type: 'temporal-window', property: 'holdS', value: '20' },
  { type: 'alert-gate', property: 'timeZone', value: 'Europe/Berlin', advanced: true },
  { type: 'rtsp-camera', property: 'fps', value: '1', advanced: true },
  { type: 'vision-endpoint', property: 'maxConcurrent', value: '2', advanced: true },
];

// Both lines at once: most of the time is spent waiting for the other side.
describe('the editor', { concurrency: 2 }, () => {
  for (const line of ['4.1', '5'] as Line[]) {
    const skip = needs('Chromium', hasChromium()) || needs(`Node-RED ${line}`, isSetUp(line));
    describe(`of Node-RED ${line}`, { skip, concurrency: 1 }, () => {
      let nodeRed: NodeRed;
      let editor: Editor;
      before(async () => {
        nodeRed = await NodeRed.start(line);
        // A small screen: there a dialog may be wider than its place.
        editor = await Editor.open(nodeRed.url, { width: 1200 });
      });
      after(async () => {
        await editor?.close();
        await nodeRed?.stop();
      });
      beforeEach(() => {
        editor.complaints.length = 0;
      });

      /** Puts these flows in place of all others, in the runtime and in the editor. */
      async function load(flow: FlowNode[]): Promise<void> {
        await nodeRed.deploy(flow);
        await editor.reload();
      }

      async function open(node: FlowNode): Promise<void> {
        await editor.openDialog(node.id, CONFIG_NODES.includes(node.type) ? node.type : '');
      }

      async function flows(): Promise<FlowNode[]> {
        return (await (await nodeRed.get('/flows')).json()) as FlowNode[];
      }

      test('the palette has the six nodes under vision, with their icons', async () => {
        const found = await editor.page.evaluate(() =>
          Array.from(document.querySelectorAll('#red-ui-palette-container-vision [data-palette-type]')).map(
            (node) => ({
              type: node.getAttribute('data-palette-type') ?? '',
              icon: node.querySelector('[data-palette-icon]')?.getAttribute('data-palette-icon') ?? '',
            }),
          ),
        );
        const types = NODES.filter((type) => !CONFIG_NODES.includes(type));
        assert.deepEqual(found.map(({ type }) => type).sort(), [...types].sort());
        for (const { type, icon } of found) {
          assert.equal(icon, `icons/@video-to-llm/node-red/${type}.svg`);
          const answer = await nodeRed.get(`/${icon}`);
          assert.match(String(answer.headers.get('content-type')), /svg/, icon);
          assert.match(await answer.text(), /<svg/, icon);
        }
        assert.deepEqual(editor.complaints, []);
      });

      test('the help of each node is shown', async () => {
        for (const type of NODES) {
          const text = await editor.help(type);
          assert.match(text, new RegExp(CONFIG_NODES.includes(type) ? 'Properties' : 'Inputs'), type);
          assert.ok(text.length > 500, `${type}: ${text}`);
        }
        assert.deepEqual(editor.complaints, []);
      });

      test('each example is imported, and asks only for what is to be filled in', async () => {
        await load([]);
        for (const name of EXAMPLES) {
          const nodes = await editor.importExample(name);
          for (const type of NODES)
            assert.equal(nodes.filter((node) => node.type === type).length, 1, `one ${type} in ${name}`);
          const invalid = nodes.filter(({ valid }) => !valid).map(({ type }) => type);
          // The address of the camera, which the node that uses the camera needs as well.
          assert.deepEqual(invalid.sort(), name.startsWith('00') ? [] : ['rtsp-camera', 'rtsp-in'], name);
        }
        assert.deepEqual(editor.complaints, []);
      });

      test('a dialog that is opened and closed changes nothing, and all of it can be read', async () => {
        await load(fresh());
        const before = await flows();
        const ours = before.filter(({ type }) => NODES.includes(type));
        const inFlowsFirst = ours.sort((a, b) => Number('z' in b) - Number('z' in a));
        for (const node of inFlowsFirst) {
          await open(node);
          if ((await editor.page.locator('.red-ui-tray details').count()) > 0) await editor.openAdvanced();
          const { text, broken } = await editor.page.evaluate(readDialog);
          assert.doesNotMatch(text, new RegExp(`${node.type}\\.\\w+`), 'no key in place of a text');
          assert.deepEqual(broken, [], `rows of ${node.type} that break into two lines or stick out`);
          await editor.confirmDialog();
          // Node-RED takes the empty password field of any config node that never had a password for a change.
          if (!CONFIG_NODES.includes(node.type)) assert.equal(await editor.isDirty(), false, node.type);
        }
        await editor.deploy();
        assert.deepEqual(differences(before, await flows()), []);
        assert.deepEqual(editor.complaints, []);
      });

      test('a change in each dialog is deployed, and nothing else changes', async () => {
        await load(switchedOff('00 No camera, no key'));
        const before = await flows();
        const expected: string[] = [];
        for (const { type, property, value, advanced } of CHANGES) {
          const node = before.find((candidate) => candidate.type === type) as FlowNode;
          await open(node);
          if (advanced) await editor.openAdvanced();
          const prefix = CONFIG_NODES.includes(type) ? 'node-config-input' : 'node-input';
          await editor.page.fill(`#${prefix}-${property}`, value);
          await editor.confirmDialog();
          expected.push(`${type}.${property}: ${JSON.stringify(value)}`);
        }
        await editor.deploy();
        assert.deepEqual(differences(before, await flows()).sort(), expected.sort());
        assert.deepEqual(editor.complaints, []);
      });

      test('hints about a question come while it is typed, know the zones of the flow, and go again', async () => {
        await load(switchedOff('04 Restricted zone'));
        const node = (await flows()).find(({ type }) => type === 'vision-llm') as FlowNode;
        await open(node);
        const hints = editor.page.locator('#vision-llm-hints > div');
        await editor.page.fill(
          '#node-input-prompt',
          'Is a person in the zone "yard"? Is the gate not closed?',
        );
        await hints.nth(2).waitFor();
        const said = (await hints.allTextContents()).join('\n');
        for (const words of [
          /Two questions/,
          /negated.*Is the gate not closed/,
          /No zone of this name.*yard/,
        ])
          assert.match(said, words);
        await editor.page.fill('#node-input-prompt', 'Is a person in the zone "restricted"?');
        await editor.page.locator('#vision-llm-hints').waitFor({ state: 'hidden' });
        await editor.page.selectOption('#node-input-asks', 'list');
        await editor.page.fill('#vision-llm-questions textarea', 'Is nobody there?');
        await hints.filter({ hasText: 'negated' }).waitFor();
        await editor.confirmDialog();
        assert.deepEqual(editor.complaints, []);
      });

      test('temporal-window warns of a rule that cannot hold, and not of one that can', async () => {
        await load(switchedOff('01 Loitering'));
        const node = (await flows()).find(({ type }) => type === 'temporal-window') as FlowNode;
        await open(node);
        const warning = editor.page.locator('#temporal-window-warning');
        assert.equal(await warning.isVisible(), false, 'as the example has it');
        const write = async (property: string, value: string) => {
          await editor.page.fill(`#node-input-${property}`, value);
          await editor.page.press(`#node-input-${property}`, 'Tab');
        };
        const says = async (words: RegExp) => {
          await warning.filter({ hasText: words }).waitFor();
        };
        await write('gapS', '90');
        await says(/gap is longer than the time to hold/);
        await write('gapS', '30');
        await warning.waitFor({ state: 'hidden' });
        // Its frame-select sends a frame every 60 s by itself, and half of the gap is 15 s.
        await editor.page.uncheck('#node-input-probe');
        await says(/every 60 s by itself.*at least every 15 s.*cannot hold/);
        await write('holdS', '600');
        await write('gapS', '120');
        await says(/^(?!.*cannot hold).*at least every 60 s/);
        await editor.confirmDialog();
        assert.deepEqual(editor.complaints, []);
      });

      test('a camera is tried from its dialog, its certificate trusted, and a mask drawn on its picture', async () => {
        const camera = new SimulatedCamera({
          ...{ ffmpeg: process.env.FFMPEG_PATH ?? 'ffmpeg', width: 320, height: 180, fps: 5, tls: true },
          source: sceneSource({ emptyS: 1, walkS: 1, stayS: 1, loopS: 5 }),
        });
        const url = await camera.start();
        try {
          await load(switchedOff('01 Loitering'));
          const node = (await flows()).find(({ type }) => type === 'rtsp-camera') as FlowNode;
          await open(node);
          await editor.page.fill('#node-config-input-url', url);
          const said = editor.page.locator('#rtsp-camera-said');
          await editor.page.click('#rtsp-camera-test');
          await said.locator('button').click({ timeout: 30_000 });
          const fingerprint = await editor.page.inputValue('#node-config-input-tlsFingerprint');
          assert.match(fingerprint, /^[0-9a-f]{64}$/);
          await editor.page.click('#rtsp-camera-test');
          await said.locator('img').waitFor({ timeout: 30_000 });
          assert.match(
            (await said.textContent()) ?? '',
            /^H\.264, 320×180, .*; first picture after [\d.]+ s$/,
          );
          await drawMask(editor);
          await editor.confirmDialog();
          await editor.deploy();
          const deployed = (await flows()).find(({ id }) => id === node.id) as FlowNode;
          assert.deepEqual([deployed.tlsVerify, deployed.tlsFingerprint], ['pin', fingerprint]);
          const [mask, ...more] = JSON.parse(String(deployed.masks)) as {
            points: number[][];
            style: string;
          }[];
          assert.deepEqual([more, mask?.style], [[], 'blur']);
          const rounded = mask?.points.map((point) => point.map((part) => Math.round(part * 20) / 20));
          assert.deepEqual(rounded, CORNERS);
        } finally {
          await camera.stop();
        }
        assert.deepEqual(editor.complaints, []);
      });

      test('each kind of source and of list shows its own fields, and all of it can be read', async () => {
        await load(fresh());
        const all = await flows();
        for (const [type, field, values] of [
          ['rtsp-camera', '#node-config-input-kind', ['rtsp', 'hls', 'mjpeg', 'snapshot', 'file', 'pattern']],
          ['rtsp-in', '#node-input-cameras', ['one', 'message', 'file', 'context']],
          ['vision-llm', '#node-input-asks', ['one', 'list']],
        ] as const) {
          await open(all.find((node) => node.type === type) as FlowNode);
          if (type === 'rtsp-camera') {
            await editor.openAdvanced();
            await editor.page.selectOption(field, 'rtsp');
            await editor.page.selectOption('#node-config-input-mode', 'auto');
            await editor.page.selectOption('#node-config-input-tlsVerify', 'pin');
          }
          const seen = new Set<string>();
          for (const value of values) {
            await editor.page.selectOption(field, value);
            const { text, broken } = await editor.page.evaluate(readDialog);
            assert.doesNotMatch(text, new RegExp(`${type}\\.\\w+`), 'no key in place of a text');
            assert.deepEqual(
              broken,
              [],
              `rows of ${type} for ${value} that break into two lines or stick out`,
            );
            seen.add(await editor.page.locator('.red-ui-tray-body').innerText());
          }
          assert.equal(seen.size, values.length, 'each shows something of its own');
          await editor.page.click('#node-config-dialog-cancel:visible, #node-dialog-cancel:visible');
          await editor.page.waitForSelector('.red-ui-tray', { state: 'detached' });
        }
        assert.deepEqual(editor.complaints, []);
      });

      test('a list of questions is written, told what is wrong with it, deployed, and shown again', async () => {
        await load(switchedOff('00 No camera, no key'));
        const node = (await flows()).find(({ type }) => type === 'vision-llm') as FlowNode;
        await open(node);
        const { page } = editor;
        const rows = page.locator('#vision-llm-questions .vision-llm-question');
        const wrong = page.locator('#vision-llm-questions-wrong');
        await page.selectOption('#node-input-asks', 'list');
        // The question of the other form is the first.
        assert.equal(await rows.locator('textarea').inputValue(), node.prompt);
        await page.click('.red-ui-editableList-addButton:visible');
        const second = rows.nth(1);
        const field = (label: string) => second.getByLabel(label);
        await field('Question').fill('Is the gate open?');
        assert.match((await wrong.textContent()) ?? '', /^#2: a rule needs a name$/);
        await field('Rule').fill(String(node.rule));
        assert.match((await wrong.textContent()) ?? '', /two questions have this name/);
        await field('Rule').fill('gate');
        assert.equal(await wrong.textContent(), '');
        await second.locator('select').selectOption('choice');
        assert.match((await wrong.textContent()) ?? '', /^gate: name 2 to 20 options/);
        await field('Options').fill('open, ajar ,shut');
        await field('Yes for').fill('open, ajar');
        assert.equal(await wrong.textContent(), '');
        await page.selectOption('#node-input-sending', 'together');
        await editor.confirmDialog();
        await editor.deploy();
        const deployed = (await flows()).find(({ id }) => id === node.id) as FlowNode;
        const expected = [
          { name: node.rule, text: node.prompt, type: 'yesno' },
          {
            ...{ name: 'gate', text: 'Is the gate open?', type: 'choice' },
            ...{ options: ['open', 'ajar', 'shut'], yes: ['open', 'ajar'] },
          },
        ];
        assert.deepEqual(JSON.parse(String(deployed.questions)), expected);
        assert.deepEqual([deployed.asks, deployed.sending], ['list', 'together']);
        const nodes = await editor.nodes();
        assert.equal(nodes.find(({ id }) => id === node.id)?.valid, true);

        await open(deployed);
        assert.equal(await rows.count(), 2);
        await editor.confirmDialog();
        assert.equal(await editor.isDirty(), false);
        await open(deployed);
        await page.locator('#vision-llm-questions .red-ui-editableList-item-remove').first().click();
        await rows.nth(1).waitFor({ state: 'detached' });
        await editor.confirmDialog();
        await editor.deploy();
        const left = (await flows()).find(({ id }) => id === node.id) as FlowNode;
        assert.deepEqual(JSON.parse(String(left.questions)), expected.slice(1));
        assert.deepEqual(editor.complaints, []);
      });

      test('a password in the address of a camera goes to the credentials, and to no flow or export', async () => {
        await load(switchedOff('01 Loitering'));
        const camera = (await flows()).find(({ type }) => type === 'rtsp-camera') as FlowNode;
        await open(camera);
        await editor.page.fill('#node-config-input-url', 'rtsp://watcher:s3cr%40t/x@192.0.2.7:554/stream1');
        await editor.confirmDialog();
        await editor.deploy();
        const deployed = await flows();
        assert.equal(deployed.find(({ id }) => id === camera.id)?.url, 'rtsp://192.0.2.7:554/stream1');
        for (const text of [JSON.stringify(deployed), await editor.exportAll()]) {
          assert.match(text, /192\.0\.2\.7/);
          assert.doesNotMatch(text, /s3cr|watcher/);
        }
        const kept = await (await nodeRed.get(`/credentials/rtsp-camera/${camera.id}`)).json();
        assert.deepEqual(kept, { user: 'watcher', has_password: true });
        assert.deepEqual(editor.complaints, []);
      });
    });
  }
});

const CORNERS = [
  [0.25, 0.25],
  [0.75, 0.25],
  [0.5, 0.75],
];

/** With the mouse and the keyboard: a shape that is given up, and one that is closed. */
async function drawMask({ page }: Editor): Promise<void> {
  const canvas = page.locator('#rtsp-camera-canvas');
  await canvas.scrollIntoViewIfNeeded();
  const { width = 0, height = 0 } = (await canvas.boundingBox()) ?? {};
  const corner = (x = 0, y = 0) => canvas.click({ position: { x: x * width, y: y * height } });
  await corner(0.9, 0.9);
  // The dialog itself must not take the key.
  await page.keyboard.press('Escape');
  for (const [x, y] of CORNERS) await corner(x, y);
  await page.keyboard.press('Enter');
  await page.selectOption('#rtsp-camera-masks select', 'blur');
}

/** Each node as the palette gives it, with its defaults as they are in its html. */
function fresh(): FlowNode[] {
  const tab = { id: 'fresh0', type: 'tab', label: 'Fresh', disabled: true, info: '', env: [] };
  const nodes = NODES.map((type, index) => {
    const { defaults, outputs = 0 } = definitionOf(type);
    const values = Object.fromEntries(Object.entries(defaults).map(([key, { value }]) => [key, value]));
    // With no address to fill in, so that it can be deployed.
    if (type === 'rtsp-camera') values.kind = 'pattern';
    if (CONFIG_NODES.includes(type)) return { id: type, type, ...values };
    const place = {
      z: tab.id,
      x: 200,
      y: 80 * (index + 1),
      wires: Array.from({ length: outputs }, () => []),
    };
    return { id: type, type, ...values, ...place };
  });
  const used = { camera: 'rtsp-camera', endpoint: 'vision-endpoint' };
  return [
    tab,
    ...nodes.map((node) => {
      const links = Object.entries(used).filter(([property]) => property in node);
      return { ...node, ...Object.fromEntries(links) };
    }),
  ];
}

/** An example whose flow does not run: only the editor is looked at. */
function switchedOff(name: string): FlowNode[] {
  return example(name, { tab: { disabled: true } });
}

/** What differs, as `type.property: new value`. */
function differences(before: FlowNode[], now: FlowNode[]): string[] {
  assert.deepEqual(now.map(({ id }) => id).sort(), before.map(({ id }) => id).sort());
  return before.flatMap((old) => {
    const node = now.find(({ id }) => id === old.id) as FlowNode;
    const properties = new Set([...Object.keys(old), ...Object.keys(node)]);
    return [...properties]
      .filter((property) => JSON.stringify(old[property]) !== JSON.stringify(node[property]))
      .map((property) => `${node.type}.${property}: ${JSON.stringify(node[property])}`);
  });
}

/** Runs in the browser: the text of the open dialog, and its rows that are not one line or wider than it. */
function readDialog(): { text: string; broken: string[] } {
  const body = document.querySelector('.red-ui-tray-body') as HTMLElement;
  const { right } = (body.closest('.red-ui-tray') ?? body).getBoundingClientRect();
  const rows = Array.from(body.querySelectorAll<HTMLElement>('.form-row')).filter((row) =>
    row.checkVisibility(),
  );
  const broken = rows.filter((row) => {
    const isTall = row.querySelector('textarea') === null && row.offsetHeight > 45;
    return isTall || Array.from(row.children).some((part) => part.getBoundingClientRect().right > right + 1);
  });
  return { text: body.textContent ?? '', broken: broken.map((row) => row.textContent?.trim() ?? '') };
}
