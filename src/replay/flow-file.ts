import { envValue } from './flow-env';
import { ReplayError } from './replay-error';

/** A node as the editor exports it. */
export interface FlowNode {
  id: string;
  type: string;
  /** Tab or subflow that it is on; missing for config nodes. */
  z?: string;
  name?: string;
  /** Disabled. */
  d?: boolean;
  wires?: string[][];
  [setting: string]: unknown;
}

/** Nodes of a flow, by id. */
export type FlowFile = ReadonlyMap<string, FlowNode>;

/** A flow file of a very large installation has some megabytes. */
const MAX_CHARS = 100_000_000;

/**
 * Reads a flow as the editor's Export or Node-RED's flow file has it.
 *
 * @param text JSON: a list of nodes, or an object with `flows`
 * @param env of the process: for settings that are `${NAME}`, where the flow itself does not set it
 * @throws ReplayError where it is none
 */
export function readFlow(text: string, env: Record<string, string | undefined>): FlowFile {
  if (text.length > MAX_CHARS) throw new ReplayError('The flow file is larger than 100 MB.');
  const nodes = new Map<string, FlowNode>();
  for (const raw of listIn(text)) {
    if (!isNode(raw)) throw notFlow('an entry of it has no id or type');
    nodes.set(raw.id, raw);
  }
  if (nodes.size === 0) throw notFlow('it is empty');
  return withoutDisabled(new Map([...nodes].map(([id, node]) => [id, withEnv(nodes, node, env)])));
}

/** How a node is called in messages: `frame-select "Gate"`, or by its id where it has no name. */
export function nodeLabel({ type, name, id }: { type: string; name?: string; id: string }): string {
  return `${type} "${(name || id).slice(0, 60)}"`;
}

function listIn(text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw notFlow('it is not JSON');
  }
  const list = Array.isArray(value) ? value : (value as { flows?: unknown } | null)?.flows;
  if (!Array.isArray(list)) throw notFlow('it is not a list of nodes');
  return list;
}

function isNode(raw: unknown): raw is FlowNode {
  const { id, type, wires } = (raw ?? {}) as Record<string, unknown>;
  const isWired =
    wires === undefined ||
    (Array.isArray(wires) &&
      wires.every((ids) => Array.isArray(ids) && ids.every((to) => typeof to === 'string')));
  return typeof id === 'string' && typeof type === 'string' && isWired;
}

/** Node-RED replaces `${NAME}` where it is all of a setting. What is not set stays, and the node tells of it. */
function withEnv(flow: FlowFile, node: FlowNode, env: Record<string, string | undefined>): FlowNode {
  const copy: FlowNode = { ...node };
  for (const [setting, value] of Object.entries(node)) {
    const name = typeof value === 'string' ? /^\$\{(\w+)\}$/.exec(value)?.[1] : undefined;
    if (name !== undefined) copy[setting] = envValue(flow, node, name, env) ?? value;
  }
  return copy;
}

function withoutDisabled(nodes: Map<string, FlowNode>): FlowFile {
  const isOff = (node: FlowNode) => node.d === true || nodes.get(node.z ?? '')?.disabled === true;
  return new Map([...nodes].filter(([, node]) => !isOff(node)));
}

function notFlow(why: string): ReplayError {
  return new ReplayError(
    `The flow file cannot be used: ${why}. Export it with Menu > Export > all flows > JSON > Download.`,
  );
}
