import type { Finding } from './finding';

/** What was said of a camera, by id or name, or of all (''). */
export interface Mute {
  name: string;
  /** Epoch milliseconds; in the past where it is not muted any more. */
  until: number;
}

/** The newest last. Plain data. */
export type Mutes = Mute[];

/** As for "until somebody says so": a year. */
export const MUTED_FOR_LONG_MS = 365 * 86_400_000;

const MAX_MUTES = 1000;

/** With a camera ('' for all) muted until then. `until` not after `now` unmutes; for all: also each by its name. */
export function withMute(mutes: Mutes, name: string, until: number, now: number): Mutes {
  if (name === '' && until <= now) return [];
  const said = [...mutes.filter((one) => one.name !== name), { name, until }];
  // What is over still outdoes what was said before it: the id and the name of one camera are two words here.
  const oldest = said.findIndex((one) => one.until > now);
  const living = said.filter((one, i) => one.until > now || (oldest >= 0 && i > oldest));
  return living.slice(-MAX_MUTES);
}

/** Until when nothing is to be told of a camera; null where it is not muted. Of its id and its name the later word counts. */
export function mutedUntil(
  mutes: Mutes,
  { camera, cameraName }: Pick<Finding, 'camera' | 'cameraName'>,
  now: number,
): number | null {
  const ofAll = mutes.find(({ name }) => name === '');
  const ofCamera = mutes.findLast(({ name }) => name === camera || name === cameraName);
  const end = Math.max(ofAll?.until ?? 0, ofCamera?.until ?? 0);
  return end > now ? end : null;
}

/** Whether all are muted. */
export function isAllMuted(mutes: Mutes, now: number): boolean {
  return mutes.some(({ name, until }) => name === '' && until > now);
}
