import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, test } from 'node:test';
import { needs } from '../../fixtures/needs';
import { waitFor } from '../../fixtures/wait';
import { hasFfmpeg, play } from '../simulator/player';
import { RawClient } from '../simulator/raw-client';

const MAIN = require.resolve('../../../src/cli/main.ts');
const SMALL = ['--port', '0', '--size', '128x72', '--fps', '10', '--gop', '5', '--bitrate', '100'];
const PASSWORD = 'p@ss:w/rd';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** The command as a process of its own. */
function camera(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'camera', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const seen = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    seen.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    seen.err += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  /** Addresses, once there are so many. */
  const urls = (count = 1) =>
    waitFor(`addresses (${seen.err})`, 60_000, () => {
      const found = [...seen.out.matchAll(/Camera at (\S+)/g)].map(([, url = '']) => url);
      return found.length >= count ? found : undefined;
    });
  return { child, seen, ended, urls };
}

test('bad options: one clear line, and exit code 2', async () => {
  for (const [args, message] of [
    [['--fault', 'stal@20'], /^--fault: "stal" is no fault\. --fault list shows all of them\.\n/],
    [['--port', 'x'], /^--port: expected a whole number from 0 to 65535, got "x"\.\n/],
  ] as const) {
    const { ended, seen } = camera(...args);
    assert.equal(await ended, 2);
    assert.match(seen.err, message);
    assert.equal(seen.out, '');
  }
});

test('--help and --fault list print and end', async () => {
  const [help, list] = [camera('--help'), camera('--fault', 'list')];
  assert.deepEqual([await help.ended, await list.ended], [0, 0]);
  assert.match(help.seen.out, /--session-timeout/);
  assert.match(list.seen.out, /^ {2}stall\[:SECONDS\]/m);
});

test('without ffmpeg, or with a file that is none, it says so', {
  skip: needs('ffmpeg', hasFfmpeg()),
}, async () => {
  const { ended, seen } = camera(...SMALL, '--input', '/nowhere/clip.mp4');
  assert.equal(await ended, 1);
  assert.match(seen.err, /nowhere\/clip\.mp4/);
});

test('a player watches, the counters are told, the password is not, and SIGINT ends it', {
  skip: needs('ffmpeg', hasFfmpeg()),
}, async () => {
  const { child, seen, ended, urls } = camera(...SMALL, '--user', 'admin', '--password', PASSWORD);
  const [url = ''] = await urls();
  assert.match(url, /^rtsp:\/\/admin:\*\*\*@127\.0\.0\.1:\d+\/live$/);
  const { pts, stderr } = await play(url.replace('***', encodeURIComponent(PASSWORD)), { frames: 5 });
  assert.equal(stderr, '');
  assert.equal(pts.length, 5);
  await waitFor('a line', 15_000, () => /DESCRIBE 2 {2}SETUP 1 {2}PLAY 1 {2}TEARDOWN 1/.test(seen.out));
  child.kill('SIGINT');
  assert.equal(await ended, 0);
  const totals = seen.out.slice(seen.out.indexOf('Totals:'));
  assert.match(totals, /sessions 0 \(most 1\).*Authorization \d \(refused 0\).*frames \d/);
  assert.ok(!seen.out.includes(PASSWORD) && !seen.out.includes(encodeURIComponent(PASSWORD)));
  assert.equal(seen.err, '');
});

test('faults follow each other, on all cameras of --count, and SIGTERM ends it', {
  skip: needs('ffmpeg', hasFfmpeg()),
}, async () => {
  const faults = ['--fault', 'status:453/SETUP', '--fault', 'none@4', '--fault', 'close@12'];
  const { child, seen, ended, urls } = camera(...SMALL, '--count', '2', ...faults);
  const cameras = await urls(2);
  const setUp = async (url: string) => {
    const client = new RawClient(url);
    const { status } = await client.ask(
      'SETUP',
      { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' },
      '/trackID=0',
    );
    client.close();
    return status;
  };
  for (const url of cameras) assert.equal(await setUp(url), 453);
  await waitFor('the end of the fault', 15_000, () => seen.out.includes('fault: none@4'));
  for (const url of cameras) assert.equal(await setUp(url), 200);
  const watching = new RawClient(cameras[1] ?? '');
  await watching.play();
  assert.equal(await watching.ended, 'fin');
  assert.match(seen.out, /12 s {2}fault: close@12/);
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
});
