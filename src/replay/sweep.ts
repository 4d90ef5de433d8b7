import type { FlowFile, FlowNode } from './flow-file';
import { ReplayError } from './replay-error';

/** One setting of one kind of node, with the values to try. */
export interface Sweep {
  type: string;
  setting: string;
  values: number[];
}

const MAX_VALUES = 50;

/**
 * Reads `TYPE.SETTING=FROM:TO:COUNT`, such as `frame-select.threshold=5:40:8`: eight values from 5 to 40.
 *
 * @throws ReplayError where it is written otherwise
 */
export function readSweep(text: string): Sweep {
  const [, type, setting, from, to, count] =
    /^([a-z-]+)\.(\w+)=(-?[\d.]+):(-?[\d.]+):(\d+)$/.exec(text) ?? [];
  const [first, last, values] = [Number(from), Number(to), Number(count)];
  const isUsable = Number.isFinite(first) && Number.isFinite(last) && values >= 2 && values <= MAX_VALUES;
  if (type === undefined || setting === undefined || !isUsable) {
    throw new ReplayError(
      `--sweep: expected TYPE.SETTING=FROM:TO:COUNT with 2 to ${MAX_VALUES} values, such as ` +
        `frame-select.threshold=5:40:8, got "${text.slice(0, 60)}".`,
    );
  }
  const step = (last - first) / (values - 1);
  return { type, setting, values: Array.from({ length: values }, (_, index) => tidy(first + index * step)) };
}

/** The value that the flow itself has for the setting. @throws ReplayError where no node of it has the setting */
export function sweptValue({ type, setting }: Sweep, nodes: readonly FlowNode[]): number {
  const ofType = nodes.filter((node) => node.type === type);
  const [first] = ofType;
  if (!first) {
    const types = [...new Set(nodes.map((node) => node.type))].join(', ');
    throw new ReplayError(`--sweep: no ${type} takes part in the replay. There are: ${types}.`);
  }
  const value = Number(first[setting]);
  if (Object.hasOwn(first, setting) && first[setting] !== '' && Number.isFinite(value)) return value;
  throw new ReplayError(`--sweep: ${type} has no setting "${setting}" that is a number.`);
}

/** The flow with another value of the setting. */
export function withValue(flow: FlowFile, { type, setting }: Sweep, value: number): FlowFile {
  const set = (node: FlowNode) => (node.type === type ? { ...node, [setting]: String(value) } : node);
  return new Map([...flow].map(([id, node]) => [id, set(node)]));
}

function tidy(value: number): number {
  return Number(value.toPrecision(10));
}
