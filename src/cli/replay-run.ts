import { dirname } from 'node:path';
import sharp from 'sharp';
import { readCamera } from '../../nodes/lib/camera-settings';
import { NodeHost } from '../../nodes/lib/node-host';
import { Settings } from '../../nodes/lib/settings';
import { readWindowSettings } from '../../nodes/lib/window-settings';
import { prepareSpawn, spawnFfmpeg } from '../capture/children';
import type { FfmpegBinary } from '../capture/ffmpeg-binary';
import { FileAccess } from '../capture/file-access';
import type { FlowFile, FlowNode } from '../replay/flow-file';
import { type Graph, graphOf } from '../replay/graph';
import { Recorder, type ReplayRecord } from '../replay/recorder';
import { type RecordedFrame, type RecordingOptions, readRecording } from '../replay/recording';
import { ReplayError } from '../replay/replay-error';
import { Simulation } from '../replay/simulation';
import { VirtualClock } from '../replay/virtual-clock';
import { replaceSystemClock } from '../shared/clock';
import { asError } from '../shared/errors';
import { schemaText } from '../vision/schema-text';
import { endpointsOf, type Models } from './replay-endpoints';

export interface ReplayRunOptions {
  flow: FlowFile;
  /** Name or id of the rtsp-in; '' for the only one. */
  from: string;
  /** Absolute path of a recording; null for the drawn scene. */
  path: string | null;
  durationS: number | null;
  /** Event time of the start of the recording, epoch milliseconds. */
  start: number;
  models: Models;
  binary: FfmpegBinary;
  signal: AbortSignal;
  /** Called with the seconds of the recording that are done. */
  onProgress?(seconds: number): void;
  /** Takes small pictures of the frames that are sent, by their id. */
  thumbnails?: Map<string, Buffer>;
}

/** A journal or a recording: frames in the order of their arrival. */
export interface Arrival {
  /** Epoch milliseconds. */
  at: number;
  topic: string;
  frame: RecordedFrame;
}

/** Answers that are on their way at the end are waited for, as long as a model may take. */
const LAST_ANSWERS_MS = 120_000;
const MAX_THUMBNAILS = 300;
/** Of one replay: all of it is kept in memory and written as one file. */
const MAX_ENTRIES = 500_000;
const THUMBNAIL_PX = 192;

/** Replays a recording through a flow. @throws ReplayError where that cannot be */
export async function runReplay(options: ReplayRunOptions): Promise<ReplayRecord> {
  const { flow, from, path, durationS, start, binary, signal } = options;
  const graph = graphOf(flow, from);
  await prepareSpawn();
  const camera = cameraOf(flow, graph, path);
  const recording: RecordingOptions = {
    ...{ path, durationS, start, binary, signal, spawn: spawnFfmpeg },
    ...{ decode: camera.decode, camera: camera.id, profile: camera.profile },
  };
  return replayFrames(graph, arrivalsOf(recording), options);
}

async function* arrivalsOf(recording: RecordingOptions): AsyncGenerator<Arrival> {
  for await (const frame of readRecording(recording))
    yield { at: frame.info.time, topic: recording.profile.name, frame };
}

type FramesOptions = Pick<
  ReplayRunOptions,
  'flow' | 'start' | 'models' | 'signal' | 'onProgress' | 'thumbnails'
>;

/** Replays frames as they arrived. The process runs on the replay's clock meanwhile: one replay at a time. */
export async function replayFrames(
  graph: Graph,
  arrivals: AsyncIterable<Arrival>,
  { flow, start, models, signal, onProgress, thumbnails }: FramesOptions,
): Promise<ReplayRecord> {
  const clock = new VirtualClock(start);
  const pictures = new Thumbnails(thumbnails);
  const recorder = new Recorder({
    start,
    now: () => clock.now(),
    selects: graph.stages.some(({ type }) => type === 'frame-select'),
    onSent: ({ id }, jpeg) => pictures.add(id, jpeg),
  });
  const { record } = recorder;
  const restore = replaceSystemClock(clock);
  const host = new NodeHost(graph.wires, {
    onSend: (node, port, msg) => recorder.onSend(node, port, msg),
    onReceive: () => {},
    onError: (node, error) => recorder.onError(node, error),
  });
  const endpoints = endpointsOf(flow, models, clock, {
    onCall: ({ from, request: { system, prompt, schema } }) =>
      recorder.onCall(from, system.length + prompt.length + schemaText(schema).length),
    onReply: () => recorder.onReply(),
  });
  try {
    for (const [id, endpoint] of endpoints) host.provide(id, { endpoint, problem: null });
    host.start(graph.stages.map(asDelivered));
    const simulation = new Simulation(clock, host);
    await simulation.settle();
    for await (const { at, topic, frame } of arrivals) {
      signal.throwIfAborted();
      await simulation.runTo(at);
      host.send(graph.source, 0, { _msgid: frame.info.id, topic, payload: frame.jpeg, frame: frame.info });
      await simulation.settle();
      if (recorder.size > MAX_ENTRIES) {
        throw new ReplayError(
          `After ${Math.round(record.durationS)} s of the recording there are more than ${MAX_ENTRIES} frames, answers and ` +
            'alerts: take a shorter part with --duration, or a frame-select that sends less.',
        );
      }
      onProgress?.(record.durationS);
    }
    const isAnswered = () =>
      [...endpoints.values()].every((endpoint) => {
        const { waiting, asking } = endpoint.load(() => true);
        return waiting + asking === 0;
      });
    await simulation.runUntil(isAnswered, clock.now() + LAST_ANSWERS_MS);
    await pictures.made();
    return record;
  } finally {
    for (const endpoint of endpoints.values()) endpoint.stop();
    await host.stop();
    restore();
  }
}

/** Nobody is there to whom an alert could be delivered, or who could confirm it. */
function asDelivered(node: FlowNode): FlowNode {
  return node.type === 'alert-gate' ? { ...node, delivery: 'assume' } : node;
}

/** Nodes whose settings count, for a sweep: those of the graph, the camera and the endpoints. */
export function nodesOf(flow: FlowFile, { source, stages }: Graph): FlowNode[] {
  const configs = [source.camera, ...stages.map(({ endpoint }) => endpoint)];
  return [source, ...stages, ...configs.flatMap((id) => flow.get(String(id)) ?? [])];
}

/** From which length on an event gets an alert; null where a rule is about something else than length. */
export function holdOf({ stages }: Graph): number | null {
  const windows = stages
    .filter(({ type }) => type === 'temporal-window')
    .map((node) => readWindowSettings(node as never));
  if (windows.some(({ kind }) => kind !== 'held')) return null;
  const seconds = stages
    .filter(({ type }) => type === 'temporal-window')
    .map(({ holdS }) => Number(holdS ?? 60) || 0);
  return seconds.length === 0 ? 0 : Math.min(...seconds);
}

/**
 * How the camera is decoded and called. Its address does not matter here: the recording takes its place.
 *
 * @throws ReplayError where there is none, or its settings cannot be used
 */
export function cameraOf(flow: FlowFile, { source }: Graph, path: string | null) {
  const node = flow.get(String(source.camera));
  if (node?.type !== 'rtsp-camera') {
    throw new ReplayError(
      `rtsp-in "${source.name || source.id}" has no camera: choose one, and export the flow again.`,
    );
  }
  const place = path === null ? { kind: 'pattern' } : { kind: 'file', path, pace: 'fast', loop: false };
  const base = path === null ? process.cwd() : dirname(path);
  const { session, profile, problem } = readCamera(new Settings({ ...node, ...place, mainUrl: '' }), {
    id: node.id,
    fallbackName: 'camera',
    files: new FileAccess([base], base),
    login: {},
    loginHosts: null,
  });
  if (!session)
    throw new ReplayError(`rtsp-camera "${node.name || node.id}": ${problem?.message ?? 'cannot be used'}`);
  return { id: node.id, decode: session.decode, profile };
}

/** Small pictures for the report, made beside the replay. */
class Thumbnails {
  readonly #into: Map<string, Buffer> | undefined;
  readonly #making: Promise<void>[] = [];

  constructor(into: Map<string, Buffer> | undefined) {
    this.#into = into;
  }

  add(id: string, jpeg: Buffer): void {
    const into = this.#into;
    if (!into || this.#making.length >= MAX_THUMBNAILS) return;
    const small = sharp(jpeg).resize({ width: THUMBNAIL_PX }).jpeg({ quality: 60 }).toBuffer();
    this.#making.push(
      small.then(
        (data) => void into.set(id, data),
        (thrown) => void asError(thrown),
      ),
    );
  }

  async made(): Promise<void> {
    await Promise.all(this.#making);
  }
}
