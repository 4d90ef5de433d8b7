import { createHash } from 'node:crypto';
import type { NodeAPI, NodeDef } from 'node-red';
import { systemClock } from '../src/shared/clock';
import { ConfigError } from '../src/shared/errors';
import { isSameTarget } from '../src/shared/same-target';
import type { VisionClient } from '../src/vision/client';
import { Endpoint } from '../src/vision/endpoint';
import { asRead } from '../src/vision/jpeg-client';
import { Ledger } from '../src/vision/ledger';
import { localFetch } from '../src/vision/local-fetch';
import { OpenAiClient } from '../src/vision/openai-client';
import { shareOf } from '../src/vision/share';
import { SharedSlots } from '../src/vision/shared-slots';
import { SheetClient } from '../src/vision/sheet-client';
import { shrink } from '../src/vision/shrink';
import { LocalSlots, type Slots } from '../src/vision/slots';
import { StandIn } from '../src/vision/stand-in';
import { tryOut } from '../src/vision/try-out';
import { audited } from './lib/audit';
import { type EndpointSettings, readEndpoint, type ServerSettings } from './lib/endpoint-settings';
import { withEnvValues } from './lib/env-values';
import { expectDemand } from './lib/expected-demand';
import { guardedEndpoint } from './lib/guarded-endpoint';
import { openKeptState } from './lib/kept-state';
import { connectRedis } from './lib/redis';
import type { VisionEndpointNode } from './lib/vision-link';

/** A stored secret is never sent to the editor: this stands for it in the dialog. */
const STORED = '__PWRD__';
/** Somebody waits for it, and a local server may have to load the model first. */
const TRY_TIMEOUT_MS = 120_000;
/** After its deadline a call has ended. */
const SETTLE_MARGIN_MS = 2_000;
const REDIS_AWAY =
  'Redis is away or was emptied: until calls under way have ended, each process has its own share of the limits.';
const redisUnusable = (reason: string) =>
  `Redis cannot be used so far (${reason}): until it can, each process has its own share of the limits. ` +
  'Check the address, the user and the password, and that Redis runs and may be written to.';

export = (RED: NodeAPI) => {
  function VisionEndpoint(this: VisionEndpointNode, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const settings = readEndpoint({ ...config, ...(this.credentials as object) });
    const { server, options: all, processes, fallback } = settings;
    this.problem = settings.problem;
    this.endpoint = null;
    this.keyTarget = server.baseUrl;
    if (this.problem) return;
    let slots: Slots;
    const capacity = new Capacity();
    try {
      slots = slotsFor(settings, capacity, (text) => this.warn(text));
    } catch (error) {
      this.problem = error as ConfigError;
      return;
    }
    const clock = systemClock;
    const { client, stop: stopLog } = audited(RED, this, clientFor(server), settings, (error) =>
      this.warn(`${error.message} ${error.cause.advice}`),
    );
    const kept = openKeptState(RED, this, (error) => this.warn(error.message));
    const ledger = kept.scope.then((scope) => new Ledger(scope, clock.now()));
    const endpoint = new Endpoint(shareOf(all, processes), {
      // What is sent is what is logged, so sheets are made before.
      client: server.standIn ? client : new SheetClient(asRead(client, server.preset)),
      ...{ slots, clock, random: Math.random, shrink },
      fallbacks: () => {
        const next = (RED.nodes.getNode(fallback) as VisionEndpointNode | null)?.endpoint;
        return next ? [next] : [];
      },
      spent: ledger.then((one) => one.spent(clock.now())),
      onDemand: (warning) => this.warn(warning),
      onBill: (bill) => {
        noteLatency();
        void ledger.then((one) => one.add(bill, clock.now()));
      },
    });
    const noteLatency = expectDemand(RED, this, endpoint, kept, `${server.baseUrl} ${all.model}`);
    capacity.tell = (count) => endpoint.setCapacity(count);
    this.endpoint = endpoint;
    this.on('close', (removed: boolean, done: () => void) => {
      // What the close ends may be billed all the same, so it must be in the ledger before that is closed.
      const billed = endpoint.stop().then(() => ledger);
      Promise.all([billed.finally(() => kept.close(removed)), stopLog()]).then(() => done(), done);
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

/** The slots come before the endpoint that wants to hear of them. */
class Capacity {
  tell: (slots: number) => void = () => {};
}

/** @throws ConfigError where Redis is to be used and cannot be */
function slotsFor(
  { server, options, processes, redisUrl }: EndpointSettings,
  capacity: Capacity,
  warn: (text: string) => void,
): Slots {
  const share = shareOf(options, processes);
  if (redisUrl === '') return new LocalSlots(share, systemClock);
  const { maxConcurrent, minTimeMs } = options;
  // Who has the same server, key and limits shares them.
  const what = [server.baseUrl, server.apiKey, maxConcurrent, minTimeMs].join('\n');
  const id = `video-to-llm-${createHash('sha256').update(what).digest('hex').slice(0, 24)}`;
  let wasShared = false;
  return new SharedSlots(
    { all: options, share, id, settleMs: options.timeoutMs + SETTLE_MARGIN_MS },
    {
      redis: connectRedis(redisUrl),
      clock: systemClock,
      onCapacity: (slots) => capacity.tell(slots),
      onShared: (isShared) => {
        if (wasShared && !isShared) warn(REDIS_AWAY);
        wasShared = isShared;
      },
      onUnshared: (reason) => warn(redisUnusable(reason)),
    },
  );
}

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
  const node = RED.nodes.getNode(String(body.id ?? '')) as VisionEndpointNode | null;
  const deployed = node?.type === 'vision-endpoint' ? node : null;
  const typed = withEnvValues(RED, { ...body, apiKey: body.apiKey ?? '' }, deployed);
  const stored = deployed?.credentials?.apiKey ?? '';
  const usesStored = body.apiKey === STORED && stored !== '';
  const ownKey = body.apiKey === STORED ? '' : typed.apiKey;
  const { server, options, problem } = readEndpoint({ ...typed, apiKey: usesStored ? stored : ownKey });
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
