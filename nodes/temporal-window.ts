import type { Node, NodeAPI, NodeDef } from 'node-red';
import { type Clock, systemClock } from '../src/shared/clock';
import { KeyedRunner } from '../src/shared/decider';
import { type CountRun, countRule } from '../src/window/count';
import { type KeyState, type WindowOutput, windowDecider } from '../src/window/decider';
import { type HeldRun, heldRule } from '../src/window/held';
import { type ObservationEvent, observationOf, type Subject } from '../src/window/observation';
import type { RunRule } from '../src/window/run-rule';
import { cameraNamed, cameraOf, commandOf, type FlowMessage, unknownCommand } from './lib/message';
import { NodeIo } from './lib/node-io';
import { Settings } from './lib/settings';
import { StatusLine, shortName } from './lib/status';

const PORT = { windows: 0, probes: 1 };
const PORTS = 3;
const COMMANDS = ['reset'];

/** 200 cameras with 5 rules each. */
const MAX_KEYS = 1000;

export = (RED: NodeAPI) => {
  function TemporalWindow(this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const clock: Clock = systemClock;
    const io = new NodeIo(RED, this, PORTS);
    const status = new StatusLine(this, clock);
    const { rule, gapMs, probe, minConfidence, emitAll, problem } = readSettings(config);

    /** The message that is being decided about: its own state goes out with it. */
    let inHand: FlowMessage | null = null;
    const firing = new Set<string>();
    let dropped = 0;
    let warned = false;
    const runner = new KeyedRunner<KeyState<HeldRun | CountRun> | undefined, ObservationEvent, WindowOutput>({
      step: windowDecider(rule, { probe, gapMs }),
      clock,
      maxKeys: MAX_KEYS,
      onOutput,
      onForgotten: (key) => {
        firing.delete(key);
        if (!warned) this.warn(RED._('temporal-window.warn.forgotten', { max: MAX_KEYS, key }));
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
      const { topic, payload, frame, vision } = msg;
      const answer = { camera: cameraOf(msg), topic, payload, frame, vision };
      const event = observationOf(answer, minConfidence, clock.now());
      inHand = msg;
      try {
        runner.dispatch(event.subject.key, event, event.observation.t);
      } finally {
        inHand = null;
      }
    });

    this.on('close', () => {
      runner.stop();
      status.close();
    });

    if (problem) status.set('red', 'ring', RED._('temporal-window.status.settings'));
    else status.set('grey', 'ring', RED._('temporal-window.status.idle'));

    function onOutput(key: string, output: WindowOutput): void {
      if (output.type === 'window') onWindow(key, output);
      else if (output.type === 'probe') {
        io.send(PORT.probes, { command: 'probe', ...aboutMessage(output.subject) });
      } else if (output.type === 'dropped') dropped++;
      else forget(key);
      if (output.type === 'restart') runner.dispatch(key, output.event, output.event.observation.t);
    }

    function onWindow(key: string, output: WindowOutput & { type: 'window' }): void {
      const { info, subject, changed, own } = output;
      if (info.state === 'firing') firing.add(key);
      else firing.delete(key);
      showStatus(output);
      if (!changed && !emitAll) return;
      const msg = own && inHand ? inHand : aboutMessage(subject);
      io.send(PORT.windows, Object.assign(msg, { window: info, payload: structuredClone(info) }));
    }

    function showStatus({ info, subject }: WindowOutput & { type: 'window' }): void {
      const values = {
        camera: shortName(subject.topic),
        seconds: Math.round(info.heldMs / 1000),
        firing: firing.size,
        dropped,
      };
      const line = [RED._(`temporal-window.status.${info.state}`, values)];
      if (firing.size > 0) line.unshift(RED._('temporal-window.status.count', values));
      if (dropped > 0) line.push(RED._('temporal-window.status.dropped', values));
      const fill = firing.size > 0 ? 'yellow' : info.state === 'pending' ? 'blue' : 'grey';
      status.set(fill, firing.size > 0 ? 'dot' : 'ring', line.join(', '));
    }

    /** Drops what is known of a camera, named by id or name, or of all; tells nothing, as core nodes do. */
    function reset(camera: string | null): void {
      for (const key of runner.keys()) {
        const subject = runner.peek(key)?.subject;
        if (camera === null || subject?.camera === camera || subject?.topic === camera) forget(key);
      }
      status.set('blue', 'ring', RED._('temporal-window.status.reset'));
    }

    function forget(key: string): void {
      firing.delete(key);
      runner.forget(key);
    }
  }
  RED.nodes.registerType('temporal-window', TemporalWindow);
};

function readSettings(config: NodeDef) {
  const settings = new Settings(config);
  const ms = (name: string, rule: { default: number; min: number; max: number }) =>
    settings.number(name, rule) * 1000;
  const DAY_S = 86_400;
  const kind = settings.choice('rule', ['held', 'count'], 'held');
  const holdMs = ms('holdS', { default: 60, min: 0, max: 7 * DAY_S });
  const gapMs = ms('gapS', { default: 30, min: 1, max: DAY_S });
  const noEnds = settings.integer('noEnds', { default: 2, min: 1, max: 100 });
  const countN = settings.integer('countN', { default: 3, min: 1, max: 100 });
  const windowMs = ms('countWindowS', { default: 60, min: 1, max: 7 * DAY_S });
  const held = () => heldRule({ holdMs, gapMs, noEnds });
  const count = () => countRule({ countN, windowMs, noEnds, gapMs });
  return {
    // Which of the two is chosen once: a key's record is never given to the other.
    rule: (kind === 'held' ? held() : count()) as RunRule<HeldRun | CountRun>,
    gapMs,
    minConfidence: settings.number('minConfidence', { default: 0, min: 0, max: 1 }),
    probe: settings.flag('probe', true),
    emitAll: settings.choice('emit', ['changes', 'all'], 'changes') === 'all',
    problem: settings.error(),
  };
}

/** A message that no observation carries: only what is small. */
function aboutMessage({ topic, camera, profile }: Subject): FlowMessage {
  return { topic, frame: profile ? { camera, profile: { ...profile } } : { camera } } as FlowMessage;
}
