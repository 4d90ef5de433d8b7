import type { Node, NodeAPI } from 'node-red';
import { ConfigError } from '../../src/shared/errors';
import type { Endpoint } from '../../src/vision/endpoint';

/** A vision-endpoint node as vision-llm nodes see it. */
export interface VisionEndpointNode extends Node<{ apiKey?: string; redisUrl?: string }> {
  /** null where its settings cannot be used: `problem` says why. */
  endpoint: Endpoint | null;
  problem: ConfigError | null;
  /** Address that the stored key belongs to. */
  keyTarget: string;
}

/**
 * The endpoint that a node refers to. Looked up for each message, because it may be deployed on its own.
 *
 * @throws ConfigError CONFIG_MISSING_NODE, or the endpoint's own
 */
export function endpointOf(RED: NodeAPI, id: string): Endpoint {
  const node = RED.nodes.getNode(id) as VisionEndpointNode | null;
  if (node?.problem) throw node.problem;
  if (!node?.endpoint) {
    throw new ConfigError('CONFIG_MISSING_NODE', 'No vision-endpoint is set, or it is disabled.', {
      advice: 'Open the node, choose a vision-endpoint, and deploy.',
    });
  }
  return node.endpoint;
}
