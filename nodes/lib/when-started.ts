import type { Node, NodeAPI } from 'node-red';

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

/** The same as a promise. It never resolves where the node is closed before. */
export function allStarted(RED: NodeAPI, node: Node): Promise<void> {
  return new Promise((resolve) => {
    node.on('close', whenStarted(RED, resolve));
  });
}

function runAll(): void {
  const all = [...waiting];
  waiting.clear();
  for (const run of all) run();
}
