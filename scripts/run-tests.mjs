// Runs test files, two at a time, in the order given: Node's own command would sort them by name. What this process was
// started with (`--import tsx`, a time limit) goes on to each file.
import { run } from 'node:test';
import report from './test-reporter.mjs';

const files = process.argv.slice(2);
run({ files, concurrency: 2 })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(report)
  .pipe(process.stdout);
