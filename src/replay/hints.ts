import { readZones } from '../select/zones';
import { lintNode, type NodeFinding } from '../vision/node-lint';
import { type FlowNode, nodeLabel } from './flow-file';
import type { Graph } from './graph';

/** Something about a question that is likely to give wrong answers. */
export interface Hint extends NodeFinding {
  /** The vision-llm that asks it. */
  node: string;
}

/** Hints about the questions of all vision-llm nodes: the same that their dialogs show. */
export function hintsOf(graph: Graph): Hint[] {
  return graph.stages
    .filter(({ type }) => type === 'vision-llm')
    .flatMap((asking) =>
      lintNode(asking, zonesBefore(asking, graph)).map((finding) => ({
        node: nodeLabel(asking),
        ...finding,
      })),
    );
}

/** A hint in words. */
export function hintText({ node, rule, message, advice, found }: Hint): string {
  return `${node}, ${rule}: ${message} ${advice} (“${found}”)`;
}

/** Names of the zones that are drawn on the way to a node; null where its cameras bring zones of their own. */
function zonesBefore(node: FlowNode, { source, stages, wires }: Graph): string[] | null {
  if ((source.cameras ?? 'one') !== 'one') return null;
  const before = new Set([node.id]);
  // As often as there are nodes is enough, in whatever order they come.
  for (let round = 0; round <= stages.length; round++)
    for (const [id, ports] of wires) if (ports.flat().some((to) => before.has(to))) before.add(id);
  return stages
    .filter(({ id, type }) => type === 'frame-select' && before.has(id))
    .flatMap(({ zones }) => readZones(String(zones ?? '')).zones.map(({ name }) => name));
}
