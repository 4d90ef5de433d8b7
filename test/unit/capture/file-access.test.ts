import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FileAccess } from '../../../src/capture/file-access';

describe('the folders that may be read', () => {
  let root = '';
  let access: FileAccess;
  before(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'v2l-folders-')));
    for (const folder of ['user/in', 'media', 'secret', 'real'])
      mkdirSync(join(root, folder), { recursive: true });
    for (const file of ['user/a.mp4', 'secret/b.mp4', 'real/c.mp4']) writeFileSync(join(root, file), '');
    symlinkSync(join(root, 'secret/b.mp4'), join(root, 'user/link.mp4'));
    symlinkSync(join(root, 'user/a.mp4'), join(root, 'user/in/inside.mp4'));
    symlinkSync(join(root, 'real'), join(root, 'linked'));
    access = new FileAccess(['.', '../media', join(root, 'linked')], join(root, 'user'));
  });
  after(() => rmSync(root, { recursive: true }));

  for (const path of ['a.mp4', './in/inside.mp4', '../media/x.mp4', '', '..a.mp4']) {
    it(`hold ${JSON.stringify(path)}`, async () => {
      assert.equal(access.resolve(path), join(root, 'user', path));
      await access.check(path);
    });
  }

  it('hold what is not there, which is told by who opens it', () => access.check('nothing.mp4'));

  it('may be links themselves', () => access.check(join(root, 'linked/c.mp4')));

  for (const path of ['/etc/passwd', '../secret/b.mp4', '..', '../user-of-another/a.mp4', '../mediax']) {
    it(`do not hold ${path}`, () => {
      assert.throws(() => access.resolve(path), { code: 'CAMERA_REFUSED', message: new RegExp(path) });
    });
  }

  it('do not hold what a link leads to', async () => {
    assert.equal(access.resolve('link.mp4'), join(root, 'user/link.mp4'));
    await assert.rejects(access.check('link.mp4'), { code: 'CAMERA_REFUSED' });
  });
});
