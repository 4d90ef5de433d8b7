import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { rtspSource } from '../../src/capture/source';
import type { CameraCode } from '../../src/shared/errors';
import { ADDRESSES, REFUSED } from '../fixtures/addresses';
import { catalogText, read } from '../fixtures/node-html';
import { PASSWORDS } from '../fixtures/passwords';

interface Definition {
  defaults: Record<string, { validate?: (this: object, value: unknown, opt?: object) => boolean | string }>;
  label(this: object): string;
  oneditsave(this: object): void;
}

/** The dialog's script with a stand-in for the editor: what is in the fields, and what the user is told. */
function dialog(fields: Record<string, string> = {}) {
  const notes: string[] = [];
  const field = (selector: string) => {
    const name = selector.replace('#node-config-input-', '');
    return {
      val: (value?: string) => {
        if (value !== undefined) fields[name] = value;
        return fields[name];
      },
    };
  };
  let definition: Definition | undefined;
  const RED = {
    nodes: {
      registerType: (_type: string, found: Definition) => {
        definition = found;
      },
    },
    notify: (text: string) => notes.push(text),
  };
  const script = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(
    read('nodes/rtsp-camera.html'),
  )?.[1];
  vm.runInNewContext(script ?? '', { RED, $: field, URL, Intl });
  assert.ok(definition);
  return { definition, fields, notes };
}

const translate = { _: (key: string) => catalogText('rtsp-camera', key) };

/** What the dialog says about a value; true for nothing. */
function check(property: string, value: unknown, node: object = {}): boolean | string | undefined {
  return dialog().definition.defaults[property]?.validate?.call(
    { kind: 'rtsp', ...translate, ...node },
    value,
    {},
  );
}

const passwordsInAddresses = PASSWORDS.map((password): [string] => [
  `rtsp://admin:${encodeURIComponent(password)}@192.168.1.20:554/live`,
]);

for (const [address] of [...ADDRESSES, ...passwordsInAddresses]) {
  test(`the dialog takes the same credentials out of ${address} as the runtime`, () => {
    const { definition, fields, notes } = dialog({ url: address, user: '', password: '' });
    definition.oneditsave.call(translate);
    const { url, user, password } = rtspSource(address, {}, 'tcp');
    assert.deepEqual(
      [fields.url?.replace(/^RTSPS?/, (scheme) => scheme.toLowerCase()), fields.user, fields.password],
      [url, user, password],
    );
    assert.deepEqual(notes, user || password ? [catalogText('rtsp-camera', 'rtsp-camera.note.moved')] : []);
  });
}

test('an address without credentials leaves the fields as they are', () => {
  const { definition, fields, notes } = dialog({
    url: 'rtsp://cam/live',
    user: 'admin',
    password: '__PWRD__',
  });
  definition.oneditsave.call(translate);
  assert.deepEqual(fields, { url: 'rtsp://cam/live', user: 'admin', password: '__PWRD__' });
  assert.deepEqual(notes, []);
});

test('the name of a camera without a name shows no credentials', () => {
  const { definition } = dialog();
  const label = (node: object) => definition.label.call({ ...translate, ...node });
  assert.equal(label({ kind: 'rtsp', url: 'rtsp://admin:geheim@cam/live' }), 'rtsp://cam/live');
  assert.equal(label({ kind: 'file', path: '/data/a.mp4' }), '/data/a.mp4');
  assert.equal(label({ name: 'Gate', kind: 'rtsp' }), 'Gate');
});

for (const [address] of ADDRESSES) {
  test(`the dialog finds nothing wrong with ${address}`, () => assert.equal(check('url', address), true));
}

for (const [address] of REFUSED.filter(([text]) => text === text.trim())) {
  test(`the dialog says what is wrong with ${JSON.stringify(address)}`, () => {
    const said = check('url', address);
    assert.ok(typeof said === 'string' && said.length > 10, String(said));
  });
}

test('the dialog tells what it cannot open from what is no address', () => {
  assert.match(String(check('url', 'https://cam/live.m3u8')), /HLS, MJPEG or snapshot/);
  assert.match(String(check('url', '192.168.1.20')), /must begin with/);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as Node-RED writes a variable.
  assert.match(String(check('url', 'rtsp://${HOST}/live')), /whole address/);
});

test('only what the kind of source needs is asked for', () => {
  assert.equal(check('url', '', { kind: 'pattern' }), true);
  assert.equal(check('path', '', { kind: 'rtsp' }), true);
  assert.equal(typeof check('path', '', { kind: 'file' }), 'string');
  assert.equal(check('path', '/data', { kind: 'file' }), true);
});

test('numbers and time zones are checked', () => {
  assert.equal(check('fps', '0.5'), true);
  assert.equal(check('fps', ''), true);
  for (const [property, value] of [
    ['fps', '31'],
    ['fps', 'many'],
    ['width', '640.5'],
    ['firstFrameS', '0'],
    ['silenceS', '-1'],
    ['timeZone', 'Mars/Base'],
  ] as const) {
    assert.equal(typeof check(property, value), 'string', `${property} ${value}`);
  }
  assert.equal(check('timeZone', 'Europe/Berlin'), true);
});

const CODES: Record<CameraCode, true> = {
  CAMERA_URL: true,
  CAMERA_FFMPEG_MISSING: true,
  CAMERA_FFMPEG_OPTION: true,
  CAMERA_AUTH: true,
  CAMERA_NOT_FOUND: true,
  CAMERA_BUSY: true,
  CAMERA_NETWORK: true,
  CAMERA_TLS: true,
  CAMERA_NO_VIDEO: true,
  CAMERA_PROTOCOL: true,
  CAMERA_STALLED: true,
  CAMERA_LOST: true,
  CAMERA_ENDED: true,
  CAMERA_FILE: true,
  CAMERA_REFUSED: true,
  CAMERA_UDP: true,
  CAMERA_FROZEN: true,
  CAMERA_POOR: true,
  CAMERA_FLEET: true,
};

for (const key of [
  ...[
    'live',
    'online',
    'connecting',
    'queued',
    'waiting',
    'held',
    'stopped',
    'settings',
    'no-camera',
    'idle',
  ],
  ...Object.keys(CODES),
]) {
  test(`the status ${key} has a text that fits under a node`, () => {
    const text = String(catalogText('rtsp-in', `rtsp-in.status.${key}`)).replace('__fps__', '29.97');
    assert.ok(text !== 'undefined' && text.length < 20 && !text.includes(':'), text);
  });
}

test('every error code is on the page of the node', () => {
  const page = read('docs/rtsp-in.md');
  for (const code of Object.keys(CODES)) assert.ok(page.includes(`\`${code}\``), code);
});
