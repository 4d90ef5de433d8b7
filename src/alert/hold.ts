import type { Severity } from '../shared/messages';
import { isChange, rank } from './cooldown';
import type { Finding } from './finding';
import type { GateOptions, GateState, HoldReason, Holds, Raised, Waiting } from './gate-state';
import { quietUntil } from './quiet-times';

export interface Hold {
  reason: HoldReason;
  /** When it ends, epoch milliseconds; null where it does not. */
  until: number | null;
}

/** What holds alerts back for a time: mute, quiet times, the cooldown of the key, a flood. In this order. */
export interface HoldRules {
  /** For an alert that is to be raised; null where nothing does. */
  holdAt(state: GateState, wanted: Waiting, holds: Holds, now: number): Hold | null;
  /** For one message more about an alert that is raised; null where nothing does. What is worse passes as a new alert. */
  holdUpdate(known: Raised, finding: Finding, severity: Severity, holds: Holds, now: number): Hold | null;
}

export function holdRules(options: GateOptions): HoldRules {
  const { cooldownMs } = options;
  return {
    holdAt: ({ spent }, wanted, { mutedUntil, floodUntil }, now) => {
      if (mutedUntil !== null && now < mutedUntil) return { reason: 'muted', until: mutedUntil };
      const until = quietEnd(options, wanted.finding, wanted.severity, now);
      if (until !== null) return { reason: 'quiet-hours', until };
      const isSpent = spent && spent.from !== null && now < spent.from + cooldownMs;
      if (isSpent && spent.from !== null && !isChange(spent, wanted.finding, wanted.severity))
        return { reason: 'cooldown', until: spent.from + cooldownMs };
      return floodUntil === null ? null : { reason: 'flood', until: null };
    },
    holdUpdate: (known, finding, severity, { mutedUntil, floodUntil, updateRoomMs }, now) => {
      if (mutedUntil !== null && now < mutedUntil) return { reason: 'muted', until: mutedUntil };
      const until = quietEnd(options, finding, severity, now);
      if (until !== null) return { reason: 'quiet-hours', until };
      const isRoom = updateRoomMs === null || (floodUntil === null && rank(severity) > rank(known.severity));
      return isRoom ? null : { reason: 'flood', until: now + updateRoomMs };
    },
  };
}

/** When the quiet time is over in which nothing of this severity is told of a camera; null where it may be. */
export function quietEnd(
  { quiet, quietExcept, timeZone }: GateOptions,
  camera: Pick<Finding, 'timeZone'>,
  severity: Severity,
  now: number,
): number | null {
  if (!quiet || (quietExcept && rank(severity) >= rank(quietExcept))) return null;
  return quietUntil(now, quiet, camera.timeZone || timeZone);
}
