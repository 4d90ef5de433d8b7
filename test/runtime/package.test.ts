import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(__dirname, '../..');

interface Packed {
  files: { path: string }[];
}

function packedFiles(): string[] {
  const json = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [packed] = JSON.parse(json) as [Packed];
  return packed.files.map(({ path }) => path);
}

test('the package holds what a user needs, and nothing else', () => {
  const files = packedFiles();
  for (const file of files) {
    assert.match(file, /^(dist\/(nodes|src)\/|examples\/|(package\.json|README\.md|LICENSE|CHANGELOG\.md)$)/);
    assert.doesNotMatch(file, /\.ts$|\.map$|\.test\./);
  }
  const { 'node-red': section } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const [type, path] of Object.entries(section.nodes as Record<string, string>)) {
    for (const wanted of [
      path,
      path.replace('.js', '.html'),
      `dist/nodes/icons/${type}.svg`,
      `dist/nodes/locales/en-US/${type}.json`,
      `dist/nodes/locales/en-US/${type}.html`,
    ]) {
      assert.ok(files.includes(wanted), `${wanted} is in the package`);
      assert.ok(existsSync(join(ROOT, wanted)));
    }
  }
});

test('the lock file names no registry', () => {
  assert.doesNotMatch(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'), /"resolved"/);
});
