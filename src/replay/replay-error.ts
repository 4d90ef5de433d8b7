/** What a replay was given cannot be used: a flow, a recording, labels, an option. The command ends with exit code 2. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}
