// One JSON line for each test of the fault suite.
/** @param {AsyncIterable<{type: string, data: any}>} events */
export default async function* report(events) {
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite') continue;
    const { name, file, skip, todo, details } = data;
    const failed = details?.error !== undefined || type === 'test:fail';
    const cause = details?.error?.cause ?? details?.error;
    yield `${JSON.stringify({
      name,
      file,
      result: skip !== undefined ? 'skip' : todo !== undefined && failed ? 'known' : failed ? 'fail' : 'pass',
      reason: String(skip ?? (todo !== undefined && failed ? todo : (cause?.message ?? ''))),
      seconds: (details?.duration_ms ?? 0) / 1000,
    })}\n`;
  }
}
