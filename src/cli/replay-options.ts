import { readSweep, type Sweep } from '../replay/sweep';
import type { Prices } from '../vision/cost';
import { typedOptions } from './command-line';
import { numberFrom, UsageError } from './usage-error';

/** What `replay` was asked to do. */
export interface ReplayCommand {
  flow: string;
  /** Path of a recording; `pattern` for the drawn scene. */
  input: string;
  labels: string | null;
  /** Folder for the report. */
  report: string | null;
  from: string;
  answers: string | null;
  record: boolean;
  standIn: boolean;
  keyEnv: string | null;
  /** Per million tokens; null for those of the flow. */
  prices: Prices | null;
  /** Event time of the start of the recording, epoch milliseconds. */
  start: number;
  durationS: number | null;
  sweep: Sweep | null;
  minRecall: number | null;
  maxCost: number | null;
}

export const USAGE = `Usage: npx @video-to-llm/node-red replay --flow FLOW.json --input CLIP [options]

Runs the nodes of a flow over a recording, as fast as this machine can, and tells what they would have sent and raised.

  --flow FILE           a flow exported from the editor
  --input FILE          a recording; "pattern" for the drawn scene
  --labels FILE         what happens when: JSON, CSV (start_s,end_s,label), WebVTT, or feedback on alerts
  --report FOLDER       writes report.json and report.html there
  --from NAME           the rtsp-in to begin with, by its name, its camera's or its id (the only one)
  --stand-in            asks the built-in stand-in in place of the flow's model
  --answers FILE        plays back the answers in FILE: nothing is asked, nothing is paid
  --record              asks about pictures that FILE has no answer for, and adds the answers to it
  --key-env NAME        environment variable that holds the key of the flow's endpoint
  --price IN/OUT        price per million tokens of input and output (those of the flow's endpoint)
  --start TIME          date and time at which the recording begins (2026-01-01T12:00:00Z)
  --duration SECONDS    only so much of the recording (all of it; 120 of the drawn scene)
  --sweep TYPE.SETTING=FROM:TO:COUNT
                        replays with each of COUNT values, such as frame-select.threshold=5:40:8
  --min-recall SHARE    exit code 1 where the event recall is lower; 0 to 1. Needs labels
  --max-cost AMOUNT     exit code 1 where a camera costs more a day
  --help

Exit code 0: done. 1: --min-recall or --max-cost does not hold. 2: it could not be replayed.
`;

const OPTIONS = {
  flow: { type: 'string' },
  input: { type: 'string' },
  labels: { type: 'string' },
  report: { type: 'string' },
  from: { type: 'string', default: '' },
  'stand-in': { type: 'boolean', default: false },
  answers: { type: 'string' },
  record: { type: 'boolean', default: false },
  'key-env': { type: 'string' },
  price: { type: 'string' },
  start: { type: 'string', default: '2026-01-01T12:00:00Z' },
  duration: { type: 'string' },
  sweep: { type: 'string' },
  'min-recall': { type: 'string' },
  'max-cost': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const MAX_DURATION_S = 31 * 86_400;
const PATTERN_S = 120;

/**
 * Reads the arguments of `replay`.
 *
 * @throws UsageError, ReplayError where an option is not known or its value cannot be used
 */
export function readReplayArguments(args: string[]): ReplayCommand | 'help' {
  const given = typedOptions(args, OPTIONS);
  if (given.help) return 'help';
  const { flow, input, labels = null, report = null, from, answers = null, record } = given;
  if (flow === undefined || input === undefined) throw new UsageError('--flow and --input are needed.');
  if (record && answers === null) throw new UsageError('--record needs --answers: the file to add to.');
  const number = (name: 'min-recall' | 'max-cost' | 'duration', min: number, max: number) => {
    const text = given[name];
    return text === undefined ? null : numberFrom(`--${name}`, text, { min, max });
  };
  const minRecall = number('min-recall', 0, 1);
  if (minRecall !== null && labels === null && input !== 'pattern')
    throw new UsageError('--min-recall needs --labels: without them nobody knows what is missed.');
  return {
    ...{ flow, input, labels, report, from, answers, record, minRecall },
    standIn: given['stand-in'],
    keyEnv: given['key-env'] ?? null,
    prices: given.price === undefined ? null : pricesFrom(given.price),
    start: startFrom(given.start),
    durationS: number('duration', 1, MAX_DURATION_S) ?? (input === 'pattern' ? PATTERN_S : null),
    sweep: given.sweep === undefined ? null : readSweep(given.sweep),
    maxCost: number('max-cost', 0, 1_000_000_000),
  };
}

function pricesFrom(text: string): Prices {
  const [input = '', output = '', ...more] = text.split('/');
  if (more.length > 0 || output === '')
    throw new UsageError(`--price: expected two prices such as 0.25/2, got "${text.slice(0, 40)}".`);
  const range = { min: 0, max: 1_000_000 };
  return { input: numberFrom('--price', input, range), output: numberFrom('--price', output, range) };
}

function startFrom(text: string): number {
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new UsageError(
    `--start: expected a date and time such as 2026-01-01T22:00:00+01:00, got "${text.slice(0, 40)}".`,
  );
}
