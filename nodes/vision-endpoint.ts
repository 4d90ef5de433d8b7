import type { NodeAPI, NodeDef } from 'node-red';
import { systemClock } from '../src/shared/clock';
import { baseUrlProblem } from '../src/vision/base-url';
import { Endpoint } from '../src/vision/endpoint';
import { OpenAiClient } from '../src/vision/openai-client';
import { PRESETS, presets } from '../src/vision/presets';
import { bottleneckSlots } from '../src/vision/slots';
import { StandIn } from '../src/vision/stand-in';
import { Settings } from './lib/settings';
import type { VisionEndpointNode } from './lib/vision-link';

/** Per million tokens: the dearest model of 2026 is far below. */
const PRICE = { min: 0, max: 1_000_000 };

export = (RED: NodeAPI) => {
  function VisionEndpoint(this: VisionEndpointNode, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const settings = new Settings({ ...config, ...(this.credentials as object) });
    const presetName = settings.choice('preset', PRESETS, 'openai');
    const preset = presets[presetName];
    const standIn = presetName === 'standin';
    const baseUrl = settings.text('baseUrl', preset.baseUrl);
    const apiKey = settings.text('apiKey');
    const wrongUrl = standIn ? null : baseUrlProblem(baseUrl);
    if (wrongUrl) settings.problem(`baseUrl ${wrongUrl}`);
    if (/[^\x21-\x7e]/.test(apiKey))
      settings.problem(
        'apiKey has a character that is in no key, such as "…" or a space: copy all of it again',
      );
    if (preset.needsKey && apiKey === '') settings.problem('apiKey is empty');
    const options = {
      name: settings.text('name') || (standIn ? 'stand-in' : presetName),
      model: standIn ? 'stand-in' : settings.text('model'),
      standIn,
      maxConcurrent: settings.integer('maxConcurrent', { default: 4, min: 1, max: 1000 }),
      minTimeMs: settings.number('minTimeMs', { default: 0, min: 0, max: 3_600_000 }),
      timeoutMs: 1000 * settings.number('timeoutS', { default: 45, min: 1, max: 3600 }),
      maxAttempts: settings.integer('maxAttempts', { default: 3, min: 1, max: 10 }),
      maxAgeMs: 1000 * settings.number('maxAgeS', { default: 10, min: 0.1, max: 86_400 }),
      prices: {
        input: settings.optionalNumber('priceInput', PRICE),
        output: settings.optionalNumber('priceOutput', PRICE),
      },
    };
    this.problem = settings.error();
    this.endpoint = null;
    if (this.problem) return;
    const clock = systemClock;
    const endpoint = new Endpoint(options, {
      client: standIn ? new StandIn() : new OpenAiClient({ baseUrl, apiKey, preset, clock }),
      slots: bottleneckSlots(options),
      clock,
      random: Math.random,
    });
    this.endpoint = endpoint;
    this.on('close', () => endpoint.stop());
  }
  RED.nodes.registerType<VisionEndpointNode, NodeDef, object, { apiKey?: string }>(
    'vision-endpoint',
    VisionEndpoint,
    { credentials: { apiKey: { type: 'password' } } },
  );
};
