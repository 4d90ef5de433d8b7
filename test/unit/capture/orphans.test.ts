import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { markOf, type Owner, ownerIn, thisOwner } from '../../../src/capture/mark';
import { sweepOrphans } from '../../../src/capture/orphans';
import { listProcesses, readPs } from '../../../src/capture/process-list';
import { needs } from '../../fixtures/needs';
import { waitFor } from '../../fixtures/wait';

const OWNER: Owner = { pid: 100, instance: '0000aaaa', space: '7' };
const ffmpegOf = (owner: Owner) => ['ffmpeg', '-i', 'x', '-metadata', markOf(owner), 'pipe:1'];

/** Which of these processes a sweep ends. Process 100 sweeps, 200 lives, 300 does not. */
async function swept(args: string[], pid = 999): Promise<boolean> {
  const killed: number[] = [];
  await sweepOrphans({
    list: async () => [
      { pid: 100, args: ['node-red'] },
      { pid: 200, args: ['node-red'] },
      { pid, args },
    ],
    kill: (it) => killed.push(it),
    owner: OWNER,
  });
  return killed.includes(pid);
}

test('an ffmpeg whose owner has gone is ended', async () => {
  assert.equal(await swept(ffmpegOf({ ...OWNER, pid: 300 })), true);
});

test('also where our own pid was that of the owner', async () => {
  assert.equal(await swept(ffmpegOf({ ...OWNER, instance: '0000bbbb' })), true);
});

test('our own are left alone, and those of another that lives', async () => {
  assert.equal(await swept(ffmpegOf(OWNER)), false);
  assert.equal(await swept(ffmpegOf({ ...OWNER, pid: 200, instance: '0000cccc' })), false);
});

test('those of a container are left alone: it counts its pids by itself', async () => {
  assert.equal(await swept(ffmpegOf({ ...OWNER, pid: 300, space: '8' })), false);
});

test('what is not marked as we do it is never touched', async () => {
  const mark = markOf({ ...OWNER, pid: 300 });
  for (const args of [
    ['ffmpeg', '-i', 'rtsp://cam/live', 'out.mp4'],
    ['grep', mark],
    ['sh', '-c', `ffmpeg -metadata ${mark}`],
    ['ffmpeg', '-metadata', `${mark}x`],
    ['ffmpeg', '-metadata', 'comment=video-to-llm'],
    [],
  ]) {
    assert.equal(await swept(args), false, args.join(' '));
  }
});

test('one that cannot be ended does not keep the others from it', async () => {
  const killed: number[] = [];
  const gone = ffmpegOf({ ...OWNER, pid: 300 });
  const ended = await sweepOrphans({
    list: async () => [1, 2, 3].map((pid) => ({ pid, args: gone })),
    kill: (pid) => {
      if (pid === 2) throw new Error('EPERM');
      killed.push(pid);
    },
    owner: OWNER,
  });
  assert.deepEqual([ended, killed], [2, [1, 3]]);
});

test('the mark is read as it was written', () => {
  assert.deepEqual(ownerIn(ffmpegOf(thisOwner)), thisOwner);
  assert.equal(thisOwner.pid, process.pid);
});

test('what ps prints is read, with and without spaces before the pid', () => {
  const line = ffmpegOf(OWNER).join(' ');
  const [first, second, ...rest] = readPs(`  12 ${line}\n13 /sbin/launchd\n\n`);
  assert.deepEqual([first?.pid, ownerIn(first?.args ?? [])], [12, OWNER]);
  assert.deepEqual(second, { pid: 13, args: ['/sbin/launchd'] });
  assert.deepEqual(rest, []);
});

test('this process is in the list of processes', {
  skip: process.platform === 'win32' ? 'Windows has no list' : false,
}, async () => {
  const found = (await listProcesses()).find(({ pid }) => pid === process.pid);
  assert.ok(found?.args[0]?.includes('node'));
});

test('on Windows there is nothing to list', async () => {
  assert.deepEqual(await listProcesses('win32'), []);
});

test('a real ffmpeg that waits for a file for ever, and whose parent was killed with -9, is ended', {
  skip:
    process.platform === 'linux'
      ? needs('ffmpeg', spawnSync('ffmpeg', ['-version']).status === 0)
      : 'Linux only',
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'v2l-orphan-'));
  spawnSync('mkfifo', [join(folder, 'hangs.ts')]);
  // Without prepareSpawn, and so without setpriv.
  const parent = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      join(__dirname, '../../fixtures/parent-of-stalled-ffmpeg.ts'),
      join(folder, 'hangs.ts'),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  for await (const chunk of parent.stdout) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  const ffmpeg = Number(text);
  const exited = new Promise((resolve) => parent.once('exit', resolve));
  parent.kill('SIGKILL');
  await exited;
  assert.ok(isRunning(ffmpeg), 'it has outlived its parent');

  const kill = (pid: number) => void process.kill(pid, 'SIGKILL');
  // Only the one of this test: others may run on this machine.
  const list = async () => (await listProcesses()).filter(({ pid }) => pid === ffmpeg || pid === process.pid);
  assert.equal(await sweepOrphans({ list, kill, owner: thisOwner }), 1);
  await waitFor('it to be gone', 15_000, () => !isRunning(ffmpeg));
  rmSync(folder, { recursive: true });
});

/** One that has ended but was not fetched by its parent yet counts as gone. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
