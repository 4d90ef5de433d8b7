import type { Node, NodeAPI } from 'node-red';
import type { Endpoint } from '../../src/vision/endpoint';
import { type ConfiguredNode, flowDemand } from '../../src/vision/flow-demand';
import { KeptLatency } from '../../src/vision/kept-latency';
import type { KeptState } from './kept-state';
import { whenStarted } from './when-started';

/**
 * Tells an endpoint with each deploy what the flows will ask of it, and keeps how long its answers take.
 *
 * @param of server and model: what was kept of others does not count
 * @returns to be called where the endpoint has billed a call
 */
export function expectDemand(
  RED: NodeAPI,
  node: Node,
  endpoint: Endpoint,
  kept: KeptState,
  of: string,
): () => void {
  let latency: KeptLatency | null = null;
  let isClosed = false;
  let cancel = () => {};
  const look = () => {
    // A deploy of other nodes leaves this one as it is, and may ask more of it.
    cancel = whenStarted(RED, look);
    const nodes: ConfiguredNode[] = [];
    RED.nodes.eachNode((one) => void nodes.push(one as unknown as ConfiguredNode));
    endpoint.expect(flowDemand(nodes, node.id), latency?.ms ?? null);
  };
  const started = new Promise<void>((resolve) => {
    cancel = whenStarted(RED, resolve);
  });
  void Promise.all([kept.scope, started]).then(([scope]) => {
    if (isClosed) return;
    latency = new KeptLatency(scope, of);
    look();
  });
  node.on('close', () => {
    isClosed = true;
    cancel();
  });
  return () => latency?.note(endpoint.latencyMs);
}
