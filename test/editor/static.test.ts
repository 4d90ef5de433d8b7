import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { catalogText, definitionOf, NODES, read } from '../fixtures/node-html';
import type { FlowNode } from '../fixtures/node-red';

const CONFIG_NODES = ['rtsp-camera', 'vision-endpoint'];
/** Inputs and outputs as DESIGN has fixed them: flows are wired to them. */
const PORTS: Record<string, [number, number]> = {
  'rtsp-in': [1, 3],
  'frame-select': [1, 3],
  'image-encode': [1, 2],
  'vision-llm': [1, 2],
  'temporal-window': [1, 3],
  'alert-gate': [1, 3],
};

for (const type of NODES) {
  describe(type, () => {
    const definition = definitionOf(type);
    const html = read(`nodes/${type}.html`);
    const prefix = CONFIG_NODES.includes(type) ? 'node-config-input-' : 'node-input-';

    test('has a field in its dialog for each of its properties', () => {
      for (const property of Object.keys(definition.defaults)) {
        if (property === 'version') continue;
        assert.ok(html.includes(`id="${prefix}${property}"`), `${prefix}${property}`);
      }
      for (const secret of Object.keys(definition.credentials ?? {})) {
        assert.ok(html.includes(`id="${prefix}${secret}"`), `${prefix}${secret}`);
      }
    });

    test('describes exactly its properties on its page in docs/', () => {
      const settings = /## Settings\n([\s\S]*?)\n## /.exec(read(`docs/${type}.md`))?.[1] ?? '';
      const documented = [...settings.matchAll(/^\|[^|]*\|\s*`(\w+)`\s*\|/gm)].map((match) => match[1]);
      const real = [...Object.keys(definition.defaults), ...Object.keys(definition.credentials ?? {})];
      assert.deepEqual(documented.sort(), real.sort());
    });

    test('is described in docs/ under the names that its dialog has', () => {
      const settings = /## Settings\n([\s\S]*?)\n## /.exec(read(`docs/${type}.md`))?.[1] ?? '';
      for (const [, name, property] of settings.matchAll(/^\|([^|]*)\|\s*`(\w+)`\s*\|/gm)) {
        if (property !== 'version')
          assert.equal(name?.trim(), catalogText(type, `${type}.label.${property}`), property);
      }
    });

    test('looks like the others: the same style, Name first, Advanced last', () => {
      const style = (name: string) =>
        (/<style>\n([\s\S]*?)<\/style>/.exec(read(`nodes/${name}.html`))?.[1] ?? '').replaceAll(name, 'NODE');
      assert.ok(style(type).startsWith(style('rtsp-in')), 'the style of rtsp-in, and own rules after it');
      assert.ok(style('rtsp-in').includes('#NODE-dialog'));
      const fields = [...html.matchAll(/id="node-(?:config-)?input-(\w+)"/g)].map((match) => match[1]);
      assert.equal(fields[0], 'name');
      assert.doesNotMatch(html, /<\/details>\s*<div class="(?:form-row|[\w-]+-tip)"/);
    });

    test('marks what is filled in to its texts in the way that Node-RED knows', () => {
      const catalog = read(`nodes/locales/en-US/${type}.json`);
      // The one text that tells of Mustache.
      const texts = catalog.replace(/"prompt": "Ask.*"/, '');
      assert.doesNotMatch(texts, /\{\{|\}\}/, 'Node-RED fills in __name__, not {{name}}');
    });

    test('has a text in the catalog for each key that the dialog uses', () => {
      const keys = [
        ...html.matchAll(/data-i18n="(?:\[\w+\])?([\w.-]+)"/g),
        ...html.matchAll(/\b_\(["']([\w.-]+)["']/g),
      ];
      assert.ok(keys.length > 0);
      for (const [, key] of keys) {
        if (key?.startsWith('common.')) continue;
        // A key that ends with a dot is put together with a value.
        const found = catalogText(type, (key as string).replace(/\.$/, ''));
        assert.ok(found !== undefined && found !== '', `${key} in the catalog of ${type}`);
      }
    });

    test('has a help text with what goes in and out, and no colour of its own in the dialog', () => {
      const help = read(`nodes/locales/en-US/${type}.html`);
      assert.match(help, new RegExp(`data-help-name="${type}"`));
      if (!CONFIG_NODES.includes(type))
        for (const head of ['Inputs', 'Outputs']) assert.match(help, new RegExp(`<h3>${head}</h3>`));
      const withoutScript = html.replace(/<script type="text\/javascript">[\s\S]*?<\/script>/, '');
      assert.doesNotMatch(withoutScript, /#[0-9a-f]{3}\b(?![\w-])|#[0-9a-f]{6}\b|rgb\(/i);
    });

    test('has its icon and its fixed ports', () => {
      assert.ok(existsSync(`icons/${type}.svg`));
      const ports = PORTS[type];
      if (!ports) return;
      assert.deepEqual([definition.inputs, definition.outputs], ports);
      assert.equal(definition.icon, `${type}.svg`);
      assert.equal(definition.color, definitionOf('rtsp-in').color);
    });
  });
}

describe('examples', () => {
  const files = readdirSync('examples').filter((name) => name.endsWith('.json'));
  const flows = files.map((name) => ({ name, flow: JSON.parse(read(`examples/${name}`)) as FlowNode[] }));

  for (const { name, flow } of flows) {
    test(`"${name}" uses only settings that the nodes have, explains itself, and holds no secret`, () => {
      assert.ok(
        flow.some(({ type, info }) => type === 'comment' && String(info).length > 100),
        'a comment that explains',
      );
      for (const node of flow) {
        assert.equal(node.credentials, undefined);
        if (!NODES.includes(node.type)) continue;
        const { defaults } = definitionOf(node.type);
        const properties = Object.keys(node).filter(
          (key) => !['id', 'type', 'z', 'x', 'y', 'wires', 'name'].includes(key),
        );
        for (const property of properties) assert.ok(property in defaults, `${node.type}.${property}`);
        const expected = Object.keys(defaults).filter((key) => key !== 'name');
        for (const property of expected) assert.ok(property in node, `${node.type}.${property} is missing`);
      }
      const ids = flow.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, 'ids are unique');
      for (const { wires } of flow)
        for (const id of (wires as string[][] | undefined)?.flat() ?? []) assert.ok(ids.includes(id), id);
    });
  }

  test('tell temporal-window how the camera is: what is not seen ends no alarm', () => {
    for (const { name, flow } of flows) {
      const windows = flow.filter(({ type }) => type === 'temporal-window').map(({ id }) => id);
      assert.equal(windows.length, 1, name);
      for (const source of flow.filter(({ type }) => type === 'rtsp-in')) {
        const [, health = []] = source.wires as string[][];
        assert.ok(health.includes(windows[0] ?? ''), `${name}: output 2 of rtsp-in`);
      }
    }
  });

  test('use every node', () => {
    const used = new Set(flows.flatMap(({ flow }) => flow.map(({ type }) => type)));
    for (const type of NODES) assert.ok(used.has(type), type);
  });

  test('need no module but this one, apart from the e-mail example, which names it', () => {
    for (const { name, flow } of flows) {
      const modules = flow
        .filter(({ type }) => type === 'global-config')
        .flatMap((node) => Object.keys(node.modules as object));
      assert.deepEqual(modules, name.startsWith('03') ? ['node-red-node-email'] : [], name);
    }
  });
});
