import type { Canvas } from './select-picture';

/** Seconds from the start of the clip; something that matters is in view. */
export interface LabelledEvent {
  start: number;
  end: number;
}

/** A clip that the bench draws: the same in each run. */
export interface Scene {
  name: string;
  /**
   * `nuisance`: light, weather, plants, the camera itself: nothing in it is worth a call. `quiet`: nothing happens at all.
   * `stray`: something does come, an insect at the lens or the light of a car. docs/frame-select.md says that it is
   * movement; how often it wakes is told beside, and is part of no goal.
   */
  kind: 'event' | 'nuisance' | 'quiet' | 'stray';
  /** Not looked at while the defaults were tuned. */
  heldOut: boolean;
  seconds: number;
  events: LabelledEvent[];
  draw(second: number, index: number): Canvas;
}

export const FPS = 5;

/** Pictures of the real clip, where there is one: the scenes made from it show real texture, and real people. */
export interface Footage {
  /** The picture at a second of the clip. */
  at(second: number): Canvas;
}

/** One that was looked at while the defaults were tuned. */
export const scene = (
  kind: Scene['kind'],
  name: string,
  seconds: number,
  draw: Scene['draw'],
  events: LabelledEvent[] = [],
): Scene => ({
  name,
  kind,
  heldOut: false,
  seconds,
  events,
  draw,
});
