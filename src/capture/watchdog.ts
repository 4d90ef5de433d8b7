/** What is known of a live stream's regularity. Times are on one clock, in milliseconds. */
export interface Signs {
  /** Arrival of the newest decoded frame. */
  lastFrameAt: number;
  /** Time between two frames; null until two have come. */
  frameGapMs: number | null;
  /** Arrival of the newest video packet; null where packets are not seen. */
  lastVideoAt: number | null;
  /** Time between two packets, as far as it is above half a second; null until it is known. */
  videoGapMs: number | null;
  /** Arrival of the oldest keyframe since the newest frame; null where there is none, or packets do not tell. */
  awaitedKeyframeAt: number | null;
}

export interface Patience {
  /** Longest time to the first frame, in milliseconds. */
  firstFrameMs: number;
  /** Longest silence that the user allows; 0: found out from the stream. */
  silenceMs: number;
  /** How seldom a source of this kind sends something by its nature, in milliseconds; 0 for all the time. */
  beatMs: number;
}

/** Below this a silence may be a hiccup of the network. With the time to notice it, below the 10 s that are promised. */
const PACKET_FLOOR_MS = 8000;
const FRAME_FLOOR_MS = 10_000;
/** A stream may skip two beats before it counts as silent: a long GOP must cause no restart (frigate#3047). */
const MISSED = 3;
/** A keyframe has come, but no frame: the decoder hangs, or cannot read it. */
const DECODE_MS = 10_000;
/** Packets come, but no keyframe: most such cameras only save bandwidth while nothing moves. */
const KEYFRAME_FLOOR_MS = 60_000;

/**
 * When a live stream counts as stalled, on the clock of the signs: its packets fail to come, or its frames although
 * its packets come. Measured against the stream's own rhythm.
 */
export function stallDeadline(signs: Signs, { firstFrameMs, silenceMs, beatMs }: Patience): number {
  const { lastFrameAt, frameGapMs, lastVideoAt, videoGapMs, awaitedKeyframeAt } = signs;
  if (lastVideoAt === null) {
    const unknownMs = Math.max(firstFrameMs, FRAME_FLOOR_MS);
    const limitMs = frameGapMs === null ? unknownMs : Math.max(FRAME_FLOOR_MS, MISSED * frameGapMs);
    return lastFrameAt + (silenceMs || limitMs);
  }
  const packets =
    lastVideoAt + (silenceMs || Math.max(PACKET_FLOOR_MS, MISSED * Math.max(videoGapMs ?? 0, beatMs)));
  if (awaitedKeyframeAt !== null && awaitedKeyframeAt > lastFrameAt) {
    // Frames may be wanted less often than keyframes come.
    const gapMs = frameGapMs === null ? KEYFRAME_FLOOR_MS : 2 * frameGapMs;
    return Math.min(packets, awaitedKeyframeAt + Math.max(DECODE_MS, gapMs, silenceMs));
  }
  const frames = MISSED * Math.max(frameGapMs ?? 0, beatMs);
  return Math.min(packets, lastFrameAt + Math.max(KEYFRAME_FLOOR_MS, frames, silenceMs));
}

/**
 * The rhythm of a stream: rises at once, falls slowly. Cameras that save bandwidth send keyframes every second, and
 * every ten in a quiet scene: a mean would call that silent.
 *
 * @param last null for the first gap
 */
export function gapAfter(last: number | null, gapMs: number): number {
  return Math.max(gapMs, (last ?? gapMs) * 0.8 + gapMs * 0.2);
}
