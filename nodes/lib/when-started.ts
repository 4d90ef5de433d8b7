import type { NodeAPI } from 'node-red';

const waiting = new Set<() => void>();

/**
 * Calls `run` once when all nodes of a deploy are there: what is sent before is lost.
 * One listener serves all nodes, because Node.js warns of a leak at the eleventh.
 *
 * @returns takes the call back, if it has not been made
 */
export function whenStarted(RED: NodeAPI, run: () => void): () => void {
  if (waiting.size === 0) RED.events.once('flows:started', runAll);
  waiting.add(run);
  return () => {
    waiting.delete(run);
    if (waiting.size === 0) RED.events.removeListener('flows:started', runAll);
  };
}

function runAll(): void {
  const all = [...waiting];
  waiting.clear();
  for (const run of all) run();
}
