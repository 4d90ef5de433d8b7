// `npm run bench -- NAME`: runs one benchmark of test/bench. It prints JSON lines, and exits 1 where a goal is not met.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, ensureDependencies, ensureTool, root, say } from './setup.mjs';

const [name = '', ...args] = process.argv.slice(2);
const folder = join(root, 'test/bench');
const file = join(folder, `${name}.bench.ts`);
if (!/^[\w-]+$/.test(name) || !existsSync(file)) {
  const names = readdirSync(folder).flatMap((entry) => /^([\w-]+)\.bench\.ts$/.exec(entry)?.[1] ?? []);
  say(`Usage: npm run bench -- NAME, where NAME is one of: ${names.join(', ')}`);
  process.exit(2);
}
ensureDependencies();
ensureTool('ffmpeg');
// Some deploy the compiled nodes in a real Node-RED.
build();
const { status } = spawnSync(process.execPath, ['--expose-gc', '--import', 'tsx', file, ...args], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
