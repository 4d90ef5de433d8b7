import { SELECT_DEFAULTS } from '../select/defaults';
import type { ExpectedDemand } from './demand';

/** A node of a flow, with its settings as they are kept. */
export interface ConfiguredNode {
  id: string;
  type: string;
  /** Disabled. */
  d?: boolean;
  wires?: string[][];
  [setting: string]: unknown;
}

/** Pictures a minute of one camera at a place of the flow; null where the settings do not tell. */
type Rate = number | null;

/** Nodes on a way: more would be a circle. */
const MAX_STEPS = 200;

/**
 * What a flow asks of an endpoint at least, by its settings: cameras, and how often each is asked about while nothing
 * moves. null where that is not known for any camera: cameras of a list, and frames that come as the camera sends them,
 * are counted when they come.
 *
 * @param nodes all nodes of the flows
 * @param endpoint id of the endpoint
 */
export function flowDemand(nodes: readonly ConfiguredNode[], endpoint: string): ExpectedDemand | null {
  const byId = new Map(nodes.filter(({ d }) => d !== true).map((node) => [node.id, node]));
  const cameras = new Set<string>();
  let perMinute = 0;
  for (const source of byId.values()) {
    if (source.type !== 'rtsp-in' || (source.cameras ?? 'one') !== 'one') continue;
    const rates = askedBehind(byId, source, endpoint);
    if (rates.length === 0) continue;
    cameras.add(String(source.camera ?? source.id));
    for (const rate of rates) perMinute += rate;
  }
  return cameras.size > 0 && perMinute > 0 ? { cameras: cameras.size, perMinute } : null;
}

/** How often the vision-llm nodes behind a camera ask the endpoint, of each of which that is known. */
function askedBehind(
  byId: ReadonlyMap<string, ConfiguredNode>,
  source: ConfiguredNode,
  endpoint: string,
): number[] {
  const found: number[] = [];
  const seen = new Set<string>();
  const open: { node: ConfiguredNode; rate: Rate }[] = [
    { node: source, rate: cameraRate(byId.get(String(source.camera))) },
  ];
  for (let one = open.shift(); one && seen.size < MAX_STEPS; one = open.shift()) {
    const { node, rate } = one;
    if (seen.has(node.id)) continue;
    seen.add(node.id);
    if (node.type === 'vision-llm') {
      if (node.endpoint === endpoint && rate !== null) found.push(rate);
      continue;
    }
    const next = rateBehind(node, rate);
    if (next === 'unknown') continue;
    for (const id of targetsOf(node)) {
      const target = byId.get(id);
      if (target) open.push({ node: target, rate: next });
    }
  }
  return found;
}

/** Only the first output of a stage of ours carries pictures. */
function targetsOf(node: ConfiguredNode): string[] {
  if (node.type === 'link out') return Array.isArray(node.links) ? node.links.map(String) : [];
  return node.wires?.[0] ?? [];
}

/** `unknown`: a node that may hold messages back, or make more of them. */
function rateBehind(node: ConfiguredNode, rate: Rate): Rate | 'unknown' {
  switch (node.type) {
    case 'rtsp-in':
    case 'link out':
    case 'link in':
    case 'junction':
      return rate;
    case 'frame-select':
      return selectedRate(node, rate);
    case 'image-encode': {
      const together = positive(node.sheetFrames) ?? 1;
      return rate === null ? null : rate / Math.max(1, together);
    }
    default:
      return 'unknown';
  }
}

/** A camera that is polled, or of which all frames are decoded, sends as set; keyframes come as they come. */
function cameraRate(camera: ConfiguredNode | undefined): Rate {
  if (camera?.kind === 'snapshot') {
    const everyS = positive(camera.everyS);
    return everyS === null ? null : 60 / everyS;
  }
  const fps = positive(camera?.fps);
  return camera?.mode === 'all' && fps !== null ? fps * 60 : null;
}

/** What frame-select passes on while nothing moves: intervals and heartbeats. */
function selectedRate(node: ConfiguredNode, rate: Rate): Rate {
  const { mode, intervalS, heartbeatS } = { ...SELECT_DEFAULTS, ...node } as Record<string, unknown>;
  const times = mode === 'motion' ? [heartbeatS] : [intervalS, heartbeatS];
  const seconds = times.map(positive).filter((one) => one !== null);
  if (seconds.length === 0) return 0;
  // A heartbeat comes only where nothing was sent for so long, so the shorter one counts.
  const selected = 60 / Math.min(...seconds);
  return rate === null ? selected : Math.min(rate, selected);
}

/** null for an environment variable, and for 0. */
function positive(value: unknown): number | null {
  const number = Number(value === '' || value === null || value === undefined ? Number.NaN : value);
  return number > 0 && Number.isFinite(number) ? number : null;
}
