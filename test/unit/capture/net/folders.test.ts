import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { isInside } from '../../../../src/capture/net/folders';

describe('isInside', () => {
  const root = mkdtempSync(join(tmpdir(), 'folders-'));
  after(() => rmSync(root, { recursive: true }));
  for (const folder of ['media', 'media/day', 'media-2', '..dots', 'secret']) mkdirSync(join(root, folder));
  for (const file of ['media/a.mp4', 'media/day/b.mp4', 'media-2/c.mp4', 'secret/d.mp4', 'media/..e.mp4']) {
    writeFileSync(join(root, file), '');
  }
  symlinkSync(join(root, 'secret'), join(root, 'media/link'));
  symlinkSync(join(root, 'media/a.mp4'), join(root, 'secret/back.mp4'));
  symlinkSync(join(root, 'media'), join(root, 'alias'));

  const cases: [path: string, folders: string[], expected: boolean][] = [
    ['media/a.mp4', ['media'], true],
    ['media/day/b.mp4', ['media'], true],
    ['media', ['media'], true],
    ['media/..e.mp4', ['media'], true],
    ['media-2/c.mp4', ['media'], false],
    ['secret/d.mp4', ['media'], false],
    ['media/../secret/d.mp4', ['media'], false],
    ['media/link/d.mp4', ['media'], false],
    ['secret/back.mp4', ['media'], true],
    ['media/a.mp4', ['alias'], true],
    ['alias/a.mp4', ['media'], true],
    ['media/none.mp4', ['media'], false],
    ['media/a.mp4', ['none', 'media'], true],
    ['media/a.mp4', [], false],
    ['secret/d.mp4', ['media', 'secret'], true],
  ];
  for (const [path, folders, expected] of cases) {
    it(`${path} is ${expected ? '' : 'not '}inside ${folders.join(' or ') || 'no folder'}`, async () => {
      const found = await isInside(
        join(root, path),
        folders.map((folder) => join(root, folder)),
      );
      assert.equal(found, expected);
    });
  }

  it('takes no relative path, and none with a NUL', async () => {
    assert.equal(await isInside('.', [process.cwd()]), false);
    assert.equal(await isInside(`${root}/media\0/a.mp4`, [root]), false);
  });
});
