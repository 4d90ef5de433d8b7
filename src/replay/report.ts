import type { Hint } from './hints';
import type { LabelledEvent } from './labels';
import type { ReplayRecord } from './recorder';
import type { EventResult, Figures } from './score';

/** One value of a sweep, and what it comes to. */
export interface SweepPoint {
  value: number;
  figures: Figures;
}

/** A goal that was set, and whether it holds. */
export interface Goal {
  name: 'min-recall' | 'max-cost';
  goal: number;
  measured: number | null;
  ok: boolean;
}

/** All that a replay has found, as report.json has it. */
export interface Report {
  /** Of this format. */
  version: 1;
  flow: string;
  input: string;
  camera: string;
  /** Who answered. */
  model: string;
  /** Epoch milliseconds of the start of the recording. */
  start: number;
  /** Seconds of the recording in one second of this machine. */
  speed: number;
  figures: Figures;
  events: EventResult[];
  /** Those of the part that was replayed; null where there are none. */
  labels: LabelledEvent[] | null;
  /** How many begin after that part. */
  leftOut: number;
  record: ReplayRecord;
  /** What about the questions is likely to give wrong answers. */
  hints: Hint[];
  sweep: { setting: string; own: number; points: SweepPoint[] } | null;
  goals: Goal[];
}

/** The figures as lines of text, a name and a value each; what is not known is left out. */
export function figureLines(figures: Figures): [name: string, value: string][] {
  const f = figures;
  const seconds = (value: number | null) => (value === null ? null : `${value.toFixed(1)} s`);
  const { alerts, tokens, answers } = f;
  const about = tokens.estimated ? 'about ' : '';
  const lines: [string, string | null][] = [
    ['Footage', duration(f.durationS)],
    ['Frames in', String(f.framesIn)],
    [
      'Frames sent',
      `${f.framesSent} (${percent(f.reduction)} fewer; ${percent(f.reductionVs1fps)} fewer than one a second)`,
    ],
    ['Event recall', f.eventRecall === null ? null : `${percent(f.eventRecall)} of ${f.events} events`],
    ['Onset to first frame', both(seconds(f.onsetDelayP50S), seconds(f.onsetDelayMaxS))],
    ['Onset to alert', median(seconds(f.alertDelayP50S))],
    [
      'False wake-ups',
      f.falseWakeups === null
        ? null
        : `${f.falseWakeups} (${(f.falseWakeupsPerHour ?? 0).toFixed(1)} per camera-hour)`,
    ],
    ['Alerts', alerts && alertText(alerts)],
    [
      'Calls',
      f.calls === 0 ? null : `${f.calls}${f.unanswered > 0 ? `, ${f.unanswered} without an answer` : ''}`,
    ],
    ['Answers', f.calls === 0 ? null : `${answers.yes} yes, ${answers.no} no, ${answers.unknown} unknown`],
    ['Tokens', f.calls === 0 ? null : `${about}${tokens.input} in, ${tokens.output} out`],
    ['Cost', f.costPerDay === null ? null : `${about}${money(f.costPerDay)} per camera and day`],
  ];
  return lines.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}

/** Labels that are in no figure, in words. */
export function leftOutText(labels: number): string {
  return `Left out: ${labels} ${labels === 1 ? 'label that begins' : 'labels that begin'} after the part that was replayed`;
}

/** A share (0 to 1) as people read it. */
export function percent(share: number): string {
  const value = share * 100;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} %`;
}

/** Seconds as `1:02:03`, `2:19` or `4.2 s`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** An amount with two digits that say something. */
export function money(amount: number): string {
  return amount >= 1 || amount === 0 ? amount.toFixed(2) : amount.toPrecision(2);
}

function both(p50: string | null, max: string | null): string | null {
  return p50 === null || max === null ? null : `${p50} (median), ${max} (longest)`;
}

function median(p50: string | null): string | null {
  return p50 === null ? null : `${p50} (median)`;
}

function alertText({ raised, right, missed, false: wrong }: NonNullable<Figures['alerts']>): string {
  return right === null ? `${raised} raised` : `${right} right, ${missed} missed, ${wrong} false`;
}
