import type { ConfigError } from '../../src/shared/errors';
import { baseUrlProblem } from '../../src/vision/base-url';
import type { EndpointOptions } from '../../src/vision/job';
import { PRESETS, type Preset, presets } from '../../src/vision/presets';
import { type PriceTable, priceOf, readPrices, SHIPPED_PRICES } from '../../src/vision/prices';
import { Settings } from './settings';

/** Where a server is, and how it is asked. */
export interface ServerSettings {
  preset: Preset;
  standIn: boolean;
  baseUrl: string;
  apiKey: string;
  /** Only loopback and private addresses are connected to. */
  localOnly: boolean;
}

export interface EndpointSettings {
  server: ServerSettings;
  /** Limits are those of all processes together. */
  options: EndpointOptions & { minTimeMs: number };
  /** Node-RED processes that share the limits. */
  processes: number;
  /** Where they share them; '' for nowhere: each has its share. */
  redisUrl: string;
  /** Id of the endpoint to ask where this one cannot be; '' for none. */
  fallback: string;
  /** Log of all calls. `folder`: '' for none. `maxMb`: megabytes of a file, of which there are two. */
  audit: { folder: string; maxMb: number };
  problem: ConfigError | null;
}

/** Per million tokens: the dearest model of 2026 is far below. */
const PRICE = { min: 0, max: 1_000_000 };
const AMOUNT = { min: 0, max: 1_000_000_000 };
const PER_MINUTE = { min: 1, max: 1_000_000_000 };
const WHEN_SPENT = ['alerts', 'stop'] as const;

/** Reads the settings of a vision-endpoint. `raw`: its configuration and its credentials. */
export function readEndpoint(raw: object): EndpointSettings {
  const settings = new Settings(raw);
  const server = readServer(settings);
  const { standIn, preset } = server;
  const fallback = settings.text('fallback');
  const model = standIn ? 'stand-in' : settings.text('model');
  const budget = {
    perHour: settings.optionalNumber('budgetHour', AMOUNT),
    perDay: settings.optionalNumber('budgetDay', AMOUNT),
    whenSpent: settings.choice('whenSpent', WHEN_SPENT, 'alerts'),
  };
  const prices = readTables(settings, preset);
  const hasBudget = budget.perHour !== null || budget.perDay !== null;
  if (hasBudget && !standIn && model !== '' && !priceOf(prices, model))
    settings.problem(`a budget needs the prices of "${model.slice(0, 60)}", which are not known`);
  const maxAgeMs = 1000 * settings.number('maxAgeS', { default: 10, min: 0.1, max: 86_400 });
  const pinnedMs = 1000 * settings.number('maxAgePinnedS', { default: 60, min: 0.1, max: 86_400 });
  const options = {
    name: settings.text('name') || (standIn ? 'stand-in' : settings.choice('preset', PRESETS, 'openai')),
    model,
    standIn,
    maxConcurrent: settings.integer('maxConcurrent', { default: 4, min: 1, max: 1000 }),
    minTimeMs: settings.number('minTimeMs', { default: 0, min: 0, max: 3_600_000 }),
    timeoutMs: 1000 * settings.number('timeoutS', { default: 45, min: 1, max: 3600 }),
    maxAttempts: settings.integer('maxAttempts', { default: 3, min: 1, max: 10 }),
    maxAgeMs,
    // Whoever raised the one did not want the other to be lower.
    maxAgePinnedMs: Math.max(maxAgeMs, pinnedMs),
    rate: {
      requestsPerMinute: settings.optionalNumber('requestsPerMinute', PER_MINUTE),
      tokensPerMinute: settings.optionalNumber('tokensPerMinute', PER_MINUTE),
    },
    prices,
    budget,
    hasFallback: fallback !== '',
  };
  const processes = settings.integer('processes', { default: 1, min: 1, max: 1000 });
  const redisUrl = settings.text('redisUrl');
  if (redisUrl !== '' && !/^rediss?:\/\/[^\s]+$/.test(redisUrl))
    settings.problem('redisUrl must be an address such as redis://127.0.0.1:6379');
  const audit = {
    folder: settings.text('auditFolder'),
    maxMb: settings.integer('auditMaxMb', { default: 50, min: 1, max: 10_000 }),
  };
  return { server, options, processes, redisUrl, fallback, audit, problem: settings.error() };
}

function readServer(settings: Settings): ServerSettings {
  const name = settings.choice('preset', PRESETS, 'openai');
  const preset = presets[name];
  const standIn = name === 'standin';
  const baseUrl = settings.text('baseUrl', preset.baseUrl);
  const apiKey = settings.text('apiKey');
  const wrongUrl = standIn ? null : baseUrlProblem(baseUrl);
  if (wrongUrl) settings.problem(`baseUrl ${wrongUrl}`);
  if (/[^\x21-\x7e]/.test(apiKey))
    settings.problem(
      'apiKey has a character that is in no key, such as "…" or a space: copy all of it again',
    );
  if (preset.needsKey && apiKey === '') settings.problem('apiKey is empty');
  return { preset, standIn, baseUrl, apiKey, localOnly: settings.flag('localOnly', false) };
}

/** The first table that knows a model counts. */
function readTables(settings: Settings, preset: Preset): PriceTable[] {
  const input = settings.optionalNumber('priceInput', PRICE);
  const output = settings.optionalNumber('priceOutput', PRICE);
  const own = readPrices(settings.text('prices'));
  if (own.problem) settings.problem(`prices ${own.problem}`);
  const one: PriceTable[] =
    input === null && output === null ? [] : [new Map([['*', { input: input ?? 0, output: output ?? 0 }]])];
  // What runs on one's own machine bills nothing, whatever the name of the model.
  const shipped = preset.local ? [] : [readPrices(SHIPPED_PRICES).table];
  return [...one, own.table, ...shipped];
}
