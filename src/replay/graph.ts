import { type FlowFile, type FlowNode, nodeLabel } from './flow-file';
import { ReplayError } from './replay-error';

/** Our nodes that a frame can come to. */
export const STAGES = [
  'frame-select',
  'image-encode',
  'vision-llm',
  'temporal-window',
  'alert-gate',
] as const;
export type StageType = (typeof STAGES)[number];

/** The part of a flow that is replayed. */
export interface Graph {
  /** The rtsp-in that the recording takes the place of. */
  source: FlowNode;
  /** Our nodes behind it, in the order in which they are reached. */
  stages: FlowNode[];
  /** For the source and each stage: ids of stages, by output. What is not ours ends there. */
  wires: ReadonlyMap<string, string[][]>;
}

/**
 * Finds what is behind an rtsp-in: chains, fan-out, link and junction nodes.
 *
 * @param from name or id of the rtsp-in, or of its camera; '' where there is only one
 * @throws ReplayError where there is none, or where a node that is not ours stands between two of ours
 */
export function graphOf(flow: FlowFile, from: string): Graph {
  const source = sourceOf(flow, from);
  const stages: FlowNode[] = [];
  const wires = new Map<string, string[][]>();
  const open = [source];
  for (let node = open.shift(); node; node = open.shift()) {
    if (wires.has(node.id)) continue;
    if (node !== source) stages.push(node);
    const origin = node;
    const ports = (node.wires ?? []).map((ids) => ids.flatMap((id) => targets(flow, origin, id)));
    wires.set(
      node.id,
      ports.map((found) => found.map(({ id }) => id)),
    );
    open.push(...ports.flat());
  }
  if (stages.length === 0) {
    throw new ReplayError(
      `Nothing of ours is behind ${nodeLabel(source)}: wire its first output to frame-select, or to image-encode.`,
    );
  }
  return { source, stages, wires };
}

function sourceOf(flow: FlowFile, from: string): FlowNode {
  const all = [...flow.values()].filter(({ type }) => type === 'rtsp-in');
  const namesOf = (node: FlowNode) => [node.id, node.name, flow.get(String(node.camera))?.name];
  const [found, ...others] = from === '' ? all : all.filter((node) => namesOf(node).includes(from));
  const known = all.map((node) => `"${namesOf(node).filter(Boolean).at(-1)}"`).join(', ');
  if (!found) {
    if (all.length > 0)
      throw new ReplayError(`--from: no rtsp-in is called "${from.slice(0, 60)}". There are: ${known}.`);
    throw new ReplayError('The flow has no rtsp-in that is enabled: a replay begins with one.');
  }
  if (others.length > 0)
    throw new ReplayError(`The flow has several rtsp-in nodes. Choose one with --from: ${known}.`);
  return found;
}

/** The stages that a wire leads to, through link and junction nodes. */
function targets(flow: FlowFile, origin: FlowNode, id: string, seen = new Set<string>()): FlowNode[] {
  const node = flow.get(id);
  if (!node || seen.has(id)) return [];
  seen.add(id);
  if (isStage(node)) return [node];
  const through = passedThrough(flow, node);
  if (through) return through.flatMap((next) => targets(flow, origin, next, seen));
  const behind = firstStageBehind(flow, node, origin);
  if (!behind) return [];
  throw new ReplayError(
    `${nodeLabel(node)} stands between ${nodeLabel(origin)} and ${nodeLabel(behind)}. A replay runs our nodes only: ` +
      'take it out of a copy of the flow, and wire around it.',
  );
}

/** Where a message goes on from a node that changes nothing; null for all others. */
function passedThrough(flow: FlowFile, node: FlowNode): string[] | null {
  if (node.type === 'link out') {
    if (node.mode === 'return') return null;
    return Array.isArray(node.links)
      ? node.links.filter((id) => flow.get(String(id))?.type === 'link in')
      : [];
  }
  return node.type === 'link in' || node.type === 'junction' ? (node.wires ?? []).flat() : null;
}

/**
 * One of our nodes that can be reached from a foreign one, whatever is in between. What comes back to an alert-gate
 * tells it how a delivery went, and is no alert.
 */
function firstStageBehind(flow: FlowFile, from: FlowNode, origin: FlowNode): FlowNode | null {
  const seen = new Set([from.id]);
  const open = [from];
  for (let node = open.shift(); node; node = open.shift()) {
    if (isStage(node)) {
      if (node !== origin || origin.type !== 'alert-gate') return node;
      continue;
    }
    const links = node.type === 'link out' || node.type === 'link call' ? asTexts(node.links) : [];
    for (const id of [...(node.wires ?? []).flat(), ...links]) {
      const next = flow.get(id);
      if (!next || seen.has(id)) continue;
      seen.add(id);
      open.push(next);
    }
  }
  return null;
}

function isStage({ type }: FlowNode): boolean {
  return STAGES.includes(type as StageType);
}

function asTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
