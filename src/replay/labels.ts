import { feedbackEvents, isFeedback, type Recorded } from './feedback';
import { ReplayError } from './replay-error';
import { duration } from './report';

/** Something that happens in a recording. */
export interface LabelledEvent {
  label: string;
  /** Seconds from the start of the recording. */
  start: number;
  end: number;
  /** Whether the flow is to raise an alert for it; missing where its length tells. */
  alert?: boolean;
}

const MAX_EVENTS = 100_000;

/**
 * Reads what happens in a recording: JSON, CSV with `start_s,end_s,label`, WebVTT, or the feedback on alerts.
 *
 * @param clip name of the recording's file: a JSON file may have labels of several
 * @param recorded where and when it was recorded: feedback is of all cameras, and on the clock
 * @returns in order of their start
 * @throws ReplayError where it cannot be read, or has no labels of this recording
 */
export function readLabels(text: string, clip: string, recorded: Recorded): LabelledEvent[] {
  const clean = text.replace(/^\ufeff/, '').trim();
  const events = clean.startsWith('WEBVTT')
    ? fromVtt(clean)
    : isFeedback(clean)
      ? feedbackEvents(clean, recorded)
      : /^[[{]/.test(clean)
        ? fromJson(clean, clip)
        : fromCsv(clean);
  if (events.length > MAX_EVENTS) throw notLabels(`there are more than ${MAX_EVENTS}`);
  return events.sort((a, b) => a.start - b.start);
}

/**
 * The labels of the part that is replayed. Those that begin after it nobody could have seen; of one that goes on after it
 * only the part counts, as its length says whether there is to be an alert.
 *
 * @param part `lengthS` is that of the part, `durationS` what was asked for: seconds, null where not known or all of it
 * @throws ReplayError where labels begin after a recording that is taken whole: it is another one, or cut off, and its
 * figures would say nothing about what they are made for
 */
export function labelsWithin(
  events: readonly LabelledEvent[],
  { lengthS, durationS }: { lengthS: number | null; durationS: number | null },
): LabelledEvent[] {
  if (lengthS === null) return [...events];
  const isBehind = ({ start }: LabelledEvent) =>
    start >= lengthS && start < (durationS ?? Number.POSITIVE_INFINITY);
  const behind = events.filter(isBehind);
  const [first] = behind;
  if (first) {
    throw new ReplayError(
      `${behind.length} of ${events.length} labels begin after the end of the recording at ${duration(lengthS)}, the first of ` +
        `them at ${duration(first.start)}: the recording was cut off, or the labels are of another one.`,
    );
  }
  const within = events.filter(({ start }) => start < lengthS);
  return within.map((event) => ({ ...event, end: Math.min(event.end, lengthS) }));
}

function fromJson(text: string, clip: string): LabelledEvent[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notLabels('it begins like JSON, but is none');
  }
  const list = Array.isArray(value) ? value : eventsIn(value as Record<string, unknown>, clip);
  return list.map((raw, index) => {
    const { label = '', start, end, alert } = (raw ?? {}) as Record<string, unknown>;
    if (alert !== undefined && typeof alert !== 'boolean')
      throw notLabels(`"alert" of event ${index + 1} is not true or false`);
    return {
      ...checked(start, end, String(label), `event ${index + 1}`),
      ...(alert !== undefined && { alert }),
    };
  });
}

/** `{"events": […]}`, or the same under the name of the recording. */
function eventsIn(value: Record<string, unknown>, clip: string): unknown[] {
  if (Array.isArray(value.events)) return value.events;
  const own = value[clip] as { events?: unknown } | undefined;
  if (Array.isArray(own?.events)) return own.events;
  const names = Object.keys(value).slice(0, 5).join(', ');
  throw notLabels(`it has none of "${clip}"${names === '' ? '' : `, only of ${names}`}`);
}

function fromCsv(text: string): LabelledEvent[] {
  const rows = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const hasHead = /^\s*"?start/i.test(rows[0] ?? '');
  return rows.slice(hasHead ? 1 : 0).map((line, index) => {
    const [, start, end, label = ''] = /^\s*([^,;]*)[,;]([^,;]*)(?:[,;](.*))?$/.exec(line) ?? [];
    const number = (field: string | undefined) =>
      field === undefined || field.trim() === '' ? undefined : Number(field);
    const name = label
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .replaceAll('""', '"');
    return checked(number(start), number(end), name, `line ${index + (hasHead ? 2 : 1)}`);
  });
}

/** W3C WebVTT: cues of `start --> end` and the text below. */
function fromVtt(text: string): LabelledEvent[] {
  const blocks = text.split(/\r?\n\s*\r?\n/).slice(1);
  return blocks.flatMap((block) => {
    const lines = block.split(/\r?\n/);
    const at = lines.findIndex((line) => line.includes('-->'));
    if (at < 0) return [];
    const [from = '', to = ''] = (lines[at] ?? '')
      .split('-->')
      .map((part) => part.trim().split(/\s/)[0] ?? '');
    const label = lines
      .slice(at + 1)
      .join(' ')
      .replace(/<[^>]*>/g, '')
      .trim();
    return [checked(vttSeconds(from), vttSeconds(to), label, `cue "${(lines[at] ?? '').slice(0, 60)}"`)];
  });
}

function vttSeconds(text: string): number | undefined {
  const match = /^(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:[.,]\d{1,3})?)$/.exec(text);
  if (!match) return undefined;
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds.replace(',', '.'));
}

function checked(start: unknown, end: unknown, label: string, where: string): LabelledEvent {
  if (
    typeof start !== 'number' ||
    typeof end !== 'number' ||
    !(start >= 0) ||
    !(end >= start) ||
    end === Number.POSITIVE_INFINITY
  ) {
    throw notLabels(`${where} has no start and end in seconds, with the end after the start`);
  }
  return { label: label.slice(0, 100), start, end };
}

function notLabels(why: string): ReplayError {
  return new ReplayError(
    `The labels cannot be used: ${why}. Write JSON as {"events": [{"label": "person", "start": 6.1, "end": 20.3}]}, ` +
      'CSV as start_s,end_s,label, or WebVTT; or give the labels.jsonl that alert-gate keeps.',
  );
}
