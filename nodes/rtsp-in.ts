import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { Lease } from '../src/capture/pool';
import type { CapturedFrame } from '../src/capture/session';
import type { Phase } from '../src/capture/supervise';
import { systemClock } from '../src/shared/clock';
import { type CameraError, ConfigError } from '../src/shared/errors';
import type { RtspCameraNode } from './lib/camera-node';
import { Condition } from './lib/condition';
import { commandOf, type FlowMessage, unknownCommand } from './lib/message';
import { NodeIo } from './lib/node-io';
import { StatusLine } from './lib/status';
import { whenStarted } from './lib/when-started';

interface Config extends NodeDef {
  camera: string;
}

const FRAMES = 0;
const HEALTH = 1;
const COMMANDS = ['start', 'stop'] as const;

export = (RED: NodeAPI): void => {
  function RtspIn(this: Node, config: Config) {
    RED.nodes.createNode(this, config);
    const io = new NodeIo(RED, this, 3);
    const status = new StatusLine(this, systemClock);
    const camera = RED.nodes.getNode(config.camera) as RtspCameraNode | null;
    const about = (): FlowMessage => ({
      _msgid: RED.util.generateId(),
      topic: camera?.profile.name ?? this.name,
    });
    const condition = new Condition((error) => io.tell(error, about()));
    let lease: Lease | null = null;
    let told = '';

    const problem = camera ? camera.problem : missingCamera();

    const start = () => {
      if (lease) return;
      if (problem) {
        status.set('red', 'ring', RED._(camera ? 'rtsp-in.status.settings' : 'rtsp-in.status.no-camera'));
        condition.set(problem);
      } else if (camera) {
        lease = camera.open(this, { onFrame, onPhase });
        // Another node may have the camera open for long.
        const { phase, error } = lease.now();
        onPhase(phase, error);
      }
    };

    /** A user asks for it: what is wrong is then told again. */
    const startByCommand = () => {
      if (problem) throw problem;
      condition.set(null);
      if (lease) lease.start();
      else start();
    };

    const stopByCommand = () => {
      const last = lease;
      lease = null;
      last?.release(true);
      condition.set(null);
      // Others may still have the camera open: then its state is as it was.
      tellHealth(last);
      status.set('grey', 'ring', RED._('rtsp-in.status.stopped'));
    };

    const onFrame = ({ jpeg, info }: CapturedFrame) => {
      if (!camera) return;
      const { name } = camera.profile;
      io.send(FRAMES, {
        _msgid: RED.util.generateId(),
        topic: name,
        payload: jpeg,
        // A copy of its own, because all users of the camera get the same frame.
        frame: { ...info, luma: info.luma && { ...info.luma }, profile: { ...camera.profile } },
      });
      if (info.seq % STATUS_EVERY_FRAMES === 0) showLive();
    };

    const showLive = () => {
      const fps = lease?.health('')?.fps ?? 0;
      status.set(
        'green',
        'dot',
        fps
          ? RED._('rtsp-in.status.live', { fps: String(Math.round(fps * 10) / 10) })
          : RED._('rtsp-in.status.online'),
      );
    };

    const onPhase = (phase: Phase, error: CameraError | null) => {
      if (phase === 'live') showLive();
      else
        status.set(error ? 'red' : 'yellow', 'ring', RED._(`rtsp-in.status.${error ? error.code : phase}`));
      // Between two recordings, and while it connects for the first time, nothing is wrong.
      if (phase !== 'live' && !error) return;
      condition.set(error);
      tellHealth(lease);
    };

    /** On the second output, when the state or its reason has changed. */
    const tellHealth = (of: Lease | null) => {
      const health = of?.health(camera?.profile.name ?? '');
      const now = `${health?.state} ${health?.code}`;
      if (!health || now === told) return;
      told = now;
      io.send(HEALTH, { ...about(), payload: { ...health }, camera: health });
    };

    io.onInput((msg) => {
      const command = commandOf(msg);
      if (command === 'start') startByCommand();
      else if (command === 'stop') stopByCommand();
      else throw unknownCommand(command ?? String(msg.payload), COMMANDS);
    });

    const cancelStart = whenStarted(RED, start);
    this.on('close', (removed: boolean, done: () => void) => {
      cancelStart();
      lease?.release(removed);
      lease = null;
      status.close();
      done();
    });
  }

  RED.nodes.registerType('rtsp-in', RtspIn as never);
};

/** The rate in the status line need not follow every frame. */
const STATUS_EVERY_FRAMES = 5;

function missingCamera(): ConfigError {
  return new ConfigError('CONFIG_MISSING_NODE', 'No camera is chosen, or the one that was is disabled.', {
    advice: 'Open the node and choose a camera.',
  });
}
