// Runs test files, two at a time, in the order given: Node's own command would sort them by name. What this process was
// started with (`--import tsx`) goes on to each file.
import { run } from 'node:test';
import report from './test-reporter.mjs';

/** The longest takes three minutes. One that hangs, with a server that was left open, must not hold up all. */
const FILE_MS = 600_000;

const files = process.argv.slice(2);
run({ files, concurrency: 2, timeout: FILE_MS })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(report)
  .pipe(process.stdout);
