import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

const MAIN = join(__dirname, '../../../src/cli/main.ts');

for (const [what, args, expected] of [
  ['its end', ['--help'], 0],
  ['an error', ['--flow', 'nowhere.json', '--input', 'pattern'], 2],
] as const) {
  test(`nobody reads any more what a replay says, as behind head: it comes to ${what} without a word`, async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'replay', ...args]);
    // Long before the process is up.
    child.stdout.destroy();
    let said = '';
    if (expected === 0) child.stderr.on('data', (chunk) => (said += chunk));
    else child.stderr.destroy();
    const [code] = await once(child, 'close');
    assert.equal(said, '');
    assert.equal(code, expected);
  });
}
