import { isAbsolute, resolve } from 'node:path';
import type { NodeAPI, NodeDef } from 'node-red';
import type { Lease } from '../src/capture/pool';
import type { SessionSettings } from '../src/capture/session';
import { type CameraSource, rtspSource } from '../src/capture/source';
import { CameraError, type StageError } from '../src/shared/errors';
import type { CameraProfile } from '../src/shared/messages';
import { isTimeZone } from '../src/shared/time';
import type { RtspCameraNode } from './lib/camera-node';
import { cameraPool, ffmpegFor, isShuttingDown, listenForShutdown } from './lib/capture-parts';
import { Settings } from './lib/settings';

export = (RED: NodeAPI): void => {
  function RtspCamera(this: RtspCameraNode, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const settings = new Settings(config);
    this.users = {};
    this.profile = readProfile(settings, this.name || this.id);
    const { session, problem } = readSession(RED, this, settings);
    this.problem = problem;
    const leases = new Map<string, Lease>();

    this.open = (user, listener) => {
      if (!session) throw problem;
      listenForShutdown();
      this.users[user.id] = user;
      const lease = cameraPool.acquire(session, () => ffmpegFor(session.ffmpegPath), listener);
      leases.set(user.id, lease);
      return {
        ...lease,
        release: (atOnce) => {
          delete this.users[user.id];
          leases.delete(user.id);
          lease.release(atOnce);
        },
      };
    };

    // Users give their leases back themselves; what they forgot must not run on.
    this.on('close', (removed: boolean, done: () => void) => {
      for (const lease of leases.values()) lease.release(removed);
      // The process ends as soon as all is closed: only now can the cameras be told that their sessions are over.
      if (isShuttingDown()) cameraPool.closeAll().then(done, done);
      else done();
    });
  }

  RED.nodes.registerType('rtsp-camera', RtspCamera as never, {
    credentials: { user: { type: 'text' }, password: { type: 'password' } },
  });
};

function readProfile(settings: Settings, name: string): CameraProfile {
  const timeZone = settings.text('timeZone');
  if (!isTimeZone(timeZone))
    settings.problem(`timeZone "${timeZone.slice(0, 40)}" is not known; use one such as Europe/Berlin`);
  return { name, description: settings.text('description'), timeZone };
}

function readSession(
  RED: NodeAPI,
  node: RtspCameraNode,
  settings: Settings,
): { session: SessionSettings | null; problem: StageError | null } {
  const ffmpegPath = settings.text('ffmpegPath');
  const decode = {
    mode: settings.choice('mode', ['keyframes', 'all'] as const, 'keyframes'),
    fps: settings.number('fps', { default: 2, min: 0.05, max: 30 }),
    maxWidthPx: settings.integer('width', { default: 1280, min: 160, max: 7680 }),
  };
  const firstFrameMs = 1000 * settings.number('firstFrameS', { default: 30, min: 1, max: 600 });
  const silenceMs = 1000 * settings.number('silenceS', { default: 0, min: 0, max: 3600 });
  try {
    const source = readSource(RED, node, settings);
    const problem = settings.error();
    const session = { camera: node.id, ffmpegPath, source, decode, firstFrameMs, silenceMs };
    return { session: problem ? null : session, problem };
  } catch (error) {
    // A variable that is not set reads as empty: to say so is more help than that there is no address.
    return { session: null, problem: settings.error() ?? (error as CameraError) };
  }
}

/** @throws CameraError where the address or path cannot be used */
function readSource(RED: NodeAPI, node: RtspCameraNode, settings: Settings): CameraSource {
  const kind = settings.choice('kind', ['rtsp', 'file', 'pattern'] as const, 'rtsp');
  if (kind === 'pattern') return { kind };
  if (kind === 'file') {
    const path = settings.text('path');
    if (path === '') {
      throw new CameraError('CAMERA_FILE', 'The camera has no file or folder yet.', {
        advice: 'Open the camera node and fill in the path of a recording.',
      });
    }
    const userDir = String((RED.settings as { userDir?: string }).userDir ?? process.cwd());
    return {
      kind,
      path: isAbsolute(path) ? path : resolve(userDir, path),
      pace: settings.choice('pace', ['live', 'fast'] as const, 'live'),
      loop: settings.flag('loop', true),
    };
  }
  const transport = settings.choice('transport', ['tcp', 'udp'] as const, 'tcp');
  return rtspSource(settings.text('url'), node.credentials ?? {}, transport);
}
