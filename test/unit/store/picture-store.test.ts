import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { StoreError } from '../../../src/shared/errors';
import { realFiles } from '../../../src/store/files';
import { PictureStore, type PictureStoreOptions, pictureId } from '../../../src/store/picture-store';
import { FakeClock } from '../../fixtures/fake-clock';

let folder: string;
let clock: FakeClock;
let errors: StoreError[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'v2l-pictures-'));
  clock = new FakeClock();
  errors = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (options: Partial<PictureStoreOptions> = {}) =>
  PictureStore.open({ folder, clock, onError: (error) => errors.push(error), ...options });

/** 100 bytes that begin as a JPEG does. */
const picture = (n: number) => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, n]), Buffer.alloc(96, n)]);
const idOf = (n: number) => pictureId(picture(n)) ?? '';
const names = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());

describe('a picture store', () => {
  it('gives a picture back by its id, also after a restart', async () => {
    const store = await open();
    assert.equal(await store.put(idOf(1), picture(1)), true);
    assert.deepEqual(await store.get(idOf(1)), picture(1));
    assert.deepEqual(await (await open()).get(idOf(1)), picture(1));
    assert.equal(await store.get(idOf(2)), null);
  });

  it('names a picture by what is in it, safe as a file name', () => {
    assert.match(idOf(1), /^[0-9a-f]{64}\.jpg$/);
    assert.notEqual(idOf(1), idOf(2));
    assert.equal(pictureId(Buffer.from('<svg/>')), null);
  });

  it('keeps the same picture once', async () => {
    const store = await open();
    await Promise.all([store.put(idOf(1), picture(1)), store.put(idOf(1), picture(1))]);
    await store.put(idOf(1), picture(1));
    assert.equal(names().length, 1);
    assert.equal(store.bytes, 100);
  });

  it('leads to no file outside its folder', async () => {
    writeFileSync(join(folder, 'secret.jpg'), 'secret');
    const store = await open({ folder: join(folder, 'below') });
    for (const id of [
      '../secret.jpg',
      `..${'/'.repeat(62)}.jpg`,
      '',
      'a'.repeat(64),
      `/etc/passwd\0${idOf(1)}`,
    ]) {
      assert.equal(await store.get(id), null, id);
      assert.equal(await store.put(id, picture(1)), false, id);
    }
  });

  it('lets the oldest go when its quota is used up; one that was put in again is young', async () => {
    const store = await open({ maxBytes: 250 });
    for (const n of [1, 2, 1, 3]) {
      clock.advance(1000);
      await store.put(idOf(n), picture(n));
    }
    assert.deepEqual(await Promise.all([1, 2, 3].map(async (n) => (await store.get(idOf(n))) !== null)), [
      true,
      false,
      true,
    ]);
    assert.equal(store.bytes, 200);
    assert.equal(names().length, 2);
  });

  it('knows the age and size of what an earlier process has left', async () => {
    const first = await open();
    for (const n of [1, 2]) {
      await first.put(idOf(n), picture(n));
      clock.advance(20 * 86_400_000);
    }
    const second = await open();
    assert.equal(await second.get(idOf(1)), null);
    assert.deepEqual(await second.get(idOf(2)), picture(2));
    assert.equal(second.bytes, 100);
  });

  it('removes what a killed process has left unfinished, once it is old', async () => {
    const store = await open();
    await store.put(idOf(1), picture(1));
    const left = join(folder, idOf(1).slice(0, 2), '.0.new');
    writeFileSync(left, 'half');
    utimesSync(left, clock.now() / 1000, clock.now() / 1000);
    await open();
    assert.equal(names().length, 2);
    clock.advance(7_200_000);
    await open();
    assert.equal(names().length, 1);
  });

  it('tells once of a disk that is full, and leaves nothing half', async () => {
    const disk = { full: true };
    const files: typeof realFiles = {
      ...realFiles,
      open: async (path, flags) => {
        const handle = await realFiles.open(path, flags);
        const writeFile = handle.writeFile.bind(handle);
        return Object.assign(handle, {
          writeFile: async (data: Buffer) => {
            if (!disk.full) return writeFile(data);
            await writeFile(data.subarray(0, 10));
            throw Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' });
          },
        });
      },
    };
    const store = await open({ files });
    for (const n of [1, 2, 3]) assert.equal(await store.put(idOf(n), picture(n)), false);
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['STORE_FULL'],
    );
    assert.equal(names().length, 0);
    disk.full = false;
    assert.equal(await store.put(idOf(1), picture(1)), true);
  });

  it('drops pictures when too many wait for a slow disk', async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const files: typeof realFiles = {
      ...realFiles,
      open: async (path, flags) => {
        await gate;
        return realFiles.open(path, flags);
      },
    };
    const store = await open({ files });
    const kept = Array.from({ length: 70 }, (_, n) => store.put(idOf(n), picture(n)));
    go();
    assert.equal((await Promise.all(kept)).filter(Boolean).length, 64);
    await store.close();
    assert.equal(names().length, 64);
  });
});
