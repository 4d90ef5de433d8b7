import { randomBytes } from 'node:crypto';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { type Finding, type GateEvent, gateEventOf } from '../src/alert/finding';
import { ALERT_FORMATS, type FormatOptions, formatAlert } from '../src/alert/format';
import { alertGate, type GateOptions, type GateOutput, type GateState } from '../src/alert/gate';
import { minuteOfDay, type QuietHours } from '../src/alert/quiet-hours';
import { type Clock, systemClock } from '../src/shared/clock';
import { KeyedRunner } from '../src/shared/decider';
import { isoTime, isTimeZone } from '../src/shared/time';
import { cameraNamed, commandOf, type FlowMessage, unknownCommand } from './lib/message';
import { NodeIo } from './lib/node-io';
import { Settings } from './lib/settings';
import { StatusLine, shortName } from './lib/status';

const PORT = { alerts: 0, held: 1 };
const PORTS = 3;
const COMMANDS = ['reset'];

/** 200 cameras with 5 rules each. */
const MAX_KEYS = 1000;

export = (RED: NodeAPI) => {
  function AlertGate(this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const clock: Clock = systemClock;
    const io = new NodeIo(RED, this, PORTS);
    const status = new StatusLine(this, clock);
    const { gate, format, problem } = readSettings(config);

    /** The message that is being decided about: what is decided goes out with it. */
    let inHand: FlowMessage | null = null;
    /** Keys with an alert that was raised and not cleared, in that order, and the name of their camera. */
    const active = new Map<string, string>();
    let heldBack = 0;
    let warned = false;
    const runner = new KeyedRunner<GateState, GateEvent, GateOutput>({
      step: alertGate(gate),
      clock,
      maxKeys: MAX_KEYS,
      onOutput,
      onForgotten: (key) => {
        active.delete(key);
        if (!warned) this.warn(RED._('alert-gate.warn.forgotten', { max: MAX_KEYS, key }));
        warned = true;
      },
    });

    io.onInput((msg) => {
      if (problem) throw problem;
      const command = commandOf(msg);
      if (command !== null) {
        if (command !== 'reset') throw unknownCommand(command, COMMANDS);
        reset(cameraNamed(msg));
        return;
      }
      const { topic, payload, frame, vision, window } = msg;
      const report = { camera: cameraNamed(msg), topic, payload, frame, vision, window };
      const event = gateEventOf(report, clock.now());
      if (!event) return; // Pending, idle, unknown: nothing that anybody waits for.
      inHand = msg;
      try {
        // Cooldown and quiet hours are people's: on the real clock, not on the time of the frames.
        runner.dispatch(event.finding.key, event, clock.now());
      } finally {
        inHand = null;
      }
    });

    this.on('close', () => {
      runner.stop();
      status.close();
    });

    if (problem) status.set('red', 'ring', RED._('alert-gate.status.settings'));
    else showStatus();

    function onOutput(key: string, output: GateOutput): void {
      if (output.type === 'alert') onAlert(key, output);
      else if (output.type === 'held') onHeld(output);
      else if (output.type === 'forget') runner.forget(key);
      // Also where its end is not sent: then no output tells of it.
      if (!runner.peek(key)?.alert) active.delete(key);
      showStatus();
    }

    function onAlert(key: string, { alert, finding, own }: GateOutput & { type: 'alert' }): void {
      active.delete(key);
      if (alert.state !== 'cleared') active.set(key, finding.cameraName);
      const msg = own && inHand ? inHand : aboutMessage(finding);
      io.send(PORT.alerts, Object.assign(msg, formatAlert(alert, finding, msg.picture, format), { alert }));
    }

    function onHeld({ reason, until, about }: GateOutput & { type: 'held' }): void {
      heldBack++;
      if (!inHand) return;
      const { key, camera, cameraName, rule, confidence } = about.finding;
      delete inHand.alert;
      inHand.payload = {
        reason,
        key,
        camera,
        cameraName,
        rule,
        state: about.type === 'firing' ? 'firing' : 'resolved',
        confidence,
        until: until === null ? null : isoTime(until),
      };
      io.send(PORT.held, inHand);
    }

    function showStatus(): void {
      const newest = [...active.values()].at(-1) ?? '';
      const values = { active: active.size, held: heldBack, camera: shortName(newest) };
      const line = [RED._(`alert-gate.status.${active.size > 0 ? 'active' : 'none'}`, values)];
      if (heldBack > 0) line.push(RED._('alert-gate.status.held', values));
      status.set(active.size > 0 ? 'yellow' : 'grey', active.size > 0 ? 'dot' : 'ring', line.join(', '));
    }

    /** Drops what is known of a camera, named by id or name, or of all; tells nothing, as core nodes do. */
    function reset(camera: string | null): void {
      for (const key of runner.keys()) {
        const finding = runner.peek(key)?.last;
        if (camera !== null && finding?.camera !== camera && finding?.cameraName !== camera) continue;
        active.delete(key);
        runner.forget(key);
      }
      showStatus();
    }
  }
  RED.nodes.registerType('alert-gate', AlertGate);
};

function readSettings(config: NodeDef) {
  const settings = new Settings(config);
  const seconds = { default: 0, min: 0, max: 7 * 86_400 };
  const timeZone = settings.text('timeZone');
  if (!isTimeZone(timeZone)) settings.problem(`timeZone is not known: "${timeZone.slice(0, 40)}"`);
  const gate: GateOptions = {
    severity: settings.choice('severity', ['info', 'warning', 'critical'], 'warning'),
    cooldownMs: settings.number('cooldownS', { ...seconds, default: 60 }) * 1000,
    minConfidence: settings.number('minConfidence', { default: 0, min: 0, max: 1 }),
    updateEveryMs: settings.number('updateEveryS', seconds) * 1000,
    quiet: settings.flag('quiet', false) ? readQuietHours(settings) : null,
    timeZone,
    sendCleared: settings.flag('sendCleared', true),
    salt: randomBytes(4).toString('hex'),
  };
  const format: FormatOptions = {
    format: settings.choice('format', ALERT_FORMATS, 'object'),
    chatId: settings.text('chatId'),
    topicPrefix: settings.text('topicPrefix', 'video-to-llm/alerts'),
    retain: settings.flag('retain', false),
    timeZone,
  };
  if (format.format === 'telegram') settings.required('chatId');
  return { gate, format, problem: settings.error() };
}

function readQuietHours(settings: Settings): QuietHours {
  const read = (name: string, fallback: string) => {
    const minute = minuteOfDay(settings.text(name, fallback));
    if (minute === null) settings.problem(`${name} must be a time of day such as ${fallback}`);
    return minute ?? 0;
  };
  const hours = { fromMinute: read('quietFrom', '22:00'), toMinute: read('quietTo', '06:00') };
  if (hours.fromMinute === hours.toMinute) settings.problem('quietFrom and quietTo are the same');
  return hours;
}

/** A message that no window's message carries: only what is small. */
function aboutMessage({ camera }: Finding): FlowMessage {
  return { frame: { camera } } as FlowMessage;
}
