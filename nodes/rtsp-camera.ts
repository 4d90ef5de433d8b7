import type { NodeAPI, NodeDef } from 'node-red';
import { hostList } from '../src/capture/credential-hosts';
import type { Lease } from '../src/capture/pool';
import type { CameraSource } from '../src/capture/source';
import { StageError } from '../src/shared/errors';
import type { RtspCameraNode } from './lib/camera-node';
import { type Camera, readCamera } from './lib/camera-settings';
import { offerCameraTrial } from './lib/camera-trial';
import {
  type CaptureParts,
  captureParts,
  closeAllStreams,
  ffmpegFinder,
  isShuttingDown,
  listenForShutdown,
} from './lib/capture-parts';
import { Settings } from './lib/settings';

export = (RED: NodeAPI): void => {
  function RtspCamera(this: RtspCameraNode, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const settings = new Settings(config);
    const { parts, camera } = read(RED, this, settings);
    this.users = {};
    this.camera = camera;
    this.settings = config;
    this.loginHosts = {
      own: hostOf(camera.session?.source),
      allowed: hostList(settings.text('credentialHosts')),
    };
    const leases = new Map<string, Lease>();

    this.open = (user, listener) => {
      if (!camera.session || !parts) throw camera.problem;
      listenForShutdown();
      this.users[user.id] = user;
      const { session } = camera;
      const find = ffmpegFinder(parts.files, session.ffmpegPath, session.source);
      const lease = parts.pool.acquire(session, find, listener);
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
      if (isShuttingDown()) closeAllStreams().then(done, done);
      else done();
    });
  }

  RED.nodes.registerType('rtsp-camera', RtspCamera as never, {
    credentials: { user: { type: 'text' }, password: { type: 'password' } },
  });
  offerCameraTrial(RED);
};

function read(
  RED: NodeAPI,
  node: RtspCameraNode,
  settings: Settings,
): { parts: CaptureParts | null; camera: Camera } {
  const fallbackName = node.name || node.id;
  try {
    const parts = captureParts(RED);
    const login = node.credentials ?? {};
    const context = { id: node.id, fallbackName, files: parts.files, login, loginHosts: null };
    return { parts, camera: readCamera(settings, context) };
  } catch (error) {
    // settings.js cannot be used.
    if (!(error instanceof StageError)) throw error;
    const profile = { name: fallbackName, description: '', timeZone: '' };
    return { parts: null, camera: { profile, session: null, still: null, problem: error } };
  }
}

function hostOf(source: CameraSource | undefined): string {
  return source && 'url' in source ? new URL(source.url).hostname : '';
}
