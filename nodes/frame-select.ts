import type { Node, NodeAPI, NodeDef } from 'node-red';
import { SelectCounts } from '../src/select/counts';
import { SELECT_DEFAULTS } from '../src/select/defaults';
import { FrameSelect, type SelectOutcome } from '../src/select/frame-select';
import { perMinuteOf } from '../src/select/rate';
import type { DecideOptions } from '../src/select/select-state';
import { readZones } from '../src/select/zones';
import { systemClock } from '../src/shared/clock';
import type { SceneHealth } from '../src/shared/messages';
import { cameraNamed, cameraOf, commandOf, type FlowMessage, unknownCommand } from './lib/message';
import { NodeIo } from './lib/node-io';
import { Settings } from './lib/settings';
import { StatusLine } from './lib/status';

/** A message on its way to a decision. */
interface Ticket {
  msg: FlowMessage;
  done(): void;
  fail(error: Error): void;
}

const SELECTED = 0;
const SKIPPED = 1;
const COMMANDS = ['probe', 'reset'];

/** Closing waits this long for pictures that are being measured: Node-RED itself gives up after 15 seconds. */
const STOP_MS = 5000;

export = (RED: NodeAPI) => {
  function FrameSelectNode(this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const io = new NodeIo(RED, this, 3);
    const status = new StatusLine(this, systemClock);
    const { decide, zones, sendSkipped, error } = readSettings(config);
    const counts = new SelectCounts();
    if (error) status.set('red', 'ring', RED._('frame-select.status.settings'));
    else status.set('grey', 'ring', RED._('frame-select.status.waiting'));

    const select = new FrameSelect<Ticket>({ decide, zones, clock: systemClock, onOutcome, onHealth });

    io.onInput((msg) => {
      if (error) throw error;
      const command = commandOf(msg);
      if (command === 'probe') return select.probe(cameraOf(msg));
      if (command === 'reset') return reset(cameraNamed(msg));
      if (command !== null) throw unknownCommand(command, COMMANDS);
      if (Object.hasOwn(msg, 'rate')) {
        select.limit(cameraNamed(msg), perMinuteOf(msg.rate));
        if (!Buffer.isBuffer(msg.payload)) return;
      }
      const camera = cameraOf(msg);
      return new Promise<void>((done, fail) => {
        select.push(camera, { payload: msg.payload, frame: msg.frame, about: { msg, done, fail } });
      });
    });

    this.on('close', (done: () => void) => {
      select.stop(AbortSignal.timeout(STOP_MS)).finally(() => {
        status.close();
        done();
      });
    });

    function onOutcome(outcome: SelectOutcome<Ticket>): void {
      const { msg, done, fail } = outcome.about;
      switch (outcome.type) {
        case 'failed':
          fail(outcome.error);
          return;
        case 'dropped':
          counts.dropped(outcome.reason);
          break;
        case 'decided': {
          const { frame, selection } = outcome;
          if (selection.reason === 'skipped') counts.passed();
          else counts.sent(selection.reason);
          // Built fresh: a frame may have been held, and its message may be in other hands too.
          if (selection.reason !== 'skipped') io.send(SELECTED, { ...msg, frame, selection });
          else if (sendSkipped) io.send(SKIPPED, { ...msg, frame, selection });
        }
      }
      done();
      show();
    }

    function onHealth(health: SceneHealth): void {
      io.send(SKIPPED, { topic: health.camera, payload: health, scene: health } as unknown as FlowMessage);
    }

    function reset(camera: string | null): void {
      select.reset(camera);
      if (camera === null) counts.reset();
      status.set('blue', 'ring', RED._('frame-select.status.reset'));
    }

    function show(): void {
      status.set('green', 'dot', countsInWords);
    }

    function countsInWords(): string {
      const { frames, sent, byReason, drops } = counts.read();
      const parts = [
        RED._('frame-select.status.sent', { sent, frames }),
        ...byReason.map(([reason, n]) => RED._(`frame-select.status.reason.${reason}`, { n })),
        ...drops.map(([reason, n]) => RED._(`frame-select.status.dropped.${reason}`, { n })),
      ];
      return parts.join(' · ');
    }
  }

  RED.nodes.registerType('frame-select', FrameSelectNode);
};

/** A day is the longest that makes sense for any of the times. */
const DAY_S = 86_400;

function readSettings(config: NodeDef) {
  const settings = new Settings(config);
  const seconds = (name: keyof DecideOptions, min: number, max = DAY_S) =>
    settings.number(name, { default: Number(SELECT_DEFAULTS[name]), min, max });
  const decide: DecideOptions = {
    mode: settings.choice('mode', ['motion', 'interval', 'both'], SELECT_DEFAULTS.mode),
    intervalS: seconds('intervalS', 0.1),
    threshold: settings.number('threshold', { default: SELECT_DEFAULTS.threshold, min: 0.5, max: 255 }),
    spacingS: seconds('spacingS', 0),
    maxSpacingS: seconds('maxSpacingS', 0),
    endAfterS: seconds('endAfterS', 0),
    heartbeatS: seconds('heartbeatS', 0),
    preRollS: seconds('preRollS', 0, 10),
    maxPerMinute: settings.number('maxPerMinute', {
      default: SELECT_DEFAULTS.maxPerMinute,
      min: 0,
      max: 1800,
    }),
  };
  if (decide.maxSpacingS < decide.spacingS)
    settings.problem(`maxSpacingS must not be less than spacingS, but is ${decide.maxSpacingS}`);
  const { zones, problems } = readZones(settings.text('zones'));
  for (const problem of problems) settings.problem(problem);
  return { decide, zones, sendSkipped: settings.flag('sendSkipped', false), error: settings.error() };
}
