import type { Decider, Step } from '../shared/decider';
import type { SourceFrame } from './source-frame';

export interface SheetOptions {
  /** Frames on a full sheet, 2 or more. */
  frames: number;
  /** Largest difference of capture time, in milliseconds, between two frames of one sheet. */
  maxAgeMs: number;
}

/** A frame that waits for its sheet, with whatever its owner needs to know it by. */
export interface WaitingFrame<M> extends SourceFrame {
  about: M;
}

/** The frames that wait, in order of capture; fewer than a full sheet. */
export type SheetState<M> = readonly WaitingFrame<M>[];

export type SheetEvent<M> = { type: 'frame'; frame: WaitingFrame<M> } | { type: 'flush' } | { type: 'reset' };

export type SheetOutput<M> =
  /** The frame is part of a sheet that stands for another one. `waiting`: frames so far, this one included. */
  | { type: 'collected'; frame: WaitingFrame<M>; waiting: number }
  /** In order of capture; one at least. The sheet stands for the last of them. */
  | { type: 'sheet'; frames: WaitingFrame<M>[] }
  /** Frames that will be on no sheet. */
  | { type: 'left-out'; reason: 'too-old' | 'reset'; frames: number };

/**
 * Collects the frames of one camera for a contact sheet. A full sheet goes at once, and so does one that an
 * urgent frame has come to: what depends on that frame shall not wait for heartbeats.
 */
export function sheetDecider<M>(
  options: SheetOptions,
): Decider<SheetState<M>, SheetEvent<M>, SheetOutput<M>> {
  return (state = [], event) => {
    switch (event.type) {
      case 'frame':
        return collect(options, state, event.frame);
      case 'flush':
        return state.length > 0 ? next([], [{ type: 'sheet', frames: [...state] }]) : next([], []);
      case 'reset':
        return next([], leftOut('reset', state.length));
      case 'wake':
        return next(state, []);
    }
  };
}

function collect<M>(
  { frames, maxAgeMs }: SheetOptions,
  state: SheetState<M>,
  frame: WaitingFrame<M>,
): Step<SheetState<M>, SheetOutput<M>> {
  // Both ways: after a camera's clock was set back, the frames that wait are the ones that do not belong.
  const near = state.filter((waiting) => Math.abs(frame.time - waiting.time) <= maxAgeMs);
  const all = [...near, frame].sort((a, b) => a.time - b.time);
  const complete = all.length >= frames || frame.urgent;
  const outputs: SheetOutput<M>[] = leftOut('too-old', state.length - near.length);
  // A late one is not what its sheet stands for.
  if (!complete || all.at(-1) !== frame) outputs.push({ type: 'collected', frame, waiting: all.length });
  if (complete) outputs.push({ type: 'sheet', frames: all });
  return next(complete ? [] : all, outputs);
}

function leftOut(
  reason: 'too-old' | 'reset',
  frames: number,
): { type: 'left-out'; reason: typeof reason; frames: number }[] {
  return frames > 0 ? [{ type: 'left-out', reason, frames }] : [];
}

/** Nothing here happens by the mere passing of time. */
function next<M>(state: SheetState<M>, outputs: SheetOutput<M>[]): Step<SheetState<M>, SheetOutput<M>> {
  return { state, outputs, wakeAt: null };
}
