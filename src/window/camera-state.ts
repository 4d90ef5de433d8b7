import type { CameraEvent } from './observation';

/**
 * Reads what rtsp-in tells on its second output.
 *
 * @param camera `msg.camera`, from outside
 * @returns null where it is no such message
 */
export function cameraStateOf(camera: unknown): { id: string; event: CameraEvent } | null {
  const { id, state } = (camera ?? {}) as { id?: unknown; state?: unknown };
  if (typeof id !== 'string' || id === '') return null;
  if (state !== 'online' && state !== 'degraded' && state !== 'offline') return null;
  return { id, event: { type: 'camera', online: state !== 'offline' } };
}
