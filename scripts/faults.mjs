// `npm run faults`: the fault suite with its real deadlines, on three versions of ffmpeg, and docs/faults.md with what came out.
// `npm run faults -- 5.1` runs one version, and prints its table in place of writing the file.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { ensureDependencies, ensureFfmpeg7, ensureTool, root, say } from './setup.mjs';

/** Results other than passed, as the report calls them. */
const WORDS = {
  fail: 'failed',
  known: 'known shortfall',
  skip: 'skipped',
  alone: 'passed alone, not in the crowd',
};

process.chdir(root);
ensureDependencies();
for (const tool of ['ffmpeg', 'nftables']) ensureTool(tool);

const only = process.argv[2];
const versions = binaries().filter(({ version }) => !only || version.startsWith(only));
if (versions.length === 0) throw new Error(`No ffmpeg ${only}.`);
const runs = versions.map(({ version, path }) => ({ version, ...runOn(version, path) }));
const text = await report(runs);
if (only) process.stdout.write(text);
else writeFileSync(join(root, 'docs/faults.md'), text);
const failed = runs.flatMap(({ version, tests }) =>
  tests.filter(({ result }) => result === 'fail').map(({ name, reason }) => `${version} ${name}: ${reason}`),
);
say(failed.length > 0 ? `Failed:\n${failed.join('\n')}` : 'No row failed.');
process.exit(failed.length > 0 ? 1 : 0);

/** The oldest that is supported, the system's, and a new one; those that cannot be had here are left out aloud. */
function binaries() {
  const oldest = join(root, `node_modules/@ffmpeg-installer/${process.platform}-${process.arch}/ffmpeg`);
  if (existsSync(oldest)) chmodSync(oldest, 0o755);
  return [oldest, process.env.FFMPEG_PATH ?? 'ffmpeg', ensureFfmpeg7()].flatMap((path) => {
    const { stdout = '' } = path ? spawnSync(path, ['-version'], { encoding: 'utf8' }) : {};
    const version = /^ffmpeg version n?(\d[\d.]*)/m.exec(stdout ?? '')?.[1] ?? nameOfBuild(stdout ?? '');
    if (!version) say(`Left out, because it does not run: ${path}`);
    return version ? [{ version, path }] : [];
  });
}

/** Builds from git have no version number. */
function nameOfBuild(about) {
  return /^ffmpeg version (\S+)/m.exec(about)?.[1] ? '4.x' : null;
}

function runOn(version, path) {
  say(`\nffmpeg ${version} …`);
  const files = readdirSync('test/faults').filter((name) => name.endsWith('.test.ts'));
  const run = runTests(path, ['--test-concurrency=3', ...files.map((name) => join('test/faults', name))]);
  // Tests run beside each other, and other work on the machine beside them: a deadline that is missed in that crowd is
  // looked at again, alone. Twice missed is failed.
  for (const test of run.tests.filter(({ result }) => result === 'fail')) {
    say(`Again, alone: ${test.name}`);
    const pattern = `--test-name-pattern=${test.name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}`;
    const again = runTests(path, [pattern, test.file]);
    const same = again.tests.find(({ name, result }) => name === test.name && result !== 'skip');
    if (same) Object.assign(test, same.result === 'pass' ? { result: 'alone' } : same);
    const isAgain = (figure) =>
      again.figures.some(({ row, what }) => row === figure.row && what === figure.what);
    run.figures = [...run.figures.filter((figure) => !isAgain(figure)), ...again.figures];
  }
  return run;
}

function runTests(path, args) {
  const folder = mkdtempSync(join(tmpdir(), 'faults-run-'));
  const [results, figures] = [join(folder, 'results'), join(folder, 'figures')];
  const reporter = (name, to) => [
    `--test-reporter=${new URL(name, import.meta.url)}`,
    `--test-reporter-destination=${to}`,
  ];
  spawnSync(
    process.execPath,
    [
      ...['--import', 'tsx', '--test', '--test-timeout=600000'],
      ...[...reporter('./test-reporter.mjs', 'stderr'), ...reporter('./faults-reporter.mjs', results)],
      ...args,
    ],
    {
      stdio: ['ignore', 'ignore', 2],
      env: {
        ...process.env,
        FAULTS: 'full',
        TEST_FFMPEG: path.includes('/') ? path : '',
        FAULTS_FIGURES: figures,
      },
    },
  );
  const lines = (file) =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .trim()
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      : [];
  const run = { tests: lines(results).filter(({ name }) => /^#\d\d /.test(name)), figures: lines(figures) };
  rmSync(folder, { recursive: true });
  return run;
}

async function report(runs) {
  const { ROWS, NOTES, NOT_REPRODUCED } = await catalogue();
  const heads = runs.map(({ version }) => `ffmpeg ${version}`);
  const tested = Object.entries(ROWS).filter(([row]) => !(row in NOT_REPRODUCED));
  const table = tested.map(([row, what]) =>
    cells([row, what, ...runs.map((run) => verdict(run, Number(row))), figuresOf(runs, Number(row))]),
  );
  const wrong = runs.flatMap(({ version, tests }) =>
    tests
      .filter(({ result }) => result !== 'pass')
      .map(({ name, result, reason }) => `- ${version}, ${WORDS[result]}: ${name}. ${reason.split('\n')[0]}`),
  );
  return [
    '# Faults, and what becomes of them',
    '',
    `Written by \`npm run faults\` on ${new Date().toISOString().slice(0, 10)}. Machine: ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release().split('-')[0]}, Node ${process.version}.`,
    '',
    'Each row is a way in which cameras fail. A simulated camera fails so on command, and is watched with all real parts and',
    'with the deadlines of real use. The tests are in `test/faults`, and have the number of the row in their names; `npm test`',
    'runs them with short deadlines. Times are in seconds.',
    '',
    cells(['Row', 'Fault', ...heads, `Measured (${runs.map(({ version }) => version).join(' · ')}; limit)`]),
    cells(['---', '---', ...heads.map(() => '---'), '---']),
    ...table,
    '',
    ...(wrong.length > 0 ? ['## Not passed, or not at once', '', ...new Set(wrong), ''] : []),
    '## What a row leaves out',
    '',
    ...Object.entries(NOTES).map(([row, note]) => `- Row ${row}: ${note}`),
    '',
    '## Not reproduced',
    '',
    ...Object.entries(NOT_REPRODUCED).map(([row, reason]) => `- Row ${row}, ${ROWS[row]}: ${reason}`),
    '',
  ].join('\n');
}

function verdict({ tests }, row) {
  const own = tests.filter(({ name }) => Number(name.slice(1, 3)) === row);
  const count = (result) => own.filter((test) => test.result === result).length;
  if (own.length === 0) return 'did not run';
  const parts = [
    [count('fail'), 'fail'],
    [count('known'), 'known fail'],
    [count('skip'), 'skip'],
    [count('alone'), 'pass alone'],
    [count('pass'), 'pass'],
  ].filter(([n]) => n > 0);
  return parts.length === 1 ? parts[0][1] : parts.map(([n, word]) => `${n} ${word}`).join(', ');
}

function figuresOf(runs, row) {
  const own = runs.map(({ figures }) => figures.filter((figure) => figure.row === row));
  const names = [...new Set(own.flat().map(({ what }) => what))];
  return names
    .map((what) => {
      const values = own.map((figures) => figures.filter((figure) => figure.what === what));
      const limit = values.flat().find((figure) => figure.limit !== undefined)?.limit;
      const shown = values.map((list) =>
        list.length === 0 ? '–' : String(Math.round(Math.max(...list.map(({ value }) => value)) * 100) / 100),
      );
      return `${what}: ${shown.join(' · ')}${limit === undefined ? '' : `; ≤ ${limit}`}`;
    })
    .join('<br>');
}

function cells(list) {
  return `| ${list.join(' | ')} |`;
}

/** The tables are TypeScript, which a process of its own can read. */
async function catalogue() {
  const code =
    "import('./test/faults/catalogue.ts').then((m) => console.log(JSON.stringify(m.default ?? m)))";
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '-e', code], {
    cwd: root,
    encoding: 'utf8',
  });
  return JSON.parse(stdout);
}
