import type { DecideOptions } from './select-state';

/** What a new frame-select node is set to, and what the benchmark measures. They fit an ordinary fixed camera. */
export const SELECT_DEFAULTS: DecideOptions = {
  mode: 'motion',
  intervalS: 10,
  // Of a person of 2 × 6 pixels, 60 levels darker than the ground, 15 are left; of rain and noise a few.
  threshold: 10,
  spacingS: 2,
  // As often as a heartbeat: whoever stands there for an hour costs no more than an empty scene.
  maxSpacingS: 60,
  endAfterS: 3,
  heartbeatS: 60,
  preRollS: 0,
  maxPerMinute: 20,
};
