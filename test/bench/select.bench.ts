// `npm run bench -- select`: what frame-select sends of clips with labels and of drawn scenes, all with the default
// settings, beside other ways to choose frames. Footage is read from CLIPS_DIR; without it only drawn scenes are run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectFrom } from '../fixtures/select-run';
import { finish, type Goal, median, printCase } from './report';
import { type Clip, footageOf, keyframesOf, labelledClips, record } from './select-clips';
import { judge, type Verdict } from './select-judge';
import { PEERS } from './select-peers';
import { replayGoals } from './select-replay';
import { FPS } from './select-scene';
import { scenes } from './select-scenes';

/** The clip whose pictures some scenes are made from. */
const FOOTAGE = 'one-by-one-person-detection.mp4';

/** The default decode mode, on clips that are long enough: all of a clip, and from where somebody stands in it. */
const KEYFRAMES = [
  ['keyframes', 0],
  ['keyframes from within an event', 12],
] as const;

/** They say nothing of somebody: the one frame that the issue allows for a lamp is told as `lightFrames`. */
const NO_CLAIM = ['heartbeat', 'scene'];

interface Result {
  clip: Clip;
  ours: Verdict;
  peers: Record<string, Verdict>;
  lightFrames: number;
  views: string[];
  costsMs: number[];
}

async function main(): Promise<void> {
  const only = process.argv[2] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'bench-select-'));
  try {
    const results: Result[] = [];
    for await (const clip of clips(folder, only)) {
      const result = await run(clip);
      results.push(result);
      tell(result);
    }
    tellTotals(results);
    tellStray(results);
    finish('select', [...goals(results), ...(await replayGoals())]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* clips(folder: string, only: string): AsyncGenerator<Clip> {
  const footage = process.env.CLIPS_DIR ?? '';
  const labelled = await labelledClips(footage);
  const source = labelled.find(({ name }) => name === FOOTAGE);
  for (const clip of labelled) if (clip.name.includes(only)) yield clip;
  for (const clip of labelled.filter(({ seconds }) => seconds >= 10))
    for (const [name, fromS] of KEYFRAMES)
      if (`${clip.name}, ${name}`.includes(only)) yield await keyframesOf(clip, name, fromS, folder);
  for (const scene of scenes(source ? await footageOf(source.file) : null))
    if (scene.name.includes(only)) yield await record(scene, folder);
}

async function run(clip: Clip): Promise<Result> {
  const film = clip.planes.map((plane, i) => ({ plane, time: Math.round((i * 1000) / clip.fps) }));
  const { chosen, costsMs, views: told } = selectFrom(film);
  const views = told.map(({ view, second }) => `${view} at ${second}`);
  const lightFrames = chosen.filter(({ reason }) => reason === 'scene').length;
  const sent = chosen.map(({ second, reason }) => ({ second, wakes: !NO_CLAIM.includes(reason) }));
  const peers: Record<string, Verdict> = {};
  for (const { name, choose } of PEERS) {
    const seconds = await choose(clip, chosen.length);
    peers[name] = judge(
      clip,
      seconds.map((second) => ({ second, wakes: true })),
    );
  }
  return { clip, ours: judge(clip, sent), peers, costsMs, views, lightFrames };
}

function tell({ clip, ours, peers, costsMs, views, lightFrames }: Result): void {
  const { name, kind, heldOut, seconds, planes } = clip;
  printCase(name, {
    kind,
    heldOut,
    seconds,
    frames: planes.length,
    ...rounded(ours),
    lightFrames,
    views,
    selectMs: round(median(costsMs)),
    peers: Object.fromEntries(Object.entries(peers).map(([peer, verdict]) => [peer, rounded(verdict)])),
  });
}

function tellTotals(results: Result[]): void {
  const tuned = results.filter(({ clip }) => !clip.heldOut);
  const held = results.filter(({ clip }) => clip.heldOut);
  for (const [name, group] of [
    ['total', tuned],
    ['total of what was held out', held],
  ] as const) {
    const names = PEERS.map((peer) => peer.name);
    printCase(name, {
      clips: group.length,
      ours: totals(group, ({ ours }) => ours),
      peers: Object.fromEntries(names.map((peer) => [peer, totals(group, ({ peers }) => peers[peer])])),
    });
  }
}

/** What comes, and nobody wants: see `stray`. */
function tellStray(results: Result[]): void {
  const stray = results.filter(({ clip }) => clip.kind === 'stray');
  const hours = sum(stray, ({ clip }) => clip.seconds / 3600);
  printCase('total of what is stray', {
    clips: stray.length,
    falseWakeups: sum(stray, ({ ours }) => ours.falseWakeups),
    falseWakeupsPerHour: round(sum(stray, ({ ours }) => ours.falseWakeups) / hours),
  });
}

function totals(results: Result[], of: (result: Result) => Verdict | undefined) {
  const hours = sum(results.filter(isNuisance), ({ clip }) => clip.seconds / 3600);
  const events = sum(results, ({ clip }) => clip.events.length);
  return {
    sent: sum(results, (result) => of(result)?.sent ?? 0),
    eventRecall: round(sum(results, (result) => of(result)?.seen ?? 0) / events),
    eventRecallAwake: round(sum(results, (result) => of(result)?.seenAwake ?? 0) / events),
    falseWakeupsPerHour: round(
      sum(results.filter(isNuisance), (result) => of(result)?.falseWakeups ?? 0) / hours,
    ),
    onsetDelayP50S: round(median(atFullRate(results).flatMap((result) => of(result)?.delaysS ?? []))),
  };
}

/** Over all clips, those that were held out included: a goal that leaves out what is hard is none. */
function goals(results: Result[]): Goal[] {
  const events = sum(results, ({ clip }) => clip.events.length);
  const quiet = results.filter(({ clip }) => clip.kind === 'quiet');
  const nuisances = results.filter(isNuisance);
  const hours = sum(nuisances, ({ clip }) => clip.seconds / 3600);
  const reduction =
    1 - sum(quiet, ({ ours }) => ours.sent) / sum(quiet, ({ clip }) => Math.floor(clip.seconds));
  return [
    { name: 'event_recall', goal: '= 1', measured: round(sum(results, ({ ours }) => ours.seen) / events) },
    {
      name: 'onset_delay_p50_s',
      goal: '<= 0.5',
      measured: round(median(atFullRate(results).flatMap(({ ours }) => ours.delaysS))),
    },
    { name: 'reduction_vs_1fps', goal: '>= 0.95', measured: round(reduction) },
    {
      name: 'false_wakeups_per_hour',
      goal: '<= 2',
      measured: round(sum(nuisances, ({ ours }) => ours.falseWakeups) / hours),
    },
    { name: 'recall_vs_blind', goal: '>= 0', measured: round(Math.min(...results.map(aheadOfBlind))) },
    { name: 'select_ms', goal: '<= 0.2', measured: round(median(results.flatMap(({ costsMs }) => costsMs))) },
  ];
}

/** Recall of ours less that of blind sampling with as many frames. */
function aheadOfBlind({ clip, ours, peers }: Result): number {
  const events = clip.events.length;
  return events === 0 ? 0 : (ours.seen - (peers.blind?.seen ?? 0)) / events;
}

/** Those at 5 frames a second: a delay cannot be shorter than the time from frame to frame. */
function atFullRate(results: Result[]): Result[] {
  return results.filter(({ clip }) => clip.fps === FPS);
}

/** Quiet clips have nothing to wake for either. */
function isNuisance({ clip }: Result): boolean {
  return clip.kind === 'nuisance' || clip.kind === 'quiet';
}

function rounded({ delaysS, ...verdict }: Verdict) {
  return { ...verdict, delaysS: delaysS.map(round) };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function sum<T>(values: T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
