import type { Decider } from '../shared/decider';
import type { CameraZone } from '../shared/messages';
import type { Plane } from './blocks';
import { selectDecider } from './decide';
import { type DecideOptions, NEW_SELECT, type SelectOutput, type SelectState } from './select-state';
import { newWatch, type Watch, watch } from './watch';
import { type Mask, maskOf, sameZones } from './zones';

/** What happens at a camera: a frame, or a word from outside. */
export type CameraEvent =
  | {
      type: 'frame';
      /** The driver's own number for the frame: outputs name it by this. */
      id: number;
      /** Event time, epoch milliseconds. */
      time: number;
      /** Brightness, 160 × 90; null where the mode does not measure. Not kept. */
      plane: Plane | null;
      /** Zones of this camera. */
      zones: readonly CameraZone[];
    }
  | { type: 'probe' }
  | { type: 'reset' }
  | { type: 'rate'; perMinute: number | null };

/** All that is remembered of a camera. `watch` is changed in place: hand a state on, never back. */
export interface CameraState {
  select: SelectState;
  watch: Watch | null;
  zones: readonly CameraZone[];
  mask: Mask;
}

const MOMENT_MS = 2000;

/**
 * Decides about the frames of one camera: looks at each, and selects. What it decides hangs on the events and their
 * times alone, so a replay of the same frames decides the same.
 */
export function cameraDecider(options: DecideOptions): Decider<CameraState, CameraEvent, SelectOutput> {
  const select = selectDecider(options);
  const everywhere = maskOf([]);
  return (state, event, now) => {
    const before = state ?? { select: NEW_SELECT, watch: null, zones: [], mask: everywhere };
    if (event.type !== 'frame') {
      const step = select(before.select, event, now);
      const forgets = event.type === 'reset';
      return { ...step, state: { ...before, select: step.state, watch: forgets ? null : before.watch } };
    }
    const { id, time, plane, zones } = event;
    const mask = sameZones(zones, before.zones) ? before.mask : maskOf(zones);
    // A camera's clock may be set back. By a moment, and it stands still meanwhile; by more, and all is learnt anew.
    const known = before.watch && before.watch.time - time <= MOMENT_MS ? before.watch : null;
    const seen = plane && (known ?? newWatch(plane, time));
    const seenAt = Math.max(time, seen?.time ?? time);
    const sight = plane && seen ? watch(seen, plane, options.threshold, mask, seenAt) : null;
    const step = select(before.select, { type: 'frame', id, time, sight }, now);
    return { ...step, state: { select: step.state, watch: seen ?? before.watch, zones, mask } };
  };
}
