import { costOf, type Prices } from '../vision/cost';
import type { LabelledEvent } from './labels';
import type { RecordedAlert, ReplayRecord } from './recorder';

/** What a replay comes to. Figures that need labels, prices or alerts are null where there are none. */
export interface Figures {
  durationS: number;
  framesIn: number;
  framesSent: number;
  /** Share of the frames that were not sent, 0 to 1. */
  reduction: number;
  /** The same, in comparison to one frame a second. */
  reductionVs1fps: number;
  calls: number;
  /** Calls that got no reply. */
  unanswered: number;
  answers: { yes: number; no: number; unknown: number };
  tokens: { input: number; output: number; estimated: boolean };
  cost: number | null;
  costPerDay: number | null;
  events: number | null;
  eventRecall: number | null;
  onsetDelayP50S: number | null;
  onsetDelayMaxS: number | null;
  alertDelayP50S: number | null;
  falseWakeups: number | null;
  falseWakeupsPerHour: number | null;
  alerts: { raised: number; right: number | null; missed: number | null; false: number | null } | null;
}

/** How one labelled event was seen. */
export interface EventResult extends LabelledEvent {
  /** Frames sent while it lasted. */
  frames: number;
  /** Of those, how many were answered yes. */
  yes: number;
  found: boolean;
  /** From its start to the first of the frames; null where there is none. */
  onsetDelayS: number | null;
  /** null where nobody says whether there should be one. */
  alertExpected: boolean | null;
  /** From its start to the first alert for it; null where there is none. */
  alertDelayS: number | null;
}

export interface ScoreOptions {
  /** null where there are no labels. */
  events: readonly LabelledEvent[] | null;
  /** Whether the flow asks a model. */
  asks: boolean;
  /** Whether it has an alert-gate. */
  alerts: boolean;
  /** An event of this length or longer gets an alert; null where the rule is about something else than length. */
  holdS: number | null;
  /** Per million tokens; null where they are not known. */
  prices: Prices | null;
}

/** Labels are made by hand: what is this close to an event belongs to it. */
const TOLERANCE_S = 1;
const DAY_S = 86_400;
/** Selections that say that something has come. */
const WAKE_UPS: readonly string[] = ['start', 'scene'];

/** Works out how good a replay was. */
export function score(
  record: ReplayRecord,
  options: ScoreOptions,
): { figures: Figures; events: EventResult[] } {
  const { durationS, framesIn, sent, answers } = record;
  const judged = (options.events ?? []).map((event) => judge(record, event, options));
  const count = (verdict: string) => answers.filter((answer) => answer.verdict === verdict).length;
  const tokens = {
    input: answers.reduce((sum, answer) => sum + answer.tokens.input, 0),
    output: answers.reduce((sum, answer) => sum + answer.tokens.output, 0),
    estimated: answers.some(({ estimated }) => estimated),
  };
  const cost = options.prices && costOf(tokens, options.prices);
  const calls = record.calls.cassette + record.calls.model + record.calls.nobody;
  const onsets = judged.flatMap(({ onsetDelayS }) => onsetDelayS ?? []);
  const figures: Figures = {
    durationS,
    framesIn,
    framesSent: sent.length,
    reduction: share(framesIn - sent.length, framesIn),
    reductionVs1fps: 1 - sent.length / Math.max(1, durationS),
    calls,
    unanswered: calls - record.calls.replied,
    answers: { yes: count('yes'), no: count('no'), unknown: count('unknown') },
    tokens,
    cost,
    costPerDay: cost === null || durationS === 0 ? null : (cost / durationS) * DAY_S,
    ...(options.events ? labelled(record, options.events, judged) : NOT_LABELLED),
    onsetDelayP50S: median(onsets),
    onsetDelayMaxS: onsets.length > 0 ? Math.max(...onsets) : null,
    alertDelayP50S: median(judged.flatMap(({ alertDelayS }) => alertDelayS ?? [])),
    alerts: options.alerts ? judgeAlerts(record, options, judged) : null,
  };
  return { figures, events: judged };
}

const NOT_LABELLED = { events: null, eventRecall: null, falseWakeups: null, falseWakeupsPerHour: null };

function labelled(
  { sent, durationS }: ReplayRecord,
  events: readonly LabelledEvent[],
  judged: EventResult[],
) {
  const isOutside = (time: number) => !events.some((event) => isIn(time, event, TOLERANCE_S));
  const falseWakeups = sent.filter(({ reason, time }) => WAKE_UPS.includes(reason) && isOutside(time)).length;
  return {
    events: events.length,
    eventRecall: events.length > 0 ? share(judged.filter(({ found }) => found).length, events.length) : null,
    falseWakeups,
    falseWakeupsPerHour: durationS === 0 ? null : (falseWakeups / durationS) * 3600,
  };
}

function judge(record: ReplayRecord, event: LabelledEvent, options: ScoreOptions): EventResult {
  const shown = record.sent.filter(({ time }) => isIn(time, event));
  const yes = record.answers.filter(({ time, verdict }) => verdict === 'yes' && isIn(time, event)).length;
  const [first] = shown;
  const alert = record.alerts.find((one) => one.state === 'raised' && isFor(one, event));
  const expected = event.alert ?? (options.holdS === null ? null : event.end - event.start >= options.holdS);
  return {
    ...event,
    frames: shown.length,
    yes,
    found: options.asks ? yes > 0 : shown.length > 0,
    onsetDelayS: first ? round(first.time - event.start) : null,
    alertExpected: options.alerts ? expected : null,
    alertDelayS: alert ? round(alert.at - event.start) : null,
  };
}

function judgeAlerts(
  { alerts }: ReplayRecord,
  { events }: ScoreOptions,
  judged: EventResult[],
): Figures['alerts'] {
  const raised = alerts.filter(({ state }) => state === 'raised');
  const isJudged = events !== null && judged.every(({ alertExpected }) => alertExpected !== null);
  if (!isJudged) return { raised: raised.length, right: null, missed: null, false: null };
  const right = raised.filter((alert) => judged.some((event) => event.alertExpected && isFor(alert, event)));
  return {
    raised: raised.length,
    right: right.length,
    missed: judged.filter(({ alertExpected, alertDelayS }) => alertExpected && alertDelayS === null).length,
    false: raised.length - right.length,
  };
}

/** An alert is for the event in which its condition began. */
function isFor({ since }: RecordedAlert, event: LabelledEvent): boolean {
  return isIn(since, event, TOLERANCE_S);
}

function isIn(time: number, { start, end }: LabelledEvent, toleranceS = 0): boolean {
  return time >= start - toleranceS && time <= end + toleranceS;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function median(values: number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 ? upper : round((upper + (sorted[middle - 1] ?? upper)) / 2);
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
