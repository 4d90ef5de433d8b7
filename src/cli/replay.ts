import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { bundledFfmpeg, findFfmpeg } from '../capture/ffmpeg-binary';
import { PATTERN_ROUND_S } from '../capture/test-pattern';
import type { Recorded } from '../replay/feedback';
import { type FlowFile, readFlow } from '../replay/flow-file';
import { type Graph, graphOf } from '../replay/graph';
import { hintsOf, hintText } from '../replay/hints';
import { type LabelledEvent, labelsWithin, readLabels } from '../replay/labels';
import type { ReplayRecord } from '../replay/recorder';
import { recordingLength } from '../replay/recording-length';
import { ReplayError } from '../replay/replay-error';
import { figureLines, type Goal, leftOutText, percent, type Report, type SweepPoint } from '../replay/report';
import { reportPage } from '../replay/report-html';
import { score } from '../replay/score';
import { sweptValue, withValue } from '../replay/sweep';
import { asError, StageError } from '../shared/errors';
import type { Prices } from '../vision/cost';
import { openAnswers } from './replay-answers';
import { checkSettings } from './replay-check';
import { type Models, pricesOf } from './replay-endpoints';
import { type ReplayCommand, readReplayArguments, USAGE } from './replay-options';
import { Progress } from './replay-progress';
import { holdOf, nodesOf, runReplay } from './replay-run';
import { UsageError } from './usage-error';

/** Where it prints. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

/** Who reads may stop before the end, as `head` does: the rest is not said, and the exit code is what it would have been. */
function terminal(): Output {
  const to = (stream: NodeJS.WriteStream) => {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
    return (text: string) => void stream.write(text);
  };
  return { out: to(process.stdout), err: to(process.stderr) };
}

/** The command `replay`. */
export async function run(args: string[], output: Output = terminal()): Promise<number> {
  const end = new AbortController();
  const stop = () => end.abort(new ReplayError('Ended.'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const command = readReplayArguments(args);
    if (command === 'help') {
      output.out(USAGE);
      return 0;
    }
    return await replay(command, end.signal, output);
  } catch (thrown) {
    output.err(`${wordsOf(asError(thrown))}\n`);
    if (thrown instanceof UsageError) output.err('--help shows all options.\n');
    return 2;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

async function replay(command: ReplayCommand, signal: AbortSignal, output: Output): Promise<number> {
  const { from, durationS, start, sweep: asked } = command;
  const flow = readFlow(textOf('--flow', command.flow), process.env);
  const graph = graphOf(flow, from);
  const isPattern = command.input === 'pattern';
  const path = isPattern ? null : recordingAt(command.input);
  const clip = isPattern ? 'the drawn scene' : basename(command.input);
  const binary = await findFfmpeg({ configured: '', env: process.env, bundled: bundledFfmpeg() });
  const lengthS = path === null ? durationS : await recordingLength(binary, path, durationS, signal);
  signal.throwIfAborted();
  const { cameras, camera } = graph.source;
  const all = labelsFor(command, clip, {
    camera: (cameras ?? 'one') === 'one' ? String(camera) : null,
    start: command.start,
    lengthS,
  });
  const labels = all && labelsWithin(all, { lengthS, durationS });
  const leftOut = (all?.length ?? 0) - (labels?.length ?? 0);
  const own = asked && sweptValue(asked, nodesOf(flow, graph));
  const models = modelsFor(command);
  if (command.maxCost !== null && pricesFor(command, flow, graph) === null)
    throw new UsageError(
      '--max-cost needs the prices of the model: give them with --price, or in the endpoint.',
    );
  const swept = asked?.values.map((value) => ({ value, changed: withValue(flow, asked, value) })) ?? [];
  for (const one of [flow, ...swept.map(({ changed }) => changed)])
    await checkSettings({ flow: one, from, path, start, models });
  if (command.report !== null) mkdirSync(command.report, { recursive: true });

  const progress = new Progress(lengthS);
  const thumbnails = new Map<string, Buffer>();
  const one = (changed: FlowFile, what: string, pictures?: Map<string, Buffer>) =>
    runReplay({
      ...{ flow: changed, from, path, durationS, start, models, binary, signal, thumbnails: pictures },
      onProgress: (seconds) => progress.show(what, seconds),
    });
  const began = performance.now();
  try {
    const record = await one(flow, clip, command.report === null ? undefined : thumbnails);
    refuseSettings(record);
    const speed = record.durationS / Math.max(0.001, (performance.now() - began) / 1000);
    const points: SweepPoint[] = [];
    let missing = record.calls.nobody;
    for (const { value, changed } of swept) {
      const again = await one(changed, `${asked?.setting} ${value}`);
      refuseSettings(again);
      points.push({ value, figures: scored(again, changed, command, labels).figures });
      missing += again.calls.nobody;
    }
    progress.end();
    const { figures, events } = scored(record, flow, command, labels);
    const sweep = asked && {
      setting: `${asked.type}.${asked.setting}`,
      own: own ?? 0,
      points,
    };
    const report: Report = {
      ...{
        version: 1 as const,
        flow: basename(command.flow),
        input: clip,
        start,
        speed,
        figures,
        events,
        labels,
        leftOut,
        record,
        sweep,
      },
      camera: String(flow.get(String(graph.source.camera))?.name ?? ''),
      model: whoAnswers(command),
      goals: goalsOf(command, figures),
      hints: hintsOf(graph),
    };
    tell(report, output);
    if (command.report !== null) write(command.report, report, thumbnails, output);
    return verdict(report, missing, command, output);
  } finally {
    progress.end();
  }
}

function scored(
  record: ReplayRecord,
  flow: FlowFile,
  command: ReplayCommand,
  events: LabelledEvent[] | null,
) {
  const graph = graphOf(flow, command.from);
  return score(record, {
    events,
    asks: graph.stages.some(({ type }) => type === 'vision-llm'),
    alerts: graph.stages.some(({ type }) => type === 'alert-gate'),
    holdS: holdOf(graph),
    prices: pricesFor(command, flow, graph),
  });
}

function pricesFor({ prices }: ReplayCommand, flow: FlowFile, { stages }: Graph): Prices | null {
  const asking = stages.find(({ type }) => type === 'vision-llm');
  return prices ?? (asking ? pricesOf(flow, asking) : null);
}

/** What a node would have done with settings that it cannot use is not known: also such that only a frame brings up. */
function refuseSettings({ errors }: ReplayRecord): void {
  const wrong = errors.find(({ code }) => code.startsWith('CONFIG_'));
  if (wrong) throw new ReplayError(`${wrong.node}: ${wrong.message}`);
}

function modelsFor({ answers, record, standIn, keyEnv }: ReplayCommand): Models {
  const apiKey = keyEnv === null ? '' : (process.env[keyEnv] ?? '');
  if (keyEnv !== null && apiKey === '') throw new UsageError(`--key-env: the variable ${keyEnv} is not set.`);
  const models: Models = { cassette: null, mayAsk: answers === null || record, standIn, apiKey };
  if (answers === null) return models;
  const exists = existsSync(answers);
  if (!exists && !record)
    throw new UsageError(`--answers: there is no file ${answers}. Make it with --record.`);
  return { ...models, cassette: openAnswers(answers, exists ? textOf('--answers', answers) : '', record) };
}

function whoAnswers({ answers, record, standIn }: ReplayCommand): string {
  const model = standIn ? 'the built-in stand-in' : "the flow's endpoint";
  if (answers === null) return model;
  return record ? `${basename(answers)}, then ${model}` : basename(answers);
}

/** The drawn scene has its labels with it: the figure is in the picture from the 6th to the 32nd second of a round. */
function labelsFor(
  { labels, input, durationS }: ReplayCommand,
  clip: string,
  recorded: Recorded,
): LabelledEvent[] | null {
  if (labels !== null) return readLabels(textOf('--labels', labels), clip, recorded);
  if (input !== 'pattern') return null;
  const rounds = Math.ceil((durationS ?? 0) / PATTERN_ROUND_S);
  const all = Array.from({ length: rounds }, (_, round) => {
    const begin = round * PATTERN_ROUND_S;
    return { label: 'figure', start: begin + 6, end: Math.min(begin + 32, durationS ?? 0) };
  });
  return all.filter(({ start, end }) => end > start);
}

function recordingAt(input: string): string {
  const path = resolve(input);
  const isFile = existsSync(path) && statSync(path).isFile();
  if (!isFile) throw new UsageError(`--input: there is no file ${input}.`);
  return path;
}

function textOf(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    throw new UsageError(
      `${option}: ${path} cannot be read (${code === 'ENOENT' ? 'there is no such file' : code}).`,
    );
  }
}

function goalsOf(
  { minRecall, maxCost }: ReplayCommand,
  { eventRecall, costPerDay }: Report['figures'],
): Goal[] {
  const goals: Goal[] = [];
  if (minRecall !== null) {
    const ok = eventRecall !== null && eventRecall >= minRecall;
    goals.push({ name: 'min-recall', goal: minRecall, measured: eventRecall, ok });
  }
  if (maxCost !== null) {
    const ok = costPerDay !== null && costPerDay <= maxCost;
    goals.push({ name: 'max-cost', goal: maxCost, measured: costPerDay, ok });
  }
  return goals;
}

function tell(report: Report, { out }: Output): void {
  const { figures, events, leftOut, record, hints, sweep, goals, speed } = report;
  const lines = figureLines(figures).map(([name, value]) => `${name.padEnd(22)}${value}`);
  if (leftOut > 0) lines.push(leftOutText(leftOut));
  for (const { label, start, end, found } of events)
    if (!found) lines.push(`Missed: ${label || 'event'} from ${start} s to ${end} s`);
  for (const { node, code, message, count } of record.errors)
    lines.push(`Error: ${node}: ${code}, ${count} times: ${message}`);
  for (const hint of hints) lines.push(`Hint: ${hintText(hint)}`);
  if (sweep) {
    lines.push('', `${sweep.setting.padEnd(28)}recall     sent   cost a day`);
    for (const { value, figures: f } of sweep.points) {
      const recall = f.eventRecall === null ? '-' : percent(f.eventRecall);
      const cost = f.costPerDay === null ? '-' : f.costPerDay.toFixed(4);
      lines.push(`${String(value).padEnd(28)}${recall.padEnd(11)}${String(f.framesSent).padEnd(7)}${cost}`);
    }
    lines.push('');
  }
  for (const { name, goal, measured, ok } of goals)
    lines.push(`${ok ? 'Holds' : 'Does not hold'}: --${name} ${goal}, measured ${measured ?? 'nothing'}`);
  lines.push(`${'Speed'.padEnd(22)}${speed.toFixed(1)} times real time`);
  out(`${lines.join('\n')}\n`);
}

function write(
  folder: string,
  report: Report,
  thumbnails: ReadonlyMap<string, Buffer>,
  { out }: Output,
): void {
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const page = join(folder, 'report.html');
  writeFileSync(page, reportPage(report, thumbnails));
  out(`${'Report'.padEnd(22)}${page}\n`);
}

/** @param missing questions that nobody could answer */
function verdict({ goals }: Report, missing: number, { answers }: ReplayCommand, { err }: Output): number {
  if (missing > 0) {
    err(
      `${answers} has no answer for ${missing} of the pictures: the figures are not complete. ` +
        'Replay once with --record, so that the model is asked about them.\n',
    );
    return 2;
  }
  return goals.every(({ ok }) => ok) ? 0 : 1;
}

function wordsOf(error: Error): string {
  return error instanceof StageError ? `${error.message} ${error.cause.advice}`.trim() : error.message;
}
