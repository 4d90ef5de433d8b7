// Prints failures as they come, a line for each file, the reason of each skip, and at last the counts.
import { relative } from 'node:path';

/** @param {AsyncIterable<{type: string, data: any}>} events */
export default async function* report(events) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const skips = [];
  const files = new Map();
  for await (const { type, data } of events) {
    if (type === 'test:stderr' && process.env.TEST_STDERR) yield data.message;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A suite, and a file run as a test, only repeat what their tests have said.
    const isGroup = data.details?.type === 'suite' || (data.nesting === 0 && data.file?.endsWith(data.name));
    // … but a hook that failed is told by its suite alone.
    const isHook = data.details?.error?.failureType === 'hookFailed';
    if (type === 'test:fail' && (!isGroup || isHook || !files.get(data.file)?.failed)) {
      counts.failed++;
      count(files, data.file).failed++;
      yield `\nFAILED ${shown(data.file)}: ${data.name}\n${explain(data.details?.error)}\n`;
    } else if (isGroup) {
      // Counted by its tests.
    } else if (data.skip !== undefined && data.skip !== false) {
      counts.skipped++;
      skips.push(`${shown(data.file)}: ${data.name}: ${data.skip === true ? 'no reason given' : data.skip}`);
    } else if (data.todo === undefined) {
      counts.passed++;
      count(files, data.file).passed++;
    }
  }
  yield '\n';
  for (const [file, { passed, failed }] of files)
    yield `${failed ? 'FAILED' : 'ok    '} ${shown(file)}: ${passed} passed, ${failed} failed\n`;
  for (const skip of skips) yield `skipped ${skip}\n`;
  yield `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
}

function count(files, file) {
  if (!files.has(file)) files.set(file, { passed: 0, failed: 0 });
  return files.get(file);
}

function shown(file) {
  return file ? relative(process.cwd(), file) : '(unknown file)';
}

function explain(error) {
  const cause = error?.cause ?? error;
  return cause?.stack ?? cause?.message ?? String(cause);
}
