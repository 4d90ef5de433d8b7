import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { StoreError } from '../../../src/shared/errors';
import { type Files, realFiles } from '../../../src/store/files';
import { Journal, type JournalOptions } from '../../../src/store/journal';
import { FakeClock } from '../../fixtures/fake-clock';
import { waitFor } from '../../fixtures/wait';

const WRITER = join(__dirname, '../../fixtures/journal-writer.ts');

let folder: string;
let clock: FakeClock;
let errors: StoreError[];
let open: Journal[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'v2l-journal-'));
  clock = new FakeClock();
  errors = [];
  open = [];
});
afterEach(async () => {
  for (const journal of open) await journal.close();
  rmSync(folder, { recursive: true, force: true });
});

async function journal(options: Partial<JournalOptions> = {}): Promise<Journal> {
  const opened = await Journal.open({ folder, clock, onError: (error) => errors.push(error), ...options });
  open.push(opened);
  return opened;
}

const path = (name = 'journal.jsonl') => join(folder, name);
const text = (name?: string) => readFileSync(path(name), 'utf8');
const codes = () => errors.map(({ code }) => code);

/** As after kill -9: what was not written is lost, and the lock is still there. */
async function killed(): Promise<Journal> {
  const copy = mkdtempSync(join(tmpdir(), 'v2l-journal-'));
  writeFileSync(join(copy, 'journal.jsonl'), readFileSync(path()));
  const other = await journal({ folder: copy });
  rmSync(copy, { recursive: true, force: true });
  return other;
}

describe('a journal', () => {
  it('gives back after a restart what was saved, each owner its own, in order', async () => {
    const first = await journal();
    const [a, b] = [first.scope('a'), first.scope('b')];
    a.save('2', { deep: [1, 'ä', null] });
    a.save('1\n', 'one');
    b.save('2', 'other');
    a.save('2', { deep: [2] });
    await first.close();
    const second = await journal();
    assert.deepEqual(second.scope('a').load(), [
      ['2', { deep: [2] }],
      ['1\n', 'one'],
    ]);
    assert.deepEqual(second.scope('b').load(), [['2', 'other']]);
    assert.deepEqual(errors, []);
  });

  it('forgets what was removed, one or all of an owner', async () => {
    const first = await journal();
    for (const owner of ['a', 'b']) for (const key of ['1', '2']) first.scope(owner).save(key, key);
    await first.close();
    const second = await journal();
    second.scope('a').remove('1');
    second.scope('b').clear();
    await second.close();
    const third = await journal();
    assert.deepEqual(third.scope('a').load(), [['2', '2']]);
    assert.deepEqual(third.scope('b').load(), []);
  });

  it('writes at most once a second, the newest of each key', async () => {
    const first = await journal();
    const scope = first.scope('a');
    await scope.saveDurably('first', 0);
    for (let n = 1; n <= 50; n++) {
      scope.save('n', n);
      clock.advance(19);
    }
    assert.doesNotMatch(text(), /"n"/);
    await clock.advanceAsync(100);
    await waitFor('the second write', 15_000, () => text().includes('"n"'));
    assert.equal(text().match(/"n"/g)?.length, 1);
    assert.match(text(), /,50\]\n$/);
  });

  it('has what is durable on the disk before it says so, with all that was saved before', async () => {
    const first = await journal();
    const scope = first.scope('a');
    scope.save('window', 1);
    assert.equal(await scope.saveDurably('alert', 2), true);
    assert.deepEqual((await killed()).scope('a').load(), [
      ['window', 1],
      ['alert', 2],
    ]);
  });

  it('keeps an outbox: appended values in the order of their making, over restarts, until removed', async () => {
    const first = await journal();
    const outbox = first.scope('outbox');
    const made = [1, 2, 3].map((n) => outbox.append({ n }, { durable: true }));
    assert.deepEqual(await Promise.all(made.map(({ onDisk }) => onDisk)), [true, true, true]);
    outbox.remove(made[1]?.key ?? '');
    await first.close();
    const second = await journal();
    const { key } = second.scope('outbox').append({ n: 4 }, { durable: false });
    assert.deepEqual(
      second
        .scope('outbox')
        .load()
        .map(([, value]) => value),
      [{ n: 1 }, { n: 3 }, { n: 4 }],
    );
    assert.ok(key > (made[2]?.key ?? key));
  });

  it('drops a last line that was cut, and goes on behind the whole ones', async () => {
    const first = await journal();
    first.scope('a').save('1', 'whole');
    await first.close();
    appendFileSync(path(), '["a","2",5,"cu');
    const second = await journal();
    assert.deepEqual(second.scope('a').load(), [['1', 'whole']]);
    await second.scope('a').saveDurably('3', 'after');
    await second.close();
    assert.deepEqual((await journal()).scope('a').load().length, 2);
    assert.deepEqual(errors, []);
  });

  it('skips lines that cannot be read, and tells of them once', async () => {
    const first = await journal();
    first.scope('a').save('1', 'before');
    await first.close();
    appendFileSync(path(), '\0\0\0\0\n{"not": "a record"}\n["a", 7]\n{torn\n');
    const second = await journal();
    await second.scope('a').saveDurably('2', 'after');
    await second.close();
    assert.deepEqual((await journal()).scope('a').load(), [
      ['1', 'before'],
      ['2', 'after'],
    ]);
    assert.equal(errors[0]?.code, 'STORE_CORRUPT');
    assert.match(errors[0]?.message ?? '', /^2 lines/);
  });

  it('sets a file of another version aside instead of reading it wrong', async () => {
    writeFileSync(path(), '{"format":"video-to-llm journal","version":2}\n["a","1",5,"other"]\n');
    const first = await journal();
    assert.deepEqual(first.scope('a').load(), []);
    assert.deepEqual(codes(), ['STORE_VERSION']);
    assert.match(text('journal.jsonl.other-version'), /other/);
  });

  it('compacts its file when it has grown, and loses nothing by it', async () => {
    const first = await journal();
    const scope = first.scope('a');
    for (let n = 0; n < 40; n++) await scope.saveDurably(`k${n % 3}`, { n, text: 'x'.repeat(300_000) });
    assert.ok(statSync(path()).size < 6_000_000, String(statSync(path()).size));
    const values = (await killed()).scope('a').load() as [string, { n: number }][];
    assert.deepEqual(values.map(([key, { n }]) => [key, n]).sort(), [
      ['k0', 39],
      ['k1', 37],
      ['k2', 38],
    ]);
  });

  it('is bounded: the values saved longest ago are forgotten, one too large is not written', async () => {
    const first = await journal({ maxBytes: 10_000 });
    const scope = first.scope('a');
    for (let n = 0; n < 30; n++) {
      clock.advance(1);
      await scope.saveDurably(String(n), 'x'.repeat(1000));
    }
    const keys = scope.load().map(([key]) => key);
    assert.ok(keys.length <= 11 && keys.includes('29') && !keys.includes('0'), String(keys));
    assert.deepEqual(codes(), ['STORE_LIMIT']);
    await scope.saveDurably('large', 'x'.repeat(2_000_000));
    assert.ok(statSync(path()).size < 1_000_000);
  });

  it('forgets what nobody has saved for a month', async () => {
    const first = await journal();
    first.scope('a').save('old', 1);
    await first.close();
    clock.advance(20 * 86_400_000);
    const second = await journal();
    second.scope('a').save('new', 2);
    await second.close();
    clock.advance(20 * 86_400_000);
    assert.deepEqual((await journal()).scope('a').load(), [['new', 2]]);
  });

  it('takes nothing after it was closed, and leaves no timer and no lock', async () => {
    const first = await journal();
    first.scope('a').save('1', 1);
    await first.close();
    first.scope('a').save('2', 2);
    assert.equal(await first.scope('a').saveDurably('3', 3), false);
    assert.equal(clock.pending, 0);
    assert.throws(() => statSync(path('journal.lock')), { code: 'ENOENT' });
  });
});

describe('a journal on a disk that fails', () => {
  /** Writes fail with this code while it is set; half of the data is written before. */
  function failing() {
    const disk = { code: '', writes: 0 };
    const files: Files = {
      ...realFiles,
      writeFile: (async (name: string, data: string, options: { flag: string }) => {
        const fails = disk.code !== '' && data !== '';
        await realFiles.writeFile(name, fails ? '' : data, options);
        if (fails) throw Object.assign(new Error(`${disk.code}: write`), { code: disk.code });
      }) as Files['writeFile'],
      open: async (name, flags) => {
        const handle = await realFiles.open(name, flags);
        const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<{ bytesWritten: number }>;
        const failingWrite = async (data: Buffer, offset: number, length: number, position: number) => {
          disk.writes++;
          if (disk.code === '') return write(data, offset, length, position);
          await write(data, offset, Math.floor(length / 2), position);
          throw Object.assign(new Error(`${disk.code}: write`), { code: disk.code });
        };
        return Object.assign(handle, { write: failingWrite });
      },
    };
    return { disk, files };
  }

  it('tells so once, goes on in memory, and writes all when there is room again', async () => {
    const { disk, files } = failing();
    const first = await journal({ files });
    const scope = first.scope('a');
    assert.equal(await scope.saveDurably('before', 1), true);
    disk.code = 'ENOSPC';
    for (let n = 0; n < 5; n++) assert.equal(await scope.saveDurably('during', n), false);
    assert.deepEqual(codes(), ['STORE_FULL']);
    assert.deepEqual(scope.load(), [
      ['before', 1],
      ['during', 4],
    ]);
    disk.code = '';
    await clock.advanceAsync(10_000, 1000);
    await waitFor('the next try', 15_000, () => text().includes('during'));
    assert.equal(await scope.saveDurably('after', 2), true);
    assert.deepEqual((await killed()).scope('a').load().length, 3);
    disk.code = 'EIO';
    await scope.saveDurably('again', 3);
    assert.deepEqual(codes(), ['STORE_FULL', 'STORE_UNWRITABLE']);
  });

  it('has what was kept where the disk is full at the start, and writes when there is room', async () => {
    const before = await journal();
    await before.scope('a').saveDurably('before', 1);
    await before.scope('a').saveDurably('gone', 1);
    await before.close();
    const { disk, files } = failing();
    disk.code = 'ENOSPC';
    const full = await journal({ files });
    const scope = full.scope('a');
    assert.deepEqual(scope.load(), [
      ['before', 1],
      ['gone', 1],
    ]);
    scope.remove('gone');
    assert.equal(await scope.saveDurably('during', 2), false);
    assert.deepEqual(codes(), ['STORE_FULL']);
    disk.code = '';
    await clock.advanceAsync(10_000, 1000);
    await waitFor('the next try', 15_000, () => text().includes('during'));
    assert.equal(await scope.saveDurably('after', 3), true);
    await full.close();
    const next = await journal();
    assert.deepEqual(next.scope('a').load(), [
      ['before', 1],
      ['during', 2],
      ['after', 3],
    ]);
    assert.deepEqual(codes(), ['STORE_FULL']);
  });

  it('leaves no lock on a full disk that the next process would take for that of another one', async () => {
    const { disk, files } = failing();
    disk.code = 'ENOSPC';
    await (await journal({ files })).close();
    assert.equal(await (await journal()).scope('a').saveDurably('1', 1), true);
    assert.deepEqual(codes(), ['STORE_FULL']);
    assert.match(text(), /"1"/);
  });

  it('writes all that lives once a disk has failed for so long that changes were passed over', async () => {
    const { disk, files } = failing();
    const first = await journal({ files });
    const scope = first.scope('a');
    await scope.saveDurably('old', 1);
    disk.code = 'EIO';
    scope.remove('old');
    for (let n = 0; n < 21_000; n++) {
      const { key } = scope.append(n, { durable: false });
      if (n < 20_999) scope.remove(key);
    }
    disk.code = '';
    assert.equal(await scope.saveDurably('new', 2), true);
    await first.close();
    const [[, last] = [], [key, value] = []] = (await journal()).scope('a').load();
    assert.deepEqual([last, key, value], [20_999, 'new', 2]);
  });

  it('keeps its old file where there is no room to compact', async () => {
    const { disk, files } = failing();
    const first = await journal({ files });
    const scope = first.scope('a');
    for (let n = 0; n < 20; n++) await scope.saveDurably('k', { n, text: 'x'.repeat(300_000) });
    const { size } = statSync(path());
    disk.code = 'ENOSPC';
    assert.equal(await scope.saveDurably('k', { n: 20, text: '' }), false);
    assert.ok(statSync(path()).size >= size);
    const [, value] = (await killed()).scope('a').load()[0] ?? [];
    assert.equal((value as { n: number }).n, 19);
  });

  it('works in memory where the folder cannot be made', async () => {
    writeFileSync(path('file'), '');
    const first = await journal({ folder: path('file/below') });
    first.scope('a').save('1', 1);
    assert.deepEqual(first.scope('a').load(), [['1', 1]]);
    assert.equal(await first.scope('a').saveDurably('2', 2), false);
    assert.deepEqual(codes(), ['STORE_UNWRITABLE']);
  });
});

describe('two journals in one folder', () => {
  it('do not touch each other: the second has a file of its own, and says so', async () => {
    const [first, second] = [await journal(), await journal()];
    assert.equal(await first.scope('a').saveDurably('1', 'first'), true);
    assert.equal(await second.scope('a').saveDurably('1', 'second'), true);
    assert.deepEqual(codes(), ['STORE_SHARED']);
    await first.close();
    assert.deepEqual((await journal()).scope('a').load(), [['1', 'first']]);
    assert.match(text('journal-2.jsonl'), /second/);
  });

  it('of different processes do not either', async () => {
    const writer = await startWriter();
    try {
      const mine = await journal();
      assert.equal(await mine.scope('a').saveDurably('1', 'mine'), true);
      assert.deepEqual(codes(), ['STORE_SHARED']);
      assert.doesNotMatch(text('journal-2.jsonl'), /writer/);
    } finally {
      await writer.kill();
    }
  });

  it('on another host: its lock counts for a minute after its last sign of life', async () => {
    const lock = { pid: 1, host: 'another', started: '', token: 't' };
    writeFileSync(path('journal.lock'), JSON.stringify(lock));
    clock.stepWall(Date.now() - clock.now());
    const first = await journal();
    assert.deepEqual(codes(), ['STORE_SHARED']);
    await first.close();
    clock.stepWall(61_000);
    await journal();
    assert.deepEqual(codes(), ['STORE_SHARED']);
  });
});

async function startWriter() {
  const child = spawn(process.execPath, ['--import', 'tsx', WRITER, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  /** The last number that the process was told to be on the disk. */
  const last = () => Number(printed.split('\n').at(-2) ?? 0);
  const ended = new Promise((resolve) => child.once('close', resolve));
  await waitFor('the first write', 20_000, () => last() > 0);
  return {
    last,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

describe('a journal whose process is killed with -9', () => {
  it('has all that was said to be on the disk, each time', async () => {
    let before = 0;
    for (let round = 1; round <= 4; round++) {
      const writer = await startWriter();
      // In the middle of whatever it does: a different moment each round.
      await waitFor('some writes', 20_000, () => writer.last() >= before + 7 * round);
      await writer.kill();
      const after = await journal();
      const count = Number(new Map(after.scope('writer').load()).get('count'));
      assert.ok(count >= writer.last() && count <= writer.last() + 1, `${count} of ${writer.last()}`);
      await after.close();
      before = count;
    }
    assert.deepEqual(errors, []);
  });
});
