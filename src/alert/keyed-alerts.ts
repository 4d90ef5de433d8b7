import type { Decider, Step, Wake } from '../shared/decider';
import type { AlertInfo } from '../shared/messages';
import type { Finding } from './finding';
import { alertGate } from './gate';
import type { GateInput, GateOptions, GateOutput, GateState } from './gate-state';
import {
  confirm,
  EMPTY_LANE,
  hurry,
  type Lane,
  type LaneChange,
  type LaneOptions,
  type Letter,
  post,
  reject,
  resumed,
  tend,
  wakeOf,
} from './lane';

export interface KeyedAlertsOptions {
  gate: GateOptions;
  lane: LaneOptions;
  /** Names of the ways on which each alert is delivered; [''] for one without a name. */
  channels: readonly string[];
}

/** What is known about a key, and what of it has not arrived. One value, so that a kill never parts the two. */
export interface KeyedState {
  /** null where nothing is left to remember. */
  gate: GateState | null;
  /** By channel; only those in which something waits. */
  lanes: Record<string, Lane>;
}

export type KeyedEvent =
  | GateInput
  /** How the delivery of a message went. `channel` and `count` are null where that was not told. */
  | { type: 'confirmed' | 'rejected'; id: string; channel: string | null; count: number | null }
  /** A channel works again. */
  | { type: 'hurry'; channel: string }
  /** Something to tell that no rule has found: a digest. */
  | { type: 'post'; alert: AlertInfo; finding: Finding };

export type KeyedOutput =
  | Exclude<GateOutput, { type: 'forget' }>
  /** `own`: it belongs to the message just given. */
  | { type: 'send'; channel: string; letter: Letter; own: boolean }
  /** Nobody has confirmed it in time, or there was no room for it. */
  | { type: 'dead'; channel: string; letter: Letter }
  /** The channel has taken something that it did not take before. */
  | { type: 'back'; channel: string }
  /** Nothing is left of the key. */
  | { type: 'forget' };

/** Of what is kept of a key: an alert of another one would be read wrongly. */
const VERSION = 2;
/** Below the 24 days of setTimeout. */
const LONGEST_WAIT_MS = 7 * 86_400_000;

const NOTHING: KeyedState = { gate: null, lanes: {} };

/** What a gate decides, and whether it arrives: on each channel in order, again until it is confirmed. */
export function keyedAlerts(options: KeyedAlertsOptions): Decider<KeyedState, KeyedEvent, KeyedOutput> {
  const gateStep = alertGate(options.gate);

  return (before = NOTHING, event, now) => {
    const work = new Work(before, now, options, gateStep);
    work.take(event);
    work.tend();
    return work.step();
  };
}

/**
 * A key as it goes on after a restart, from what the journal gave back.
 *
 * @returns null where it is of another version. `dead`: letters of channels that are no longer set
 */
export function restoredKey(
  value: unknown,
  channels: readonly string[],
): { state: KeyedState; dead: { channel: string; letter: Letter }[] } | null {
  const kept = value as { version?: unknown; state?: KeyedState } | null;
  if (typeof kept !== 'object' || kept?.version !== VERSION || !kept.state) return null;
  const { gate, lanes: before } = kept.state;
  const lanes: Record<string, Lane> = {};
  const dead: { channel: string; letter: Letter }[] = [];
  for (const [channel, lane] of Object.entries(before)) {
    if (channels.includes(channel)) lanes[channel] = resumed(lane);
    else dead.push(...lane.letters.map((letter) => ({ channel, letter })));
  }
  return { state: { gate, lanes }, dead };
}

/** What is to be kept of a key. */
export function keptKey(state: KeyedState): object {
  return { version: VERSION, state };
}

/** Messages of a key that were lost at least once and wait. */
export function lostCount({ lanes }: KeyedState): number {
  return Object.values(lanes).filter(({ letters, out }) => letters[0] && (letters[0].tries > 1 || !out))
    .length;
}

/** One step, as it comes to be. */
class Work {
  readonly #now: number;
  readonly #options: KeyedAlertsOptions;
  readonly #gateStep: Decider<GateState, GateInput, GateOutput>;
  readonly #outputs: KeyedOutput[] = [];
  readonly #lanes: Record<string, Lane>;
  /** Letters that belong to the message just given. */
  readonly #own = new Set<string>();
  #gate: GateState | null;
  #gateWakeAt: number | null = null;

  constructor(
    { gate, lanes }: KeyedState,
    now: number,
    options: KeyedAlertsOptions,
    gateStep: Decider<GateState, GateInput, GateOutput>,
  ) {
    this.#gate = gate;
    this.#lanes = { ...lanes };
    this.#now = now;
    this.#options = options;
    this.#gateStep = gateStep;
  }

  take(event: KeyedEvent | Wake): void {
    const now = this.#now;
    switch (event.type) {
      case 'confirmed':
        this.#onLanes(event.channel, (lane) => confirm(lane, event.id, event.count));
        break;
      case 'rejected':
        this.#onLanes(event.channel, (lane) => reject(lane, event.id, event.count, now, this.#options.lane));
        break;
      case 'hurry':
        this.#onLanes(event.channel, (lane) => ({ lane: hurry(lane, now), outputs: [] }));
        break;
      case 'post':
        this.#write(event.alert, event.finding, false);
        break;
      default:
        this.#askGate(event);
        return;
    }
    if (this.#gate) this.#askGate({ type: 'wake' });
  }

  tend(): void {
    this.#onLanes(null, (lane) => tend(lane, this.#now, this.#options.lane));
  }

  step(): Step<KeyedState, KeyedOutput> {
    const lanes = Object.values(this.#lanes);
    const times = [this.#gateWakeAt, ...lanes.map((lane) => wakeOf(lane, this.#options.lane))];
    const wakeAt = times.reduce((a, b) => (a === null ? b : b === null ? a : Math.min(a, b)), null);
    const state: KeyedState = { gate: this.#gate, lanes: this.#lanes };
    if (!this.#gate && lanes.length === 0) this.#outputs.push({ type: 'forget' });
    // A timer that is longer than Node.js can set would come early, and be taken for the time that was asked for.
    return { state, outputs: this.#outputs, wakeAt: wakeAt && Math.min(wakeAt, this.#now + LONGEST_WAIT_MS) };
  }

  #askGate(event: GateInput | Wake): void {
    const { state, outputs, wakeAt } = this.#gateStep(this.#gate ?? undefined, event, this.#now);
    this.#gate = state;
    this.#gateWakeAt = wakeAt;
    for (const output of outputs) {
      if (output.type === 'forget') this.#gate = null;
      else this.#outputs.push(output);
      if (output.type === 'alert') this.#write(output.alert, output.finding, output.own);
    }
  }

  #write(alert: AlertInfo, finding: Finding, own: boolean): void {
    for (const channel of this.#options.channels) {
      const letter = { alert, finding, at: this.#now, tries: 0 };
      this.#set(channel, post(this.#lanes[channel] ?? EMPTY_LANE, letter));
      if (own) this.#own.add(nameOf(alert));
    }
  }

  #onLanes(only: string | null, change: (lane: Lane) => LaneChange): void {
    for (const [channel, lane] of Object.entries(this.#lanes))
      if (only === null || only === channel) this.#set(channel, change(lane));
  }

  #set(channel: string, { lane, outputs }: LaneChange): void {
    if (lane.letters.length > 0) this.#lanes[channel] = lane;
    else delete this.#lanes[channel];
    for (const output of outputs) {
      const { letter } = output;
      const { id, state } = letter.alert;
      if (output.type === 'send')
        this.#outputs.push({ type: 'send', channel, letter, own: this.#own.has(nameOf(letter.alert)) });
      else if (output.type === 'dead') this.#outputs.push({ type: 'dead', channel, letter });
      else if (output.type === 'delivered' && output.wasLost) this.#outputs.push({ type: 'back', channel });
      if (state !== 'raised' || output.type === 'send' || !this.#gate) continue;
      this.#askGate({ type: output.type === 'delivered' ? 'told' : 'untold', id });
    }
  }
}

function nameOf({ id, count }: AlertInfo): string {
  return `${id} ${count}`;
}
