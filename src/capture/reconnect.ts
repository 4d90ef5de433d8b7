import type { CameraCode } from '../shared/errors';

/** The pause before the next try. */
export interface Pause {
  lengthMs: number;
  /** When the present outage began; null while there is none. */
  outageSince: number | null;
}

/** Pauses of an ordinary loss: short for two minutes, as a camera that restarts is back within them. */
const BASE_MS = 1000;
/** With the start of ffmpeg and a GOP of 2 s, a camera shows a picture within 8 s of its return (bench capture). */
const EARLY_CAP_MS = 4000;
const EARLY_MS = 120_000;
const LATE_CAP_MS = 60_000;

/** First pause and cap for what does not heal soon. A camera that is asked too often locks its user out for 30 min. */
const SLOW: Partial<Record<CameraCode, { firstMs: number; capMs: number }>> = {
  CAMERA_AUTH: { firstMs: 5 * 60_000, capMs: 60 * 60_000 },
  CAMERA_NOT_FOUND: { firstMs: 60_000, capMs: 10 * 60_000 },
  CAMERA_NO_VIDEO: { firstMs: 60_000, capMs: 10 * 60_000 },
  CAMERA_REFUSED: { firstMs: 60_000, capMs: 10 * 60_000 },
  CAMERA_TLS: { firstMs: 60_000, capMs: 10 * 60_000 },
  CAMERA_FILE: { firstMs: 10_000, capMs: 60_000 },
  CAMERA_FFMPEG_MISSING: { firstMs: 30_000, capMs: 60_000 },
  // A session that was not closed is kept by the camera for up to 65 s (live555).
  CAMERA_BUSY: { firstMs: 65_000, capMs: 5 * 60_000 },
};

/**
 * The next pause: grows, with jitter so that cameras lost together do not all come back at once. Ordinary losses
 * use decorrelated jitter, `min(cap, between(base, 3 × last pause))` (AWS Architecture Blog, "Exponential Backoff
 * And Jitter", 2015); the slow classes double, with up to a tenth more.
 *
 * @param last the pause before; `lengthMs` 0 for none
 * @param random 0 to 1
 * @param soon true where the next try is different from the last one, and so need not wait
 */
export function nextPause(code: CameraCode, last: Pause, now: number, random: number, soon = false): Pause {
  const outageSince = last.outageSince ?? now;
  const slow = SLOW[code];
  if (soon) return { lengthMs: BASE_MS, outageSince };
  if (slow) {
    const doubled = Math.min(slow.capMs, Math.max(slow.firstMs, last.lengthMs * 2));
    return { lengthMs: doubled * (1 + random / 10), outageSince };
  }
  const cap = now - outageSince < EARLY_MS ? EARLY_CAP_MS : LATE_CAP_MS;
  const lengthMs = Math.min(cap, BASE_MS + random * (Math.max(BASE_MS, 3 * last.lengthMs) - BASE_MS));
  return { lengthMs, outageSince };
}
