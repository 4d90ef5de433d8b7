import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { prepareSpawn, spawnFfmpeg } from '../../../src/capture/children';

const PARENT = join(__dirname, '../../fixtures/parent-of-ffmpeg.ts');
const canAskKernel = spawnSync('setpriv', ['--pdeathsig', 'KILL', '--', 'true']).status === 0;

/** A process that has started a child that hangs and ignores SIGTERM. */
async function parent(how: 'killed' | 'exits') {
  const process_ = spawn(process.execPath, ['--import', 'tsx', PARENT, how], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of process_.stdout) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  return { parent: process_, child: Number(text) };
}

/** A process that has ended but was not fetched by its parent yet counts as gone. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function goneWithin(pid: number, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (isRunning(pid) && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return !isRunning(pid);
}

test('ffmpeg ends with us when we are killed with -9', {
  skip: canAskKernel ? false : 'setpriv --pdeathsig does not work here',
}, async () => {
  const { parent: us, child } = await parent('killed');
  assert.ok(isRunning(child));
  us.kill('SIGKILL');
  assert.ok(await goneWithin(child, 15_000));
});

test('ffmpeg ends with us when we end by ourselves', {
  skip: process.platform === 'linux' ? false : 'reads /proc',
}, async () => {
  const { parent: us, child } = await parent('exits');
  assert.ok(isRunning(child));
  us.stdin.end();
  assert.ok(await goneWithin(child, 15_000));
});

test('ffmpeg stands back behind the event loop', async () => {
  await prepareSpawn();
  const child = spawnFfmpeg('sleep', ['10']);
  assert.ok(getPriority(child.pid) > getPriority());
  child.kill('SIGKILL');
});

test('ffmpeg has no input, and four pipes to write to', async () => {
  await prepareSpawn();
  const script =
    'const fs = require("node:fs"); for (const fd of [1, 2, 3, 4]) fs.writeSync(fd, String(fs.readFileSync(0).length + fd));';
  const child = spawnFfmpeg(process.execPath, ['-e', script]);
  const texts = await Promise.all(
    [1, 2, 3, 4].map(async (fd) => {
      let text = '';
      for await (const chunk of child.stdio[fd] as unknown as AsyncIterable<Buffer>) text += chunk;
      return text;
    }),
  );
  assert.deepEqual(texts, ['1', '2', '3', '4']);
});
