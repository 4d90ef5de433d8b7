import { NodeHost } from '../../nodes/lib/node-host';
import { hiddenEnvHint } from '../replay/flow-env';
import { nodeLabel } from '../replay/flow-file';
import { graphOf } from '../replay/graph';
import { ReplayError } from '../replay/replay-error';
import { Simulation } from '../replay/simulation';
import { VirtualClock } from '../replay/virtual-clock';
import { replaceSystemClock } from '../shared/clock';
import { asError, ConfigError } from '../shared/errors';
import { endpointsOf } from './replay-endpoints';
import { cameraOf, type ReplayRunOptions } from './replay-run';

/** What of a replay has to do with settings. */
type Checked = Pick<ReplayRunOptions, 'flow' | 'from' | 'path' | 'start' | 'models'>;

/**
 * Finds settings that cannot be used before a frame is decoded or a model is paid: a sweep may have one only in its
 * last value. The nodes are started, told to forget all, and stopped; nobody is asked anything.
 *
 * @throws ReplayError where a node cannot use its settings
 */
export async function checkSettings(checked: Checked): Promise<void> {
  try {
    await startOnce(checked);
  } catch (thrown) {
    const { message } = asError(thrown);
    const hint = hiddenEnvHint(checked.flow, message);
    throw hint === '' ? thrown : new ReplayError(message + hint);
  }
}

async function startOnce({ flow, from, path, start, models }: Checked): Promise<void> {
  const graph = graphOf(flow, from);
  cameraOf(flow, graph, path);
  const problems: ReplayError[] = [];
  // Only the source is wired: what one node says must not come to another.
  const wires = new Map([[graph.source.id, [graph.stages.map(({ id }) => id)]]]);
  const host = new NodeHost(wires, {
    onSend: () => {},
    onReceive: () => {},
    onError: (node, error) => {
      if (error instanceof ConfigError)
        problems.push(new ReplayError(`${nodeLabel(node)}: ${error.message}`));
    },
  });
  const clock = new VirtualClock(start);
  const endpoints = endpointsOf(flow, models, clock, { onCall: () => {}, onReply: () => {} });
  const restore = replaceSystemClock(clock);
  try {
    for (const [id, endpoint] of endpoints) host.provide(id, { endpoint, problem: null });
    host.start(graph.stages);
    // Each of our nodes takes this one, and first tells of settings that it cannot use.
    host.send(graph.source, 0, { _msgid: 'check', reset: true });
    await new Simulation(clock, host).settle();
  } finally {
    for (const endpoint of endpoints.values()) endpoint.stop();
    await host.stop();
    restore();
  }
  const [first] = problems;
  if (first) throw first;
}
