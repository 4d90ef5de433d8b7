import type { AlertInfo } from '../shared/messages';
import type { Finding } from './finding';

/** A message on its way: plain data, so that it can be sent again after a restart. */
export interface Letter {
  alert: AlertInfo;
  finding: Finding;
  /** When it was written, epoch milliseconds on the real clock. */
  at: number;
  /** How often it was sent. */
  tries: number;
}

/** The outbox of one key on one channel: in order, one at a time. */
export interface Lane {
  letters: Letter[];
  /** Whether the first one is out, and nobody has said how it went. */
  out: boolean;
  /** When the first one counts as lost (while it is out), or is sent again. Epoch milliseconds. */
  nextAt: number;
}

export interface LaneOptions {
  /** How long a confirmation may take. */
  confirmMs: number;
  /** After this long a letter is dead. */
  giveUpMs: number;
}

export type LaneOutput =
  | { type: 'send'; letter: Letter }
  /** `wasLost`: it had not arrived at the first time. */
  | { type: 'delivered'; letter: Letter; wasLost: boolean }
  | { type: 'lost'; letter: Letter }
  | { type: 'dead'; letter: Letter };

export interface LaneChange {
  lane: Lane;
  outputs: LaneOutput[];
}

export const EMPTY_LANE: Lane = { letters: [], out: false, nextAt: 0 };

/** An alert has three or four letters; more only wait where a rule fires again and again while nothing arrives. */
const MAX_LETTERS = 20;
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 300_000;

/** Puts a letter at the end. Of updates that wait the newest is enough; what has no room any more is dead. */
export function post(lane: Lane, letter: Letter): LaneChange {
  const { letters, out } = lane;
  const last = letters.at(-1);
  const isNewer = letter.alert.state === 'updated' && last?.alert.state === 'updated';
  const replaces = isNewer && last.alert.id === letter.alert.id && last.tries === 0;
  const next = [...(replaces ? letters.slice(0, -1) : letters), letter];
  if (next.length <= MAX_LETTERS) return { lane: { ...lane, letters: next }, outputs: [] };
  // Not the one that is out: its confirmation may be on the way.
  const [dead] = next.splice(out ? 1 : 0, 1);
  return { lane: { ...lane, letters: next }, outputs: dead ? [{ type: 'dead', letter: dead }] : [] };
}

/**
 * A letter has arrived. Also one that had been given up for lost a moment ago.
 *
 * @param count of the letter's alert; null for whichever of this alert is out
 */
export function confirm(lane: Lane, id: string, count: number | null): LaneChange {
  const [first, ...rest] = lane.letters;
  if (!first || !isMeant(first, id, count)) return { lane, outputs: [] };
  const output = { type: 'delivered', letter: first, wasLost: first.tries > 1 || !lane.out } as const;
  return { lane: { letters: rest, out: false, nextAt: 0 }, outputs: [output] };
}

/** A letter has not arrived, as somebody has told. */
export function reject(
  lane: Lane,
  id: string,
  count: number | null,
  now: number,
  options: LaneOptions,
): LaneChange {
  const [first] = lane.letters;
  if (!first || !lane.out || !isMeant(first, id, count)) return { lane, outputs: [] };
  return lost(lane, first, now, options);
}

/** The channel works again: what waits for its next try need not wait longer. */
export function hurry(lane: Lane, now: number): Lane {
  return lane.out || lane.letters.length === 0 ? lane : { ...lane, nextAt: now };
}

/** After a restart nobody knows what became of what was out: it is sent again. */
export function resumed(lane: Lane): Lane {
  return { ...lane, out: false, nextAt: 0 };
}

/** What time brings: letters that are due, lost or dead. */
export function tend(lane: Lane, now: number, options: LaneOptions): LaneChange {
  const outputs: LaneOutput[] = [];
  let { letters, out, nextAt } = lane;
  for (;;) {
    const [first, ...rest] = letters;
    if (!first) return { lane: { letters, out: false, nextAt: 0 }, outputs };
    if (now >= first.at + options.giveUpMs) {
      outputs.push({ type: 'dead', letter: first });
      [letters, out, nextAt] = [rest, false, 0];
    } else if (out && now >= nextAt) {
      const change = lost({ letters, out, nextAt }, first, now, options);
      outputs.push(...change.outputs);
      ({ letters, out, nextAt } = change.lane);
    } else if (!out && now >= nextAt) {
      const letter = { ...first, tries: first.tries + 1 };
      outputs.push({ type: 'send', letter });
      return { lane: { letters: [letter, ...rest], out: true, nextAt: now + options.confirmMs }, outputs };
    } else {
      return { lane: { letters, out, nextAt }, outputs };
    }
  }
}

/** When {@link tend} has something to do next; null for never. */
export function wakeOf({ letters, nextAt }: Lane, { giveUpMs }: LaneOptions): number | null {
  const [first] = letters;
  return first ? Math.min(nextAt, first.at + giveUpMs) : null;
}

function lost(lane: Lane, first: Letter, now: number, { confirmMs }: LaneOptions): LaneChange {
  // Where answers are awaited for less than the pause, the channel is a quick one.
  const pause = Math.min(FIRST_PAUSE_MS, confirmMs) * 2 ** Math.min(first.tries - 1, 16);
  const nextAt = now + Math.min(LONGEST_PAUSE_MS, pause);
  return { lane: { ...lane, out: false, nextAt }, outputs: [{ type: 'lost', letter: first }] };
}

function isMeant({ alert, tries }: Letter, id: string, count: number | null): boolean {
  return tries > 0 && alert.id === id && (count === null || alert.count === count);
}
