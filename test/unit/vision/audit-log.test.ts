import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ConfigError } from '../../../src/shared/errors';
import { realFiles } from '../../../src/store/files';
import { AuditLog, type AuditLogParts } from '../../../src/vision/audit-log';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'v2l-audit-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function start(parts: Partial<AuditLogParts> = {}, maxBytes = 1_000_000) {
  const errors: string[] = [];
  const folder = join(base, 'deep', 'audit');
  const log = new AuditLog(
    { folder, name: 'calls', maxBytes },
    {
      ...{ files: realFiles, check: async () => {}, onError: ({ code }) => void errors.push(code) },
      ...parts,
    },
  );
  const linesOf = (name: string) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, folder, errors, linesOf };
}

const entry = (value: object) => Promise.resolve(value);

describe('the audit log', () => {
  it('writes each entry as a line, in the order in which they came, for the owner alone', async () => {
    const { log, folder, linesOf } = start();
    log.push(new Promise((resolve) => setImmediate(() => resolve({ n: 1, camera: 'gate\n{"n": 9}' }))));
    log.push(entry({ n: 2 }));
    await log.stop();
    assert.deepEqual(linesOf('calls.jsonl'), [{ n: 1, camera: 'gate\n{"n": 9}' }, { n: 2 }]);
    if (process.platform !== 'win32') assert.equal(statSync(join(folder, 'calls.jsonl')).mode & 0o077, 0);
  });

  it('goes on in a file that an earlier process has left', async () => {
    for (const n of [1, 2]) {
      const { log } = start();
      log.push(entry({ n }));
      await log.stop();
    }
    assert.deepEqual(start().linesOf('calls.jsonl'), [{ n: 1 }, { n: 2 }]);
  });

  it('keeps two files of bounded size, the newest entries in them', async () => {
    const { log, folder, linesOf } = start({}, 1_000);
    for (let n = 0; n < 100; n++) {
      log.push(entry({ n, text: 'x'.repeat(80) }));
      if (n % 5 === 4) await new Promise((resolve) => setImmediate(resolve));
      await log.idle();
    }
    await log.stop();
    assert.deepEqual(readdirSync(folder).sort(), ['calls.1.jsonl', 'calls.jsonl']);
    for (const name of readdirSync(folder)) assert.ok(statSync(join(folder, name)).size <= 1_000, name);
    const kept = [...linesOf('calls.1.jsonl'), ...linesOf('calls.jsonl')].map(({ n }) => n as number);
    assert.equal(kept.at(-1), 99);
    assert.deepEqual(
      kept,
      Array.from({ length: kept.length }, (_, i) => 100 - kept.length + i),
    );
  });

  it('tells once that it cannot be written, goes on, and writes how many are missing', async () => {
    let isFull = true;
    const files = {
      ...realFiles,
      mkdir: async (...args: Parameters<typeof realFiles.mkdir>) => {
        if (isFull) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        return realFiles.mkdir(...args);
      },
    } as AuditLogParts['files'];
    const { log, errors, linesOf } = start({ files });
    for (const n of [1, 2, 3]) {
      log.push(entry({ n }));
      await log.idle();
    }
    assert.deepEqual(errors, ['STORE_FULL']);
    isFull = false;
    log.push(entry({ n: 4 }));
    await log.idle();
    isFull = true;
    log.push(entry({ n: 5 }));
    await log.stop();
    assert.deepEqual(errors, ['STORE_FULL', 'STORE_FULL']);
    assert.deepEqual(linesOf('calls.jsonl'), [{ n: 4 }, { lost: 3 }]);
  });

  it('does not grow where the full file cannot be put aside', async () => {
    const files = {
      ...realFiles,
      rename: () => Promise.reject(Object.assign(new Error('busy'), { code: 'EPERM' })),
    };
    const { log, folder, errors } = start({ files }, 1_000);
    for (let n = 0; n < 50; n++) {
      log.push(entry({ n, text: 'x'.repeat(80) }));
      await log.idle();
    }
    await log.stop();
    assert.ok(statSync(join(folder, 'calls.jsonl')).size <= 1_000);
    assert.deepEqual(errors, ['STORE_UNWRITABLE']);
  });

  it('is bounded while the disk is slow, and says how many it has left out', async () => {
    let go = () => {};
    const slow = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { log, linesOf } = start({ check: () => slow });
    for (let n = 0; n < 5_000; n++) log.push(entry({ n }));
    go();
    await log.stop();
    const lines = linesOf('calls.jsonl');
    assert.equal(
      lines.filter((line) => 'n' in line).length + Number(lines.find((line) => 'lost' in line)?.lost),
      5_000,
    );
    assert.ok(lines.length < 1_100);
  });

  it('makes and writes nothing where the folder may not be used, and says why', async () => {
    const refused = new ConfigError('CONFIG_INVALID', 'Not there.');
    const { log, errors } = start({ check: () => Promise.reject(refused) });
    log.push(entry({}));
    await log.stop();
    assert.deepEqual(errors, ['CONFIG_INVALID']);
    assert.deepEqual(readdirSync(base), []);
  });

  it('says at the start that its folder cannot be used, and not again with the first call', async () => {
    const refused = new ConfigError('CONFIG_INVALID', 'Not there.');
    const { log, errors } = start({ check: () => Promise.reject(refused) });
    log.start();
    await log.idle();
    assert.deepEqual(errors, ['CONFIG_INVALID']);
    log.push(entry({}));
    await log.stop();
    assert.deepEqual(errors, ['CONFIG_INVALID']);
  });

  it('does not follow a link in place of its file', { skip: process.platform === 'win32' }, async () => {
    const { log, folder, errors } = start();
    await realFiles.mkdir(folder, { recursive: true });
    writeFileSync(join(base, 'other'), 'mine');
    symlinkSync(join(base, 'other'), join(folder, 'calls.jsonl'));
    log.push(entry({ n: 1 }));
    await log.stop();
    assert.equal(readFileSync(join(base, 'other'), 'utf8'), 'mine');
    assert.deepEqual(errors, ['STORE_UNWRITABLE']);
  });

  it('writes nothing after it was stopped', async () => {
    const { log, folder } = start();
    await log.stop();
    log.push(entry({ n: 1 }));
    await log.stop();
    assert.throws(() => readdirSync(folder));
  });
});
