import type { Node, NodeAPI, NodeDef } from 'node-red';
import { type Clock, systemClock } from '../src/shared/clock';
import { KeyedRunner } from '../src/shared/decider';
import type { WindowInfo, WindowState } from '../src/shared/messages';
import type { JournalScope } from '../src/store/journal';
import { pictureId } from '../src/store/picture-store';
import { cameraStateOf } from '../src/window/camera-state';
import { keyTimeOf, type WindowEvent, windowDecider } from '../src/window/decider';
import { kept, restored, toldBefore } from '../src/window/kept';
import type { KeyState, WindowOutput } from '../src/window/key-state';
import { lastWords } from '../src/window/last-words';
import { type ObservationEvent, observationOf, type Subject } from '../src/window/observation';
import { runOf } from '../src/window/run';
import { bySubject, subjectsIn } from '../src/window/subject';
import { timelineOf } from '../src/window/timeline';
import { openKeptState, openPictures } from './lib/kept-state';
import { cameraNamed, cameraOf, commandOf, type FlowMessage, unknownCommand } from './lib/message';
import { NodeIo } from './lib/node-io';
import { StatusLine, shortName } from './lib/status';
import { allStarted } from './lib/when-started';
import { readWindowSettings } from './lib/window-settings';

const PORT = { windows: 0, probes: 1 };
const PORTS = 3;
const COMMANDS = ['reset'];

/** 200 cameras with 5 rules each. */
const MAX_KEYS = 1000;
/** Beyond them an idle key is forgotten first, and an alarm last. */
const WORTH = { idle: 0, pending: 1, firing: 2, blind: 2 };

export = (RED: NodeAPI) => {
  function TemporalWindow(this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const clock: Clock = systemClock;
    const io = new NodeIo(RED, this, PORTS);
    const status = new StatusLine(this, clock);
    const { kind, rule, run, probe, minConfidence, subject, evidence, emitAll, problem } =
      readWindowSettings(config);
    const tellStore = (error: Error) => io.tell(error, { _msgid: '' });
    const journal = openKeptState(RED, this, tellStore);
    const pictures = evidence ? openPictures(RED, tellStore) : null;

    /** What is kept of runs; null until it was read. */
    let scope: JournalScope | null = null;
    /** The message that is being decided about: its own state goes out with it. */
    let inHand: FlowMessage | null = null;
    const alarms = { firing: new Set<string>(), blind: new Set<string>() };
    let dropped = 0;
    const warned = new Set<string>();
    let closed = false;
    const warnOnce = (what: 'forgotten' | 'seldom', values: Record<string, string | number>) => {
      if (warned.has(what)) return;
      warned.add(what);
      this.warn(RED._(`temporal-window.warn.${what}`, values));
    };
    const runner = new KeyedRunner<KeyState<unknown> | undefined, WindowEvent, WindowOutput>({
      step: windowDecider(runOf(rule, run), { probe, updates: emitAll }),
      clock,
      maxKeys: MAX_KEYS,
      worth: (state) => WORTH[state?.told ?? 'idle'],
      onState: (key, state, now) => {
        const one = state ? kept(kind, state, now, clock.now()) : null;
        if (one) scope?.save(key, one);
        else scope?.remove(key);
      },
      onOutput,
      onForgotten: (key, state) => {
        const end = state ? lastWords(rule, state) : null;
        if (end) onWindow(key, end);
        forget(key);
        warnOnce('forgotten', { max: MAX_KEYS, key });
      },
    });

    // What was told before, and what silence has ended meanwhile: the nodes behind this one must be there to hear it.
    const ready = Promise.all([journal.scope, allStarted(RED, this)]).then(([own]) => {
      if (closed) return;
      scope = own;
      for (const [key, value] of own.load()) {
        const again = problem ? [] : toldBefore(kind, rule, value);
        for (const { info, subject } of again) sendWindow(aboutMessage(subject), info, subject);
        const back = problem ? null : restored<unknown>(kind, value, clock.now());
        if (back) runner.restore(key, back.state, back.at);
        // An end stays until something else is seen: the process may be killed again.
        else if (again.length === 0) own.remove(key);
      }
      for (const key of runner.keys()) noteAlarm(key, runner.peek(key)?.told ?? 'idle');
    });

    io.onInput(async (msg) => {
      if (problem) throw problem;
      if (!scope) await ready;
      if (closed) return;
      const command = commandOf(msg);
      const camera = msg.vision ? null : cameraStateOf(msg.camera);
      if (command !== null) {
        if (command !== 'reset') throw unknownCommand(command, COMMANDS);
        reset(cameraNamed(msg));
      } else if (camera) {
        for (const key of keysOf(camera.id)) runner.dispatch(key, camera.event);
      } else {
        inHand = msg;
        try {
          for (const event of eventsOf(msg)) {
            const { key } = event.subject;
            runner.dispatch(key, event, keyTimeOf(runner.peek(key), event));
            const state = runner.peek(key);
            // How far a run has come changes with each answer.
            if (state && state.told !== 'idle') showStatus(state.told, state.subject, state.run.heldMs);
          }
        } finally {
          inHand = null;
        }
      }
    });

    this.on('close', (removed: boolean, done: () => void) => {
      closed = true;
      runner.stop();
      status.close();
      Promise.all([journal.close(removed), pictures?.close()]).then(() => done(), done);
    });

    if (problem) status.set('red', 'ring', RED._('temporal-window.status.settings'));
    else status.set('grey', 'ring', RED._('temporal-window.status.idle'));

    function eventsOf(msg: FlowMessage): ObservationEvent[] {
      const { topic, payload, frame, vision, selection, picture } = msg;
      const answer = { camera: cameraOf(msg), topic, payload, frame, vision, selection };
      const event = observationOf(answer, minConfidence, clock.now());
      if (pictures && event.observation.verdict === rule.wants && Buffer.isBuffer(picture?.data)) {
        event.picture = pictureId(picture.data);
      }
      if (subject === '') return [event];
      const known = keysOf(event.subject.camera).flatMap((key) => {
        const state = runner.peek(key);
        const isOfRule = state?.subject.rule === event.subject.rule && state.subject.name !== '';
        return isOfRule ? [{ name: state.subject.name, isIdle: state.told === 'idle' }] : [];
      });
      return bySubject(event, subjectsIn(payload, subject), known, rule.wants);
    }

    function onOutput(key: string, output: WindowOutput): void {
      if (output.type === 'window') onWindow(key, output);
      else if (output.type === 'probe') {
        io.send(PORT.probes, { command: 'probe', ...aboutMessage(output.subject) });
      } else if (output.type === 'keep') {
        const data = inHand?.picture?.data;
        if (data) pictures?.opened.then((store) => store.put(output.picture, data));
      } else if (output.type === 'seldom') {
        warnOnce('seldom', {
          camera: output.subject.topic,
          seconds: Math.round(output.everyMs / 1000),
          half: run.gapMs / 2000,
        });
      } else if (output.type === 'dropped') dropped++;
      else forget(key);
      if (output.type === 'restart') runner.dispatch(key, output.event, output.event.observation.t);
    }

    function onWindow(key: string, output: WindowOutput & { type: 'window' }): void {
      const { subject: about, own } = output;
      noteAlarm(key, output.info.state);
      showStatus(output.info.state, about, output.info.heldMs);
      sendWindow(own && inHand ? messageInHand(inHand) : aboutMessage(about), output.info, about);
    }

    function sendWindow(msg: FlowMessage, told: WindowInfo, about: Subject): void {
      // Copies: what is told of a run goes on changing here.
      const info = structuredClone(told);
      if (info.verdicts) info.timeline = timelineOf(info.verdicts, about.profile?.timeZone ?? '');
      io.send(PORT.windows, Object.assign(msg, { window: info, payload: structuredClone(info) }));
    }

    /** One answer may be about several subjects: each gets a message of its own. */
    function messageInHand(msg: FlowMessage): FlowMessage {
      return subject === '' ? msg : (RED.util.cloneMessage(msg as never) as FlowMessage);
    }

    function noteAlarm(key: string, state: string): void {
      alarms.firing.delete(key);
      alarms.blind.delete(key);
      if (state === 'firing' || state === 'blind') alarms[state].add(key);
    }

    function showStatus(state: WindowState, about: Subject, heldMs: number): void {
      const [firing, blind] = [alarms.firing.size, alarms.blind.size];
      const fill = firing + blind > 0 ? 'yellow' : state === 'pending' ? 'blue' : 'grey';
      status.set(fill, firing > 0 ? 'dot' : 'ring', () => {
        const seconds = Math.round(heldMs / 1000);
        const values = { camera: shortName(about.topic), seconds, firing, blind, dropped };
        const line = [RED._(`temporal-window.status.${state}`, values)];
        if (blind > 0) line.unshift(RED._('temporal-window.status.countBlind', values));
        if (firing > 0) line.unshift(RED._('temporal-window.status.count', values));
        if (dropped > 0) line.push(RED._('temporal-window.status.dropped', values));
        return line.join(', ');
      });
    }

    /** Keys of a camera, named by id or name. */
    function keysOf(camera: string): string[] {
      return runner.keys().filter((key) => {
        const about = runner.peek(key)?.subject;
        return about?.camera === camera || about?.topic === camera;
      });
    }

    /** Drops what is known of a camera, or of all; tells nothing, as core nodes do. */
    function reset(camera: string | null): void {
      for (const key of camera === null ? runner.keys() : keysOf(camera)) forget(key);
      status.set('blue', 'ring', RED._('temporal-window.status.reset'));
    }

    function forget(key: string): void {
      noteAlarm(key, 'idle');
      runner.forget(key);
      scope?.remove(key);
    }
  }
  RED.nodes.registerType('temporal-window', TemporalWindow);
};

/** A message that no observation carries: only what is small. */
function aboutMessage({ topic, camera, profile }: Subject): FlowMessage {
  return { topic, frame: profile ? { camera, profile: { ...profile } } : { camera } } as FlowMessage;
}
