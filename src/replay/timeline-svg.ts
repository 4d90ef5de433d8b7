import type { ReplayRecord, SentFrame } from './recorder';
import { duration, type Report } from './report';

/** Pixels. Text is 11 px high. */
const WIDTH = 1000;
const LEFT = 112;
const RIGHT = 22;
const LANE = 26;
const AXIS = 24;
const MAX_ROWS = 12;
/** What a row of the timeline may stand for, in seconds: people read such steps without thinking. */
const ROW_STEPS = [60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400];
const TICK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200];
const MAX_TICKS = 12;
const MAX_WINDOW_LANES = 6;
/** What begins within so many pixels of a lane cannot be told apart: it is drawn as one. */
const CELL = 2;

interface Span {
  from: number;
  to: number;
  kind: string;
  title: string;
}

interface Lane {
  name: string;
  /** Bars. */
  spans: Span[];
  /** Marks at one time. */
  marks: { at: number; kind: string; title: string; target?: string }[];
}

/** The timeline of a replay: labelled events, frames, answers, windows and alerts below each other, in rows. */
export function timeline(report: Report): string {
  const { durationS } = report.record;
  const rowS =
    ROW_STEPS.find((step) => durationS / step <= MAX_ROWS && step >= durationS / 4) ?? durationS / MAX_ROWS;
  const spanS = Math.max(1, durationS <= rowS ? durationS : rowS);
  const rows = Math.max(1, Math.ceil(durationS / spanS));
  const lanes = lanesOf(report);
  return Array.from({ length: rows }, (_, row) => rowSvg(lanes, row * spanS, spanS, durationS)).join('\n');
}

/** Text that may stand in HTML and in attributes. */
export function escaped(text: string): string {
  const names: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? '');
}

function lanesOf({ labels, record, events }: Report): Lane[] {
  const { sent, answers, views } = record;
  const lanes: Lane[] = [];
  if (labels) {
    const spans = events.map(({ label, start, end, found }) => ({
      ...{ from: start, to: end, kind: found ? 'event' : 'missed' },
      title: `${label || 'event'}, ${start} s to ${end} s${found ? '' : ': missed'}`,
    }));
    lanes.push({ name: 'Labels', spans, marks: [] });
  }
  const seen = (frame: SentFrame) => ({
    at: frame.time,
    kind: `sent ${frame.reason}`,
    title: `${frame.time} s: ${frame.reason}`,
    target: frame.id,
  });
  const hidden = views.map(({ at, view }) => ({ at, kind: 'view', title: `${at} s: camera ${view}` }));
  lanes.push({ name: 'Frames sent', spans: [], marks: [...sent.map(seen), ...hidden] });
  for (const rule of new Set(answers.map((answer) => answer.rule))) {
    const marks = answers
      .filter((answer) => answer.rule === rule)
      .map(({ time, at, verdict, reason }) => ({
        ...{ at: time, kind: `verdict ${verdict}` },
        title: `${time} s: ${verdict}, came after ${(at - time).toFixed(1)} s. ${reason}`,
      }));
    lanes.push({ name: `Answers: ${rule}`, spans: [], marks });
  }
  lanes.push(...windowLanes(record));
  if (record.alerts.length + record.held.length > 0) lanes.push(alertLane(record));
  return lanes;
}

function windowLanes({ windows, durationS }: ReplayRecord): Lane[] {
  const keys = [...new Set(windows.map(({ key }) => key))].slice(0, MAX_WINDOW_LANES);
  return keys.map((key) => {
    const own = windows.filter((one) => one.key === key);
    const spans = own.flatMap(({ at, state, heldS }, index) => {
      const to = own[index + 1]?.at ?? durationS;
      if (state === 'idle' || state === 'resolved' || state === 'expired') return [];
      return [
        { from: at, to, kind: `state ${state}`, title: `${at} s: ${state}, held for ${heldS.toFixed(0)} s` },
      ];
    });
    return { name: `Window: ${own[0]?.rule ?? ''}`, spans, marks: [] };
  });
}

function alertLane({ alerts, held, durationS }: ReplayRecord): Lane {
  const raised = alerts.filter(({ state }) => state === 'raised');
  const spans = raised.map(({ id, at, severity }) => {
    const cleared = alerts.find((one) => one.id === id && one.state === 'cleared');
    const to = cleared?.at ?? durationS;
    return {
      from: at,
      to,
      kind: 'alert',
      title: `Alert (${severity}), ${at} s to ${cleared ? `${to} s` : 'the end'}`,
    };
  });
  const marks = held.map(({ at, reason }) => ({ at, kind: 'held', title: `${at} s: held back, ${reason}` }));
  return { name: 'Alerts', spans, marks };
}

function rowSvg(lanes: Lane[], from: number, spanS: number, lengthS: number): string {
  const height = lanes.length * LANE + AXIS;
  const x = (time: number) => LEFT + ((time - from) / spanS) * (WIDTH - LEFT - RIGHT);
  // The last frame of a recording stands at its end.
  const isIn = (time: number) => time >= from && (time < from + spanS || time === lengthS);
  const parts = lanes.map((lane, index) => {
    const y = index * LANE;
    const spans = lane.spans
      .filter((span) => span.to > from && span.from < from + spanS)
      .map((span) => ({ ...span, from: Math.max(span.from, from), to: Math.min(span.to, from + spanS) }));
    const bars = joined(spans, (span) => x(span.from), longer).map((span) => {
      const left = x(span.from);
      const width = Math.max(2, x(span.to) - left);
      return `<rect class="${span.kind}" x="${px(left)}" y="${y + 6}" width="${px(width)}" height="14" rx="2">${title(span.title)}</rect>`;
    });
    const seen = lane.marks.filter(({ at }) => isIn(at));
    const marks = joined(seen, ({ at }) => x(at)).map((mark) => {
      const shape = `<rect class="${escaped(mark.kind)}" x="${px(x(mark.at) - 2)}" y="${y + 5}" width="4" height="16" rx="1">${title(mark.title)}</rect>`;
      return mark.target ? `<a href="#${escaped(mark.target)}">${shape}</a>` : shape;
    });
    const name = `<text class="lane" x="0" y="${y + 17}">${escaped(short(lane.name))}${title(lane.name)}</text>`;
    return [
      name,
      `<line class="rule" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y + LANE}" y2="${y + LANE}"/>`,
      ...bars,
      ...marks,
    ].join('');
  });
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Timeline from ${duration(from)}">${parts.join('\n')}${ticks(from, spanS, height, x)}</svg>`;
}

/**
 * One of each kind a cell, with how many more there are: a page of a whole day has no more parts than pixels.
 *
 * @param choose of two in a cell, the one that is drawn
 */
function joined<T extends { kind: string; title: string }>(
  all: readonly T[],
  xOf: (one: T) => number,
  choose: (first: T, other: T) => T = (first) => first,
): T[] {
  const cells = new Map<string, { one: T; more: number }>();
  for (const one of all) {
    const cell = `${Math.floor(xOf(one) / CELL)} ${one.kind}`;
    const known = cells.get(cell);
    cells.set(cell, known ? { one: choose(known.one, one), more: known.more + 1 } : { one, more: 0 });
  }
  return [...cells.values()].map(({ one, more }) =>
    more === 0 ? one : { ...one, title: `${one.title} (and ${more} more)` },
  );
}

function longer(a: Span, b: Span): Span {
  return b.to - b.from > a.to - a.from ? b : a;
}

function ticks(from: number, spanS: number, height: number, x: (time: number) => number): string {
  const step = TICK_STEPS.find((one) => spanS / one <= MAX_TICKS) ?? spanS / MAX_TICKS;
  const first = Math.ceil(from / step) * step;
  const count = Math.floor((from + spanS - first) / step) + 1;
  return Array.from({ length: count }, (_, index) => first + index * step)
    .map(
      (at) => `<text class="tick" x="${px(x(at))}" y="${height - 7}">${at === 0 ? '0' : duration(at)}</text>`,
    )
    .join('');
}

function title(text: string): string {
  return `<title>${escaped(text)}</title>`;
}

function short(name: string): string {
  return name.length > 19 ? `${name.slice(0, 18)}…` : name;
}

function px(value: number): string {
  return value.toFixed(1);
}
