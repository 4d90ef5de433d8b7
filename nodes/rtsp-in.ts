import type { Node, NodeAPI, NodeDef } from 'node-red';
import { alertTopic } from '../src/alert/topic';
import { fleetEntries } from '../src/capture/fleet';
import { systemClock } from '../src/shared/clock';
import { ConfigError, InputError } from '../src/shared/errors';
import type { RtspCameraNode } from './lib/camera-node';
import type { Camera } from './lib/camera-settings';
import { CameraStatus } from './lib/camera-status';
import { type Acquire, CameraWatch } from './lib/camera-watch';
import { captureParts } from './lib/capture-parts';
import { acquireFrom, Fleet } from './lib/fleet';
import { credentialNodes, fleetCamera } from './lib/fleet-camera';
import { type ListSource, readList } from './lib/fleet-list-source';
import { cameraNamed, commandOf, type FlowMessage, unknownCommand } from './lib/message';
import { NodeIo } from './lib/node-io';
import { Settings } from './lib/settings';
import { StatusLine } from './lib/status';
import { whenStarted } from './lib/when-started';

interface Config extends NodeDef {
  camera: string;
}

const FRAMES = 0;
const HEALTH = 1;
const COMMANDS = ['start', 'stop', 'snapshot'] as const;
const FLEET_COMMANDS = [...COMMANDS, 'fleet', 'reload'] as const;
/** The rate in the status line need not follow every frame. */
const STATUS_EVERY_FRAMES = 5;

export = (RED: NodeAPI): void => {
  function RtspIn(this: Node, config: Config) {
    RED.nodes.createNode(this, config);
    const io = new NodeIo(RED, this, 3);
    const line = new StatusLine(this, systemClock);
    const status = new CameraStatus(RED, line);
    const settings = new Settings(config);
    const prefix = settings.text('topicPrefix');
    const source = listSource(settings);
    const template = RED.nodes.getNode(config.camera) as RtspCameraNode | null;
    let closed = false;

    const about = (topic: string): FlowMessage => ({ _msgid: RED.util.generateId(), topic });
    const watchOf = (camera: Camera, acquire: Acquire, key: string) => {
      const { name } = camera.profile;
      const parts = camera.problem ? null : captureParts(RED);
      const watch: CameraWatch = new CameraWatch(camera, parts, acquire, {
        onFrame: (payload, frame) => {
          io.send(FRAMES, { ...about(name), payload, frame });
          if (!source && frame.seq % STATUS_EVERY_FRAMES === 0) status.one(watch);
        },
        onHealth: (health) => {
          const topic = prefix === '' ? name : alertTopic(prefix, key, 'state');
          io.send(HEALTH, { ...about(topic), payload: { ...health }, camera: health, retain: true });
        },
        onError: (error) => io.tell(error, about(name)),
        onChange: () => show(),
      });
      return watch;
    };

    const single =
      source || !template
        ? null
        : watchOf(template.camera, (to) => template.open(this, to), template.camera.profile.name);
    const fleet = source
      ? new Fleet({
          clock: systemClock,
          read: source.from === 'message' ? null : () => readList(RED, this, captureParts(RED).files, source),
          reader: () => {
            const { files } = captureParts(RED);
            const credentials = credentialNodes(RED);
            return (entry, id) => fleetCamera(files, credentials, template, entry, id);
          },
          watch: ({ id, camera }) => watchOf(camera, acquireFrom(captureParts(RED), camera), id),
          onError: (error, name) => io.tell(error, about(name || (this.name ?? ''))),
          onChange: () => show(),
        })
      : null;
    const problem = settings.error() ?? (source || template ? null : missingCamera());

    function show(): void {
      if (closed) return;
      if (problem) status.unusable(source || template ? 'settings' : 'no-camera');
      else if (fleet) status.fleet(fleet.watches);
      else if (single) status.one(single);
    }

    const start = () => {
      if (problem) io.tell(problem, about(this.name ?? ''));
      else if (fleet) fleet.start();
      else single?.start();
      show();
    };

    /** Who is meant: one camera, or of a list the one that is named, or all. */
    const meant = (msg: FlowMessage): CameraWatch[] => {
      if (problem) throw problem;
      if (single) return [single];
      const name = cameraNamed(msg);
      if (name === null) return fleet?.watches ?? [];
      const found = fleet?.find(name);
      if (!found) throw notInList(name);
      return [found];
    };

    const snapshot = async (msg: FlowMessage) => {
      const [watch, other] = meant(msg);
      if (!watch || other) throw whichCamera();
      const { jpeg, frame } = await watch.still().catch((error) => {
        // The node was closed while it waited: nobody is there any more to hear of it.
        if (closed) return { jpeg: null, frame: null };
        throw error;
      });
      if (closed || !frame) return;
      const { command: _done, ...rest } = msg;
      const own = { ...frame, luma: frame.luma && { ...frame.luma } };
      io.send(FRAMES, { ...rest, topic: watch.camera.profile.name, payload: jpeg, frame: own });
    };

    io.onInput(async (msg) => {
      const command = commandOf(msg);
      if (command === 'start') for (const watch of meant(msg)) watch.startByCommand();
      else if (command === 'stop') for (const watch of meant(msg)) watch.stop('It was stopped by command.');
      else if (command === 'snapshot') await snapshot(msg);
      else if (command === 'fleet' && fleet) fleet.give(fleetEntries(msg.payload));
      else if (command === 'reload' && fleet) await fleet.reload();
      else throw unknownCommand(command ?? String(msg.payload), source ? FLEET_COMMANDS : COMMANDS);
    });

    const cancelStart = whenStarted(RED, start);
    this.on('close', (removed: boolean, done: () => void) => {
      closed = true;
      cancelStart();
      single?.close(removed);
      fleet?.close(removed);
      line.close();
      done();
    });
  }

  RED.nodes.registerType('rtsp-in', RtspIn as never);
};

function listSource(settings: Settings): ListSource | null {
  const from = settings.choice('cameras', ['one', 'message', 'file', 'context'] as const, 'one');
  if (from === 'one') return null;
  if (from === 'file') return { from, path: settings.text('listFile') };
  if (from === 'message') return { from };
  const type = settings.choice('listContextType', ['flow', 'global'] as const, 'flow');
  return { from, type, key: settings.text('listContext') };
}

function missingCamera(): ConfigError {
  return new ConfigError('CONFIG_MISSING_NODE', 'No camera is chosen, or the one that was is disabled.', {
    advice: 'Open the node and choose a camera.',
  });
}

function notInList(name: string): InputError {
  return new InputError(
    'INPUT_NO_CAMERA',
    `No camera of the list has the name or id "${name.slice(0, 60)}".`,
    {
      advice: 'Set msg.topic to the name of a camera of the list, or leave it out for all of them.',
    },
  );
}

function whichCamera(): InputError {
  return new InputError('INPUT_NO_CAMERA', 'The message does not say of which camera a snapshot is wanted.', {
    advice: 'Set msg.topic to the name of the camera.',
  });
}
