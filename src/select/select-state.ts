import type { CameraView, SelectReason, SkipReason } from '../shared/messages';
import type { Bucket } from './bucket';
import { type Movement, NO_MOVEMENT } from './movement';
import type { Sight } from './watch';

export type SelectMode = 'motion' | 'interval' | 'both';

export interface DecideOptions {
  mode: SelectMode;
  /** Event time from one interval frame to the next, seconds; above 0. */
  intervalS: number;
  /** Levels of brightness, spread over 5 × 5 pixels, from which a change counts; 1 to 255. */
  threshold: number;
  /** Event time from the first frames of an event to the next one, seconds; doubled with each. 0 sends every frame. */
  spacingS: number;
  /** What spacing grows to, seconds. */
  maxSpacingS: number;
  /** Event time without movement after which an event may be over, seconds. */
  endAfterS: number;
  /** Longest event time without a selected frame, seconds; 0 is off. */
  heartbeatS: number;
  /** How much of what was before an event is sent with it, seconds, a frame each; 0 to 10. */
  preRollS: number;
  /** Most frames of movement a minute; 0 is no limit. The start of an event and its sharpest frame are never held back. */
  maxPerMinute: number;
}

/** One frame of the camera. `id` is the driver's own: outputs name the frame by it. */
export interface FrameEvent {
  type: 'frame';
  id: number;
  /** Event time, epoch milliseconds. */
  time: number;
  /** null where the mode does not measure. */
  sight: Sight | null;
}

export type SelectEvent =
  | FrameEvent
  | { type: 'probe' }
  | { type: 'reset' }
  /** Another limit for this camera; null is that of the options again. */
  | { type: 'rate'; perMinute: number | null };

/** What is told with a frame. */
export interface About {
  id: number;
  score: number;
  /** Number of the event that the frame belongs to; 0 outside of events. */
  event: number;
  zones: string[];
  /** Frames passed over since the last one that was selected. */
  skipped: number;
}

/** What becomes of a frame: one for each, at once or later. And what has become of the camera's view. */
export type SelectOutput =
  | ({ type: 'select'; reason: SelectReason } & About)
  | ({ type: 'skip'; skip: SkipReason } & About)
  | { type: 'view'; view: CameraView; time: number };

/** A frame whose turn may still come. */
export interface Held {
  id: number;
  time: number;
  score: number;
  event: number;
  zones: string[];
  detail: number;
}

/** Plain data. Times are event times, epoch milliseconds; null where it has not happened yet. */
export interface SelectState {
  firstAt: number | null;
  time: number | null;
  movement: Movement;
  selectedAt: number | null;
  intervalDueAt: number | null;
  /** A frame was asked for and has not come yet. */
  probe: boolean;
  skipped: number;
  /** When the next frame of the event is due, and by how much later the one after that. */
  dueAt: number;
  spacingMs: number;
  /** The sharpest frame of the first second of the event; null where there is none (any more). */
  best: Held | null;
  /** Frames that are sent if an event begins now, the oldest first. */
  before: Held[];
  bucket: Bucket | null;
  perMinute: number | null;
  /** When the light was last told of. */
  litAt: number | null;
  /** Something has moved since the first frame, and one more was sent for it. */
  livelyTold: boolean;
}

export const NEW_SELECT: SelectState = {
  firstAt: null,
  time: null,
  movement: NO_MOVEMENT,
  selectedAt: null,
  intervalDueAt: null,
  probe: false,
  skipped: 0,
  dueAt: 0,
  spacingMs: 0,
  best: null,
  before: [],
  bucket: null,
  perMinute: null,
  litAt: null,
  livelyTold: false,
};
