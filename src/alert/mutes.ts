import type { Finding } from './finding';

/** Until when each camera is muted, by id or name; '' for all. Epoch milliseconds. Plain data. */
export type Mutes = Record<string, number>;

/** As for "until somebody says so": a year. */
export const MUTED_FOR_LONG_MS = 365 * 86_400_000;

const MAX_MUTES = 1000;

/** With a camera ('' for all) muted until then; those that are over are left out. `until` not after `now` unmutes. */
export function withMute(mutes: Mutes, camera: string, until: number, now: number): Mutes {
  const { [camera]: _, ...others } = mutes;
  const living = Object.entries(others).filter(([, end]) => end > now);
  if (until > now) living.push([camera, until]);
  return Object.fromEntries(living.slice(-MAX_MUTES));
}

/** Until when nothing is to be told of a camera; null where it is not muted. */
export function mutedUntil(mutes: Mutes, { camera, cameraName }: Finding, now: number): number | null {
  const ends = ['', camera, cameraName].map((name) => (Object.hasOwn(mutes, name) ? (mutes[name] ?? 0) : 0));
  const end = Math.max(...ends);
  return end > now ? end : null;
}
