import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { DecideOptions } from '../src/select/decide';
import { FrameSelect, type SelectOutcome } from '../src/select/frame-select';
import { systemClock } from '../src/shared/clock';
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

export = (RED: NodeAPI) => {
  function FrameSelectNode(this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const io = new NodeIo(RED, this, 3);
    const status = new StatusLine(this, systemClock);
    const { decide, sendSkipped, error } = readSettings(config);
    let frames = 0;
    let sent = 0;
    let dropped = 0;
    if (error) status.set('red', 'ring', RED._('frame-select.status.settings'));
    else status.set('grey', 'ring', RED._('frame-select.status.waiting'));

    const select = new FrameSelect<Ticket>({ decide, clock: systemClock, onOutcome });

    io.onInput((msg) => {
      if (error) throw error;
      const command = commandOf(msg);
      if (command === 'probe') return select.probe(cameraOf(msg));
      if (command === 'reset') return reset(cameraNamed(msg));
      if (command !== null) throw unknownCommand(command, COMMANDS);
      const camera = cameraOf(msg);
      return new Promise<void>((done, fail) => {
        select.push(camera, { payload: msg.payload, frame: msg.frame, about: { msg, done, fail } });
      });
    });

    this.on('close', () => {
      select.stop();
      status.close();
    });

    function onOutcome(outcome: SelectOutcome<Ticket>): void {
      const { msg, done, fail } = outcome.about;
      if (outcome.type === 'failed') {
        fail(outcome.error);
        return;
      }
      frames++;
      if (outcome.type === 'dropped') dropped++;
      else {
        msg.frame = outcome.frame;
        msg.selection = outcome.selection;
        if (outcome.selection.reason !== 'skipped') {
          sent++;
          io.send(SELECTED, msg);
        } else if (sendSkipped) io.send(SKIPPED, msg);
      }
      done();
      const parts = [RED._('frame-select.status.sent', { sent, frames })];
      if (dropped > 0) parts.push(RED._('frame-select.status.dropped', { dropped }));
      status.set('green', 'dot', parts.join(' · '));
    }

    function reset(camera: string | null): void {
      select.reset(camera);
      if (camera === null) {
        frames = 0;
        sent = 0;
        dropped = 0;
      }
      status.set('blue', 'ring', RED._('frame-select.status.reset'));
    }
  }

  RED.nodes.registerType('frame-select', FrameSelectNode);
};

/** A day is the longest that makes sense for any of the times. */
const DAY_S = 86_400;

function readSettings(config: NodeDef) {
  const settings = new Settings(config);
  const seconds = (name: string, fallback: number, min: number) =>
    settings.number(name, { default: fallback, min, max: DAY_S });
  const decide: DecideOptions = {
    mode: settings.choice('mode', ['motion', 'interval', 'both'], 'motion'),
    intervalS: seconds('intervalS', 10, 0.1),
    // Measured on the clip of six people: from 8 to 16 each is told apart and the empty room is left alone.
    threshold: settings.number('threshold', { default: 10, min: 1, max: 255 }),
    spacingS: seconds('spacingS', 2, 0),
    endAfterS: seconds('endAfterS', 3, 0),
    heartbeatS: seconds('heartbeatS', 60, 0),
  };
  return { decide, sendSkipped: settings.flag('sendSkipped', false), error: settings.error() };
}
