import { CameraError } from '../shared/errors';

/** No first picture came in time. */
export function noPicture(waitedMs: number): CameraError {
  return new CameraError('CAMERA_STALLED', `No picture came within ${seconds(waitedMs)} s.`, {
    retryable: true,
    advice:
      'Check that the host and port in the address are those of the camera, and that it is on. If it is slow to start, raise the time for the first picture.',
  });
}

/** A live stream fell silent. */
export function fellSilent(silentMs: number): CameraError {
  return new CameraError('CAMERA_STALLED', `The camera has sent no picture for ${seconds(silentMs)} s.`, {
    retryable: true,
    advice: 'The connection is opened again. If this repeats, check the network, or allow a longer silence.',
  });
}

/** A recording is over. */
export function playedOut(): CameraError {
  return new CameraError('CAMERA_ENDED', 'The recording has been played to its end.', {
    advice: 'Switch on "begin again at the end", or send the command "start".',
  });
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(0);
}
