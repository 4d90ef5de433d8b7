// The test command: sets up what the tests need, then check, build, and all tests. The last line counts them.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  build,
  cache,
  ensureDependencies,
  ensureFfmpeg7,
  ensureFolder,
  ensureTool,
  npm,
  root,
  say,
} from './setup.mjs';

/** The second line of Node-RED, and the Node that it needs: tested beside the first, in a folder of their own. */
const NODE_RED_5 = '5.0.7';
const NODE_22 = '22.23.3';
const NODE_RED_EMAIL = '5.2.5';

process.chdir(root);
ensureDependencies();

const only = process.argv.slice(2);
if (only.length === 0) runOrExit('npm', ['run', '--silent', 'check']);
build();
if (only.length === 0 || only.some((path) => /faults/.test(path))) ensureTool('nftables');
const needsAll = only.length === 0 || only.some((path) => /runtime|editor/.test(path));
ensureTool('ffmpeg');
if (needsAll || only.some((path) => /shared-slots/.test(path))) ensureTool('redis');
if (needsAll) {
  for (const tool of ['mosquitto', 'gstreamer', 'chromium']) ensureTool(tool);
  setUpRuntimes();
  ensureFfmpeg7();
}

const files = only.length > 0 ? only : testFiles();
const { status } = spawnSync(
  process.execPath,
  [
    '--import',
    'tsx',
    fileURLToPath(new URL('./run-tests.mjs', import.meta.url)),
    ...files.map((file) => resolve(file)),
  ],
  { stdio: 'inherit', env: { ...process.env, CLIPS_DIR: process.env.CLIPS_DIR ?? '' } },
);
process.exit(status ?? 1);

/**
 * The long ones first, so that they do not run alone at the end. The editor's are over before faults/ changes the
 * network: a browser gives up what it is loading when an interface comes or goes.
 */
function testFiles() {
  const order = ['editor', 'runtime', 'faults', 'nodes', 'unit'];
  const rank = (file) => order.indexOf(file.split('/')[1]);
  return readdirSync('test', { recursive: true })
    .map((name) => join('test', String(name)).replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.test.ts'))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** A user directory that holds the package as npm would publish it, and Node-RED 5 with its own Node. */
function setUpRuntimes() {
  const packed = join(cache, 'packed');
  rmSync(packed, { recursive: true, force: true });
  mkdirSync(packed, { recursive: true });
  npm(['pack', '--ignore-scripts', '--silent', '--pack-destination', packed], root);
  const [tarball] = readdirSync(packed);
  rmSync(join(cache, 'user-dir', '.complete'), { force: true });
  say('Installing the packed package into a user directory …');
  ensureFolder('user-dir', {
    '@video-to-llm/node-red': `file:${relative(join(cache, 'user-dir'), join(packed, tarball))}`,
    // The one module that an example asks for.
    'node-red-node-email': NODE_RED_EMAIL,
  });
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  say('Installing Node-RED 5 beside …');
  ensureFolder('node-red-5', { 'node-red': NODE_RED_5, [`node-${platform}-${process.arch}`]: NODE_22 });
}

function runOrExit(program, args) {
  const { status } = spawnSync(program, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (status === 0) return;
  say(`${program} ${args.join(' ')} failed.`);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}
