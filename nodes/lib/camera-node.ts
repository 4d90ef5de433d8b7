import type { Node } from 'node-red';
import type { Lease } from '../../src/capture/pool';
import type { SessionListener } from '../../src/capture/session';
import type { StageError } from '../../src/shared/errors';
import type { CameraProfile } from '../../src/shared/messages';

interface Credentials {
  user?: string;
  password?: string;
}

/** What rtsp-in uses of this config node. */
export interface RtspCameraNode extends Node<Credentials> {
  profile: CameraProfile;
  /** What is wrong with the settings; null for nothing. */
  problem: StageError | null;
  /** Nodes that use the camera, as Node-RED wants it for Catch and Status nodes. */
  users: Record<string, Node>;
  /** Takes part in the camera's stream. Only where `problem` is null. */
  open(user: Node, listener: SessionListener): Lease;
}
