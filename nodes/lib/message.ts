import type { NodeMessageInFlow } from 'node-red';
import { InputError } from '../../src/shared/errors';
import type {
  AlertInfo,
  CameraHealth,
  FrameInfo,
  Picture,
  Selection,
  VisionInfo,
  WindowInfo,
} from '../../src/shared/messages';

/** A message as it travels between our nodes; anything else on it is the user's and passes untouched. */
export interface FlowMessage extends Omit<NodeMessageInFlow, 'payload'> {
  payload?: unknown;
  frame?: Partial<FrameInfo>;
  selection?: Selection;
  picture?: Picture;
  vision?: VisionInfo;
  window?: WindowInfo;
  alert?: AlertInfo;
  camera?: CameraHealth;
  command?: unknown;
  reset?: unknown;
  flush?: unknown;
  [property: string]: unknown;
}

/**
 * The key of the camera that a message is about: `frame.camera`, else `topic`.
 *
 * @throws InputError INPUT_NO_CAMERA where the message names no camera
 */
export function cameraOf(msg: FlowMessage): string {
  if (typeof msg.frame?.camera === 'string' && msg.frame.camera !== '') return msg.frame.camera;
  if (typeof msg.topic === 'string' && msg.topic !== '') return msg.topic;
  throw new InputError('INPUT_NO_CAMERA', 'The message does not say which camera it is about.', {
    advice: 'Set msg.topic to the name of the camera.',
  });
}

/** The command of a control message: `command`, or the core's `reset` and `flush`; null for data. */
export function commandOf(msg: FlowMessage): string | null {
  if (typeof msg.command === 'string') return msg.command;
  if (Object.hasOwn(msg, 'reset')) return 'reset';
  if (Object.hasOwn(msg, 'flush')) return 'flush';
  return null;
}

/** A camera named by a control message; null where it is meant for all. */
export function cameraNamed(msg: FlowMessage): string | null {
  try {
    return cameraOf(msg);
  } catch {
    return null;
  }
}

/** The error for a command that a node does not know. */
export function unknownCommand(command: string, known: readonly string[]): InputError {
  return new InputError('INPUT_COMMAND', `The command "${command.slice(0, 40)}" is not known here.`, {
    advice: `Use one of: ${known.join(', ')}.`,
  });
}
