import type { Traffic } from './feed';

/** Keyframes that come more seldom than this are too seldom to see an event: then all frames are decoded. */
export const SELDOM_MS = 4000;
/** A keyframe that is on its way is waited for. */
const TOLERANCE_MS = 500;

/**
 * Whether a stream's keyframes come too seldom to watch by them alone (mode `auto`).
 *
 * @param now on the clock of the traffic's times
 * @returns null while that is not known
 */
export function needsAllFrames({ gopMs, lastKeyframeAt }: Readonly<Traffic>, now: number): boolean | null {
  if (gopMs !== null) return gopMs > SELDOM_MS;
  if (lastKeyframeAt !== null && now - lastKeyframeAt > SELDOM_MS + TOLERANCE_MS) return true;
  return null;
}
