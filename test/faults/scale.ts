import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';

/** `npm run faults` runs with the deadlines of real use, `npm test` with short ones. */
export const FULL = process.env.FAULTS === 'full';

/** How long things last; where a catalogue row names a time, `full` is that time. Milliseconds. */
export const SCALE = FULL
  ? {
      /** 0: found out from the stream, as in real use. */
      silenceMs: 0,
      firstFrameMs: 30_000,
      holdMs: 10_000,
      /** How soon a silence must be seen. */
      stallMs: 10_000,
      outageMs: 20_000,
    }
  : { silenceMs: 2000, firstFrameMs: 15_000, holdMs: 500, stallMs: 2500, outageMs: 2500 };

/** What a busy machine may add to a deadline in `npm test`; the deadlines of `npm run faults` are strict. */
const SLACK_MS = FULL ? 0 : 20_000;

/** Longest wait for what only fails to come where a test fails. */
export const PATIENCE_MS = 60_000;

/** Picks by the scale of the run. */
export function scaled<T>(short: T, full: T): T {
  return FULL ? full : short;
}

/**
 * Reports what a row has measured, for docs/faults.md, and holds it against the row's criterion.
 *
 * @param what such as `detected`
 * @param limit none where the row names no number
 */
export function measured(row: number, what: string, value: number, unit: 's' | '', limit?: number): void {
  const file = process.env.FAULTS_FIGURES;
  if (file) appendFileSync(file, `${JSON.stringify({ row, what, value, unit, limit })}\n`);
  if (limit === undefined) return;
  const most = unit === 's' ? limit + SLACK_MS / 1000 : limit;
  assert.ok(value <= most, `${what}: ${Math.round(value * 100) / 100} ${unit}, at most ${most} expected`);
}

/** Options of a test that shows what is not done yet: `npm run faults` runs it and tells, `npm test` skips it aloud. */
export function shortfall(reason: string): { todo: string } | { skip: string } {
  return FULL ? { todo: reason } : { skip: `not done yet: ${reason}` };
}

/** For what is no criterion but has to last a while: sessions that must not end, holds that must hold. */
export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
