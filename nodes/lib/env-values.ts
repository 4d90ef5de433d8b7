import type { Node, NodeAPI } from 'node-red';

/** As Node-RED has it: all of a setting. */
const VARIABLE = /^\$\{[^}]+\}$/;

/**
 * Settings of an open dialog with the values of environment variables filled in, as Node-RED does at a deploy. What is
 * not set stays as it is, and whoever reads the settings tells of it.
 *
 * @param node the deployed node: its flow may have variables of its own; null where it is not deployed yet
 */
export function withEnvValues(
  RED: NodeAPI,
  settings: Record<string, unknown>,
  node: Node | null,
): Record<string, unknown> {
  const asking = node ?? globalConfig(RED);
  const filled: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    const isVariable = typeof value === 'string' && VARIABLE.test(value);
    const found = isVariable ? RED.util.evaluateNodeProperty(value, 'env', asking as Node, {}) : '';
    filled[name] = found === '' ? value : found;
  }
  return filled;
}

/** The node that holds the variables of all flows; null where there is none: then the process's count alone. */
function globalConfig(RED: NodeAPI): Node | null {
  let id = '';
  RED.nodes.eachNode((node) => {
    if (node.type === 'global-config') id = node.id;
  });
  return id === '' ? null : RED.nodes.getNode(id);
}
