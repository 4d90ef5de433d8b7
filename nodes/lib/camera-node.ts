import type { Node, NodeDef } from 'node-red';
import type { Lease } from '../../src/capture/pool';
import type { SessionListener } from '../../src/capture/session';
import type { Camera } from './camera-settings';

interface Credentials {
  user?: string;
  password?: string;
}

/** What rtsp-in uses of this config node. */
export interface RtspCameraNode extends Node<Credentials> {
  camera: Camera;
  /** Its settings as they came, which are the defaults for the entries of a list. */
  settings: NodeDef;
  /** To which hosts its user and password may be sent for the cameras of a list. */
  loginHosts: { own: string; allowed: readonly string[] };
  /** Nodes that use the camera, as Node-RED wants it for Catch and Status nodes. */
  users: Record<string, Node>;
  /** Takes part in the camera's stream. Only where `camera.problem` is null. */
  open(user: Node, listener: SessionListener): Lease;
}
