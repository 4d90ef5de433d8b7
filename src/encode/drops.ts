/** Why a frame did not become a picture, or part of one, without an error. */
export const DROP_REASONS = ['busy', 'overflow', 'too-old', 'reset', 'forgotten', 'stopped'] as const;

/**
 * busy: a newer or weightier frame of its camera came while it waited to be encoded. overflow: too many cameras
 * waited. too-old: it waited too long for its sheet. reset: by command. forgotten: too many cameras had a sheet
 * begun. stopped: the node was closed.
 */
export type DropReason = (typeof DROP_REASONS)[number];

/** How many frames were dropped since the node started, by reason; reasons without any are absent. */
export class DropCount {
  readonly #counts = new Map<DropReason, number>();

  add(reason: DropReason, frames = 1): void {
    if (frames > 0) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + frames);
  }

  /** Reasons and numbers, in the order of {@link DROP_REASONS}. */
  entries(): [DropReason, number][] {
    return DROP_REASONS.flatMap((reason) => {
      const frames = this.#counts.get(reason);
      return frames === undefined ? [] : [[reason, frames] as [DropReason, number]];
    });
  }
}
