import type { FlowFile, FlowNode } from './flow-file';

/** A variable of a group, a tab or the whole flow, as the editor keeps it. */
interface EnvEntry {
  name: string;
  value: unknown;
  type: string;
}

/** The environment of the process. */
type ProcessEnv = Record<string, string | undefined>;

/** Kinds of variables whose value is in the file as it is; what is worked out at run time, or kept apart, is not. */
const KNOWN_TYPES = ['str', 'num', 'bool', 'env'];

/**
 * What `${NAME}` is in the settings of a node, as Node-RED looks for it: in the node's groups, in its tab, in the
 * global environment variables of the flow, in the environment of the process. A variable whose value is not in the
 * file, such as a credential, is looked for in the last of them only.
 *
 * @returns undefined where it is not set
 */
export function envValue(flow: FlowFile, node: FlowNode, name: string, env: ProcessEnv): unknown {
  return lookUp(name, scopesOf(flow, node), env, []);
}

/** What is to be said where a text names a variable that is set in the flow, but has no value in the file; else ''. */
export function hiddenEnvHint(flow: FlowFile, text: string): string {
  for (const node of flow.values()) {
    for (const { name, type } of entriesOf(node)) {
      if (KNOWN_TYPES.includes(type) || !text.includes(`\${${name}}`)) continue;
      const what = type === 'cred' ? 'a credential' : `of the type ${type}`;
      return ` ${name} is ${what} in the flow, and a replay cannot know its value: set it in the environment for the replay.`;
    }
  }
  return '';
}

/** The variables around a node, the nearest first. */
function scopesOf(flow: FlowFile, node: FlowNode): EnvEntry[][] {
  const around: FlowNode[] = [];
  let group = flow.get(String(node.g));
  while (group && !around.includes(group)) {
    around.push(group);
    group = flow.get(String(group.g));
  }
  const tab = flow.get(node.z ?? '');
  const whole = [...flow.values()].find(({ type }) => type === 'global-config');
  return [...around, tab, whole].flatMap((one) => (one ? [entriesOf(one)] : []));
}

/** @param open variables that are being worked out: one that refers to itself means that of the next scope */
function lookUp(name: string, scopes: EnvEntry[][], env: ProcessEnv, open: string[]): unknown {
  const [scope, ...outer] = scopes;
  if (!scope) return env[name];
  const entry = scope.findLast((one) => one.name === name);
  if (!entry) return lookUp(name, outer, env, open);
  const { type, value } = entry;
  if (type === 'num') return Number(value);
  if (type === 'bool') return value === true || value === 'true';
  if (type === 'str') return String(value);
  if (type !== 'env') return env[name];
  const now = [...open, name];
  const other = (text: string) => lookUp(text, now.includes(text) ? outer : scopes, env, now) ?? '';
  return referred(String(value), other);
}

/** Of a variable that is made of others: `NAME`, `${NAME}`, or text with `${NAME}` in it. */
function referred(text: string, other: (name: string) => unknown): unknown {
  const [, alone] = /^\$\{([^}]+)\}$/.exec(text) ?? [];
  if (alone !== undefined) return other(alone);
  if (!/\$\{[^}]+\}/.test(text)) return other(text);
  return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => String(other(name)));
}

function entriesOf({ type, env }: FlowNode): EnvEntry[] {
  if (!['group', 'tab', 'subflow', 'global-config'].includes(type) || !Array.isArray(env)) return [];
  return env.filter((one) => typeof one?.name === 'string' && typeof one.type === 'string');
}
