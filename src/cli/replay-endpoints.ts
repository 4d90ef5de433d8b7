import { type EndpointSettings, readEndpoint } from '../../nodes/lib/endpoint-settings';
import type { Cassette } from '../replay/cassette';
import type { FlowFile, FlowNode } from '../replay/flow-file';
import { ReplayError } from '../replay/replay-error';
import { TimedClient, type TimedClientOptions } from '../replay/timed-client';
import { VirtualSlots } from '../replay/virtual-slots';
import { type Clock, machineClock } from '../shared/clock';
import type { VisionClient } from '../vision/client';
import type { Prices } from '../vision/cost';
import { Endpoint } from '../vision/endpoint';
import { asRead } from '../vision/jpeg-client';
import { localFetch } from '../vision/local-fetch';
import { OpenAiClient } from '../vision/openai-client';
import { priceOf } from '../vision/prices';
import { SheetClient } from '../vision/sheet-client';
import { shrink } from '../vision/shrink';
import { StandIn } from '../vision/stand-in';

/** Who answers: the file of answers alone, the built-in stand-in, or what the flow names. */
export interface Models {
  cassette: Cassette | null;
  /** Pictures that the cassette does not know are asked about. */
  mayAsk: boolean;
  standIn: boolean;
  /** Of the flow's endpoints: an exported flow has no keys. */
  apiKey: string;
}

/** Stands where a key is needed and none is used. */
const NO_KEY = 'none';

/** The endpoints of a flow on a replay's clock, by the id of their node. */
export function endpointsOf(
  flow: FlowFile,
  models: Models,
  clock: Clock,
  { onCall, onReply }: Pick<TimedClientOptions, 'onCall' | 'onReply'>,
): Map<string, Endpoint> {
  const made = new Map<string, Endpoint>();
  for (const node of flow.values()) {
    if (node.type !== 'vision-endpoint') continue;
    const { server, options, problem, fallback } = settingsOf(node, models);
    if (problem) throw new ReplayError(`vision-endpoint "${node.name || node.id}": ${problem.message}`);
    const standIn = models.standIn || server.standIn;
    const client = new TimedClient({
      ...{
        clock,
        machine: machineClock,
        cassette: models.cassette,
        timeoutMs: options.timeoutMs,
        instant: standIn,
      },
      model: models.mayAsk ? clientFor(server, standIn) : null,
      ...{ onCall, onReply },
    });
    const endpoint = new Endpoint(options, {
      ...{ client, clock, shrink },
      slots: new VirtualSlots(options, clock),
      // The same in each replay.
      random: () => 0.5,
      fallbacks: () => {
        const next = made.get(fallback);
        return next ? [next] : [];
      },
    });
    made.set(node.id, endpoint);
  }
  return made;
}

/** The prices of the model that a vision-llm asks; null where they are not known. */
export function pricesOf(flow: FlowFile, asking: FlowNode): Prices | null {
  const node = flow.get(String(asking.endpoint));
  if (!node) return null;
  const { server, options } = readEndpoint({ apiKey: NO_KEY, ...node });
  const model = String(asking.model || options.model);
  return server.standIn ? null : priceOf(options.prices, model);
}

function settingsOf(node: FlowNode, { standIn, mayAsk, apiKey }: Models): EndpointSettings {
  const usesKey = mayAsk && !standIn;
  return readEndpoint({ ...node, apiKey: usesKey ? apiKey : NO_KEY });
}

function clientFor(server: EndpointSettings['server'], standIn: boolean): VisionClient {
  if (standIn) return new StandIn();
  const { baseUrl, apiKey, preset, localOnly } = server;
  const fetch = localOnly ? localFetch() : undefined;
  const client = new OpenAiClient({ baseUrl, apiKey, preset, clock: machineClock, fetch });
  return new SheetClient(asRead(client, preset));
}
