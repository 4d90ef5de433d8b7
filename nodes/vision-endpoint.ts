import type { NodeAPI, NodeDef } from 'node-red';
import { systemClock } from '../src/shared/clock';
import { ConfigError } from '../src/shared/errors';
import { isSameTarget } from '../src/shared/same-target';
import type { VisionClient } from '../src/vision/client';
import { Endpoint } from '../src/vision/endpoint';
import { Ledger } from '../src/vision/ledger';
import { localFetch } from '../src/vision/local-fetch';
import { OpenAiClient } from '../src/vision/openai-client';
import { shareOf } from '../src/vision/share';
import { shrink } from '../src/vision/shrink';
import { LocalSlots } from '../src/vision/slots';
import { StandIn } from '../src/vision/stand-in';
import { tryOut } from '../src/vision/try-out';
import { readEndpoint, type ServerSettings } from './lib/endpoint-settings';
import { guardedEndpoint } from './lib/guarded-endpoint';
import { openKeptState } from './lib/kept-state';
import type { VisionEndpointNode } from './lib/vision-link';

/** A stored secret is never sent to the editor: this stands for it in the dialog. */
const STORED = '__PWRD__';
/** Somebody waits for it, and a local server may have to load the model first. */
const TRY_TIMEOUT_MS = 120_000;

export = (RED: NodeAPI) => {
  function VisionEndpoint(this: VisionEndpointNode, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const {
      server,
      options: all,
      processes,
      fallback,
      problem,
    } = readEndpoint({
      ...config,
      ...(this.credentials as object),
    });
    this.problem = problem;
    this.endpoint = null;
    this.keyTarget = server.baseUrl;
    if (problem) return;
    const clock = systemClock;
    const options = shareOf(all, processes);
    const kept = openKeptState(RED, this, (error) => this.warn(error.message));
    const ledger = kept.scope.then((scope) => new Ledger(scope, clock.now()));
    const endpoint = new Endpoint(options, {
      client: clientFor(server),
      slots: new LocalSlots(options, clock),
      clock,
      random: Math.random,
      shrink,
      fallbacks: () => {
        const next = (RED.nodes.getNode(fallback) as VisionEndpointNode | null)?.endpoint;
        return next ? [next] : [];
      },
      spent: ledger.then((one) => one.spent(clock.now())),
      onBill: (bill) => void ledger.then((one) => one.add(bill, clock.now())),
    });
    this.endpoint = endpoint;
    this.on('close', (removed: boolean, done: () => void) => {
      endpoint.stop();
      kept.close(removed).then(done, done);
    });
  }
  RED.nodes.registerType<VisionEndpointNode, NodeDef, object, { apiKey?: string; redisUrl?: string }>(
    'vision-endpoint',
    VisionEndpoint,
    { credentials: { apiKey: { type: 'password' }, redisUrl: { type: 'password' } } },
  );

  guardedEndpoint(RED, {
    path: '/video-to-llm/vision-endpoint/test',
    permission: 'vision-endpoint.write',
    run: (body, signal) => testEndpoint(RED, body, signal),
  });
};

function clientFor({ baseUrl, apiKey, preset, standIn, localOnly }: ServerSettings): VisionClient {
  if (standIn) return new StandIn();
  const fetch = localOnly ? localFetch() : undefined;
  return new OpenAiClient({ baseUrl, apiKey, preset, clock: systemClock, fetch });
}

/** Tries the settings of an open dialog, deployed or not. */
async function testEndpoint(
  RED: NodeAPI,
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<object> {
  const typed = body.apiKey === STORED || body.apiKey === undefined ? '' : body.apiKey;
  const read = (apiKey: unknown) => readEndpoint({ ...body, apiKey });
  const deployed = RED.nodes.getNode(String(body.id ?? '')) as VisionEndpointNode | null;
  const stored = deployed?.type === 'vision-endpoint' ? (deployed.credentials?.apiKey ?? '') : '';
  const usesStored = body.apiKey === STORED && stored !== '';
  const { server, options, problem } = read(usesStored ? stored : typed);
  if (problem) throw problem;
  if (usesStored && !isSameTarget(deployed?.keyTarget ?? '', server.baseUrl)) {
    throw new ConfigError('CONFIG_INVALID', 'The stored key was entered for another server.', {
      advice:
        'Enter the key of this server: a key is only sent to the scheme, host and port it was stored for.',
    });
  }
  if (options.model === '') {
    throw new ConfigError('CONFIG_INVALID', 'No model is named.', {
      advice: 'Name a model that reads pictures.',
    });
  }
  const { model, timeoutMs } = options;
  const parts = { client: clientFor(server), clock: systemClock };
  return tryOut(parts, { model, timeoutMs: Math.min(timeoutMs, TRY_TIMEOUT_MS) }, signal);
}
