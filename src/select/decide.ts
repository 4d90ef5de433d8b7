import type { Decider } from '../shared/decider';
import {
  type DecideOptions,
  NEW_SELECT,
  type SelectEvent,
  type SelectOutput,
  type SelectState,
} from './select-state';
import { Turn } from './turn';

/** If no frame comes any more, it is sent at last. */
const BEST_WAKE_MS = 1500;

/**
 * Decides which frames of one camera go on. Pure, and on the event time of the frames; `now` is used for the wake-up
 * that sends the sharpest frame when no other one comes.
 */
export function selectDecider(options: DecideOptions): Decider<SelectState, SelectEvent, SelectOutput> {
  return (state = NEW_SELECT, event, now) => {
    const step = new Turn(state, options);
    switch (event.type) {
      case 'frame':
        step.frame(event);
        break;
      case 'probe':
        step.state.probe = true;
        break;
      case 'rate':
        step.state.perMinute = event.perMinute;
        step.state.bucket = null;
        break;
      case 'reset':
        step.reset();
        break;
      case 'wake':
        step.sendBest();
    }
    const { best, movement } = step.state;
    const wakeAt = best ? Math.max(now, movement.startedAt + BEST_WAKE_MS) : null;
    return { state: step.state, outputs: step.outputs, wakeAt };
  };
}
