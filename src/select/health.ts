import type { CameraView, SceneHealth } from '../shared/messages';

const TEXTS: Record<CameraView, { reason: string; advice: string }> = {
  moved: {
    reason: 'The camera shows another view than before.',
    advice: 'Look whether it was turned or knocked; zones may have to be drawn again.',
  },
  covered: {
    reason: 'The picture shows hardly anything any more.',
    advice: 'Look whether something covers the lens, or whether it is dirty or out of focus.',
  },
  dark: {
    reason: 'The picture is black.',
    advice: 'Switch on the light or the infrared lamp, or look whether the lens is covered.',
  },
  blinded: {
    reason: 'The picture is white.',
    advice: 'Look whether a lamp or the sun shines into the camera.',
  },
  clear: { reason: 'The camera sees as before.', advice: '' },
};

/** @param since event time, epoch milliseconds */
export function healthOf(camera: string, view: CameraView, since: number): SceneHealth {
  return { camera, view, since, ...TEXTS[view] };
}
