// Compiles to dist/ and puts beside the compiled nodes what Node-RED looks for there: html, catalogs, icons.
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
rmSync('dist', { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
for (const file of readdirSync('nodes').filter((name) => name.endsWith('.html'))) {
  cpSync(`nodes/${file}`, `dist/nodes/${file}`);
}
cpSync('nodes/locales', 'dist/nodes/locales', { recursive: true });
cpSync('icons', 'dist/nodes/icons', { recursive: true });
