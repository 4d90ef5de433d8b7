import { createHash } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import type { FileAccess } from '../../src/capture/file-access';
import { type FleetEntry, type FleetMember, fleetError } from '../../src/capture/fleet';
import type { RtspCameraNode } from './camera-node';
import { type Camera, readCamera } from './camera-settings';
import { Settings } from './settings';

/** A camera of a list, ready to be watched. */
export interface FleetCamera extends FleetMember {
  camera: Camera;
}

/** Fields that an entry has from the template where it does not name them itself. What one camera is like stays there. */
const INHERITED = [
  'kind',
  'transport',
  'tlsVerify',
  'tlsFingerprint',
  'everyS',
  'pace',
  'loop',
  'mode',
  'fps',
  'width',
  'firstFrameS',
  'silenceS',
  'frozenS',
  'holdS',
  'ffmpegPath',
  'timeZone',
] as const;

const ADDRESS_KINDS = ['rtsp', 'hls', 'mjpeg', 'snapshot'];

/** The rtsp-camera nodes by their names: an entry names the one whose login is used. */
export type CredentialNodes = ReadonlyMap<string, readonly RtspCameraNode[]>;

export function credentialNodes(RED: NodeAPI): CredentialNodes {
  const found = new Map<string, RtspCameraNode[]>();
  RED.nodes.eachNode(({ id, type }) => {
    const node = type === 'rtsp-camera' ? (RED.nodes.getNode(id) as RtspCameraNode | null) : null;
    if (node?.name) found.set(node.name, [...(found.get(node.name) ?? []), node]);
  });
  return found;
}

/**
 * Makes a camera of an entry of a list.
 *
 * @param template the rtsp-camera that the defaults come from; null for none
 * @throws StageError where the entry cannot be used
 */
export function fleetCamera(
  files: FileAccess,
  credentials: CredentialNodes,
  template: RtspCameraNode | null,
  entry: FleetEntry,
  id: string,
): FleetCamera {
  const defaults = template ? (template.settings as unknown as Record<string, unknown>) : {};
  const fields = { ...pick(defaults), ...withoutEmpty(entry), ...kindOf(entry, defaults) };
  const node = credentialNode(credentials, entry.credential);
  const camera = readCamera(new Settings(fields), {
    id,
    fallbackName: id,
    files,
    login: node?.credentials ?? {},
    loginHosts: node?.loginHosts ?? { own: '', allowed: [] },
  });
  if (camera.problem) throw camera.problem;
  // Holds the password, so it is kept as a digest.
  const key = createHash('sha256').update(JSON.stringify(camera)).digest('hex');
  return { id, key, camera };
}

function pick(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(INHERITED.flatMap((name) => (name in settings ? [[name, settings[name]]] : [])));
}

/** An empty cell of a table is a field that is not named. */
function withoutEmpty(entry: FleetEntry): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== '' && value !== null));
}

/** What an entry names tells its kind, where the template is for another. */
function kindOf(entry: FleetEntry, { kind }: Record<string, unknown>): { kind?: string } {
  if ((entry.kind ?? '') !== '') return {};
  if ((entry.path ?? '') !== '') return { kind: 'file' };
  if ((entry.url ?? '') !== '' && !ADDRESS_KINDS.includes(String(kind))) return { kind: 'rtsp' };
  return {};
}

/** @throws CameraError CAMERA_FLEET where no node, or more than one, has this name */
function credentialNode(nodes: CredentialNodes, name: unknown): RtspCameraNode | null {
  if ((name ?? '') === '') return null;
  const [node, other] = nodes.get(String(name)) ?? [];
  const shown = String(name).slice(0, 60);
  if (!node) {
    throw fleetError(
      `No rtsp-camera has the name "${shown}", which is its credential`,
      'Name a camera node whose user and password are to be used, and deploy it.',
    );
  }
  if (other) {
    throw fleetError(
      `More than one rtsp-camera has the name "${shown}", which is its credential`,
      'Give the camera nodes different names.',
    );
  }
  return node;
}
