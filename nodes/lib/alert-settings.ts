import { randomBytes } from 'node:crypto';
import type { NodeDef } from 'node-red';
import type { FloodOptions } from '../../src/alert/flood';
import { ALERT_FORMATS, type AlertFormat, type FormatOptions } from '../../src/alert/format';
import type { GateOptions } from '../../src/alert/gate-state';
import type { LaneOptions } from '../../src/alert/lane';
import { minuteOfDay, type QuietTimes, readQuietTimes } from '../../src/alert/quiet-times';
import { compileTemplate, isHtml, type Template } from '../../src/alert/template';
import { asError, type ConfigError } from '../../src/shared/errors';
import { isTimeZone } from '../../src/shared/time';
import { Settings } from './settings';

export interface AlertSettings {
  gate: GateOptions;
  lane: LaneOptions;
  flood: FloodOptions;
  format: FormatOptions;
  /** By the name of the channel; '' for the only one. */
  channels: Map<string, AlertFormat>;
  /** What is sent counts as delivered. */
  assume: boolean;
  /** What makes findings belong together; null for each rule by itself. */
  group: ((view: Record<string, string>) => string) | null;
  drawOn: boolean;
  problem: ConfigError | null;
}

/** Reads the settings of an alert-gate (docs/alert-gate.md, Settings). */
export function readAlertSettings(config: NodeDef): AlertSettings {
  const settings = new Settings(config);
  const seconds = { default: 0, min: 0, max: 7 * 86_400 };
  const timeZone = settings.text('timeZone');
  if (!isTimeZone(timeZone)) settings.problem(`timeZone is not known: "${timeZone.slice(0, 40)}"`);
  const gate: GateOptions = {
    severity: settings.choice('severity', ['info', 'warning', 'critical'], 'warning'),
    cooldownMs: settings.number('cooldownS', { ...seconds, default: 60 }) * 1000,
    minConfidence: settings.number('minConfidence', { default: 0, min: 0, max: 1 }),
    updateEveryMs: settings.number('updateEveryS', seconds) * 1000,
    unknown: settings.choice('unknown', ['ignore', 'tell', 'hold'], 'ignore'),
    unknownMs: settings.number('unknownS', { ...seconds, default: 300, min: 1 }) * 1000,
    quiet: settings.flag('quiet', false) ? readQuiet(settings) : null,
    quietExcept: null,
    timeZone,
    sendCleared: settings.flag('sendCleared', true),
    salt: randomBytes(4).toString('hex'),
  };
  const except = settings.choice('quietExcept', ['none', 'warning', 'critical'], 'none');
  if (except !== 'none') gate.quietExcept = except;
  const limit = { min: 0, max: 1000 };
  const flood: FloodOptions = {
    windowMs: settings.number('floodWindowS', { ...seconds, default: 600, min: 1 }) * 1000,
    perKey: settings.integer('floodPerKey', { ...limit, default: 5 }),
    inAll: settings.integer('floodInAll', { ...limit, default: 30 }),
  };
  const lane: LaneOptions = {
    confirmMs: settings.number('confirmS', { default: 30, min: 0.1, max: 3600 }) * 1000,
    giveUpMs: settings.number('giveUpH', { default: 24, min: 0.001, max: 720 }) * 3_600_000,
  };
  const format = settings.choice('format', ALERT_FORMATS, 'object');
  const channels = readChannels(settings, format);
  if ([...channels.values()].includes('telegram')) settings.required('chatId');
  return {
    gate,
    lane,
    flood,
    channels,
    format: {
      format,
      chatId: settings.text('chatId'),
      topicPrefix: settings.text('topicPrefix', 'video-to-llm/alerts'),
      retain: settings.flag('retain', false),
      timeZone,
      title: readTemplate(settings, 'titleTemplate'),
      text: readTemplate(settings, 'textTemplate'),
      html: isHtml(settings.text('textTemplate')),
    },
    assume: settings.choice('delivery', ['assume', 'confirm'], 'assume') === 'assume',
    group: readGroup(settings),
    drawOn: settings.flag('drawOn', true),
    problem: settings.error(),
  };
}

/** The daily times and the weekly ones together. */
function readQuiet(settings: Settings): QuietTimes | null {
  const weekly = settings.text('quietTimes');
  const parts = weekly === '' ? [] : [weekly];
  const [from, to] = [settings.text('quietFrom'), settings.text('quietTo')];
  if (weekly === '' || from !== '' || to !== '') {
    const [start, end] = [from || '22:00', to || '06:00'];
    const names = { quietFrom: start, quietTo: end };
    for (const [name, time] of Object.entries(names)) {
      if (minuteOfDay(time) === null) settings.problem(`${name} must be a time of day such as 22:00`);
    }
    if (minuteOfDay(start) === minuteOfDay(end)) settings.problem('quietFrom and quietTo are the same');
    else if (minuteOfDay(start) !== null && minuteOfDay(end) !== null) parts.push(`${start}-${end}`);
  }
  const { times, part } = readQuietTimes(parts.join(';'));
  if (!times && parts.length > 0)
    settings.problem(
      `quietTimes cannot be used: "${part.slice(0, 40)}"; write it as "mon-fri 18:00-07:00; sat, sun"`,
    );
  return times;
}

const MAX_CHANNELS = 8;

/** `mqtt, mail=email`: names, each with a format of its own where it needs one. */
function readChannels(settings: Settings, format: AlertFormat): Map<string, AlertFormat> {
  const text = settings.text('channels');
  if (text === '') return new Map([['', format]]);
  const channels = new Map<string, AlertFormat>();
  for (const part of text.split(',').map((one) => one.trim())) {
    const [name = '', own = format] = part.split('=').map((one) => one.trim());
    const found = ALERT_FORMATS.find((one) => one === own);
    if (!/^[\w -]{1,32}$/.test(name) || !found || channels.has(name)) {
      settings.problem(`channels cannot be used: "${part.slice(0, 40)}"; write it as "mqtt, mail=email"`);
    } else channels.set(name, found);
  }
  if (channels.size > MAX_CHANNELS) settings.problem(`channels are more than ${MAX_CHANNELS}`);
  return channels;
}

function readTemplate(settings: Settings, name: string): Template | null {
  const text = settings.text(name);
  if (text === '') return null;
  try {
    return compileTemplate(text);
  } catch (thrown) {
    settings.problem(`${name} cannot be read: ${asError(thrown).message}`);
    return null;
  }
}

function readGroup(settings: Settings): AlertSettings['group'] {
  const text = settings.text('group');
  if (text === '') return null;
  const fields = ['camera', 'cameraName', 'rule', 'subject'];
  const unknown = [...text.matchAll(/\{\{\s*(.*?)\s*\}\}/g)].find(([, name]) => !fields.includes(name ?? ''));
  if (unknown)
    settings.problem(`group names ${unknown[0].slice(0, 30)}, but knows only ${fields.join(', ')}`);
  return (view) => text.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => view[name] ?? '');
}
