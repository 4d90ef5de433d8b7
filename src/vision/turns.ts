import type { Candidate } from './lane';

/** Whose turn it is. */
export interface Turns {
  /** Turn in which each camera was served last; a camera without one comes first. */
  served: Map<string, number>;
  turn: number;
  /** Cameras with an alert in progress, and until when they count as such. */
  alerts: Map<string, number>;
  /** Calls in a row that went before others. */
  before: number;
}

/** Cameras whose last turn is kept; one that is forgotten is merely served a little early. */
const MAX_CAMERAS = 2000;
/** temporal-window asks for a picture at least every half of its gap (15 s) while a run is not idle. */
const ALERT_MS = 60_000;
/** After so many that went before, one of the others has its turn: an alert that lasts must not blind the rest. */
const MOST_BEFORE = 4;

export function noTurns(): Turns {
  return { served: new Map(), turn: 0, alerts: new Map(), before: 0 };
}

/** Whether the picture is of a camera with an alert in progress or near. */
export function isAlert(turns: Turns, candidate: Candidate, now: number): boolean {
  return candidate.probe || (turns.alerts.get(candidate.camera) ?? Number.NEGATIVE_INFINITY) > now;
}

/** temporal-window has asked for a picture of the camera. */
export function noteProbe(turns: Turns, camera: string, now: number): void {
  turns.alerts.delete(camera);
  turns.alerts.set(camera, now + ALERT_MS);
  for (const [name, until] of turns.alerts) {
    // In the order of their ends.
    if (until > now && turns.alerts.size <= MAX_CAMERAS) break;
    turns.alerts.delete(name);
  }
}

/** Whether `a` is asked about before `b`. */
export function goesBefore(turns: Turns, a: Candidate, b: Candidate, now: number): boolean {
  const rankA = rank(turns, a, now);
  const rankB = rank(turns, b, now);
  if (rankA !== rankB) return turns.before < MOST_BEFORE ? rankA > rankB : rankA < rankB;
  const turnA = turns.served.get(a.camera) ?? 0;
  const turnB = turns.served.get(b.camera) ?? 0;
  return turnA === turnB ? a.id < b.id : turnA < turnB;
}

/** A picture is asked about. */
export function takeTurn(turns: Turns, candidate: Candidate, now: number): void {
  turns.before = rank(turns, candidate, now) > 0 && turns.before < MOST_BEFORE ? turns.before + 1 : 0;
  turns.turn += 1;
  turns.served.delete(candidate.camera);
  turns.served.set(candidate.camera, turns.turn);
  if (turns.served.size > MAX_CAMERAS) {
    const [longestAgo] = turns.served.keys();
    if (longestAgo !== undefined) turns.served.delete(longestAgo);
  }
}

function rank(turns: Turns, candidate: Candidate, now: number): number {
  if (isAlert(turns, candidate, now)) return 2;
  return candidate.pinned ? 1 : 0;
}
