import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { processesWith } from '../fixtures/processes';
import { seeded } from '../fixtures/seeded';
import { helper, useServer } from '../fixtures/test-helper';
import { waitFor } from '../fixtures/wait';

import alertGate = require('../../nodes/alert-gate');
import frameSelect = require('../../nodes/frame-select');
import imageEncode = require('../../nodes/image-encode');
import rtspCamera = require('../../nodes/rtsp-camera');
import rtspIn = require('../../nodes/rtsp-in');
import temporalWindow = require('../../nodes/temporal-window');
import visionEndpoint = require('../../nodes/vision-endpoint');
import visionLlm = require('../../nodes/vision-llm');

const { events: redEvents }: { events: EventEmitter } = require('@node-red/util');

const NODES = [
  rtspCamera,
  rtspIn,
  frameSelect,
  imageEncode,
  visionEndpoint,
  visionLlm,
  temporalWindow,
  alertGate,
];

/** Long enough for a slow machine, and only ever waited for when a test fails. */
const DEADLINE_MS = 20_000;

/** A stream goes on for 2 s when the last node that uses it has been closed, ffmpeg has 2.5 s to end, and the machine may be slow. */
const LINGER_MS = 20_000;

/** Widths of the pattern camera that no other test uses, so that only the ffmpegs of this file count. */
const WIDTHS = [322, 324];

/** After this stage has spoken, the chain is unloaded; `nothing`: after a time. */
const MOMENTS = ['nothing', 'frames', 'selected', 'pictures', 'answers', 'nothing', 'alerts'] as const;

type Moment = (typeof MOMENTS)[number];

/** The whole chain on the drawn camera and the stand-in, set so that each stage has something to do at once. */
function chain(width: number): object[] {
  const inTab = (node: object) => ({ z: 'tab', ...node });
  return [
    { id: 'tab', type: 'tab' },
    { id: 'camera', type: 'rtsp-camera', name: 'Gate', kind: 'pattern', fps: 10, width },
    { id: 'endpoint', type: 'vision-endpoint', name: '', preset: 'standin' },
    ...[
      { id: 'in', type: 'rtsp-in', camera: 'camera', wires: [['select', 'frames'], [], ['errors']] },
      {
        id: 'select',
        type: 'frame-select',
        mode: 'both',
        intervalS: 0.1,
        wires: [['encode', 'selected'], [], ['errors']],
      },
      { id: 'encode', type: 'image-encode', width: 160, wires: [['ask', 'pictures'], ['errors']] },
      {
        id: 'ask',
        type: 'vision-llm',
        endpoint: 'endpoint',
        rule: 'person',
        prompt: 'Is there a person?',
        wires: [['window', 'answers'], ['errors']],
      },
      // Fires on the first yes: 0 s, and asks for a frame half a second after the last.
      {
        id: 'window',
        type: 'temporal-window',
        holdS: 0,
        gapS: 1,
        emit: 'all',
        wires: [['gate'], ['select'], ['errors']],
      },
      { id: 'gate', type: 'alert-gate', cooldownS: 60, wires: [['alerts'], ['alerts'], ['errors']] },
      ...['frames', 'selected', 'pictures', 'answers', 'alerts', 'errors'].map((id) => ({
        id,
        type: 'helper',
      })),
    ].map(inTab),
  ];
}

/** What closed nodes have sent or shown all the same. */
const late: string[] = [];

/** Notes what a node does once `isGone`. */
function watch(id: string, isGone: () => boolean): void {
  const node = helper.getNode(id) as unknown as Record<'send' | 'status', (...args: unknown[]) => void>;
  for (const name of ['send', 'status'] as const) {
    const original = node[name];
    node[name] = (...args) => {
      if (isGone()) late.push(`${id}.${name}`);
      original.apply(node, args);
    };
  }
}

/** Loads the chain; `seen` counts what each stage has sent. */
async function load(width: number): Promise<{ seen: Map<string, number>; unload(): Promise<void> }> {
  await helper.load(NODES, chain(width));
  const seen = new Map<string, number>();
  let gone = false;
  for (const id of ['in', 'select', 'encode', 'ask', 'window', 'gate']) watch(id, () => gone);
  for (const id of ['frames', 'selected', 'pictures', 'answers', 'alerts', 'errors']) {
    helper.getNode(id).on('input', () => seen.set(id, (seen.get(id) ?? 0) + 1));
  }
  const unload = async () => {
    await helper.unload();
    gone = true;
  };
  return { seen, unload };
}

/** Makes a camera see somebody, so that the chain goes on to the end: the drawn figure takes 6 s to come. */
function sayYes(): void {
  helper.getNode('window').receive({
    topic: 'Gate',
    frame: { camera: 'camera' },
    vision: { verdict: 'yes', rule: 'person', confidence: 0.9, latency: 0 },
  } as never);
}

async function until(moment: Moment, seen: Map<string, number>, ms: number): Promise<void> {
  if (moment === 'nothing') await new Promise((resolve) => setTimeout(resolve, ms));
  else await waitFor(moment, DEADLINE_MS, () => seen.get(moment));
}

function listeners(emitter: EventEmitter): Record<string, number> {
  return Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]));
}

/** What a process holds on to, by kind. */
function held(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Kinds of which there is more than before. */
function grown(before: Record<string, number>, now: Record<string, number>): string[] {
  return Object.keys(now)
    .filter((kind) => (now[kind] ?? 0) > (before[kind] ?? 0))
    .map((kind) => `${kind}: ${before[kind] ?? 0} → ${now[kind]}`);
}

function ffmpegs(): number[] {
  return WIDTHS.flatMap((width) => processesWith(`min(${width},iw)`));
}

const quiet = () => waitFor('the end of every ffmpeg', LINGER_MS, () => ffmpegs().length === 0);

describe('the whole chain', () => {
  useServer();

  it('leaves nothing behind when it is deployed and taken away 50 times', { timeout: 120_000 }, async () => {
    // The first time, what is kept for good is made: ffmpeg is asked what it can do, sharp is loaded.
    const first = await load(WIDTHS[0] ?? 0);
    await until('answers', first.seen, 0);
    await first.unload();
    await quiet();
    const before = { held: held(), process: listeners(process), red: listeners(redEvents) };

    const random = seeded(1);
    const reached = new Map<string, number>();
    for (let round = 0; round < 50; round++) {
      // Now and then with other settings, so that a stream is ended and another one begun.
      const { seen, unload } = await load(WIDTHS[Math.floor(round / 8) % WIDTHS.length] ?? 0);
      const moment = MOMENTS[round % MOMENTS.length] ?? 'nothing';
      if (moment === 'alerts') sayYes();
      await until(moment, seen, 150 * random());
      await unload();
      for (const [id, count] of seen) reached.set(id, (reached.get(id) ?? 0) + count);
      assert.ok(ffmpegs().length <= 2, 'one that runs, and one that is ending');
    }

    await quiet();
    for (const id of ['frames', 'selected', 'pictures', 'answers', 'alerts']) {
      assert.ok((reached.get(id) ?? 0) > 0, `the chain came as far as its ${id}`);
    }
    assert.equal(reached.get('errors'), undefined, 'no error on the way');
    assert.deepEqual(late, [], 'what closed nodes did');
    assert.deepEqual(grown(before.process, listeners(process)), [], 'listeners of the process');
    assert.deepEqual(grown(before.red, listeners(redEvents)), [], 'listeners of RED.events');
    await waitFor(
      'timers and handles to end',
      DEADLINE_MS,
      () => grown(before.held, held()).length === 0,
    ).catch(() => assert.deepEqual(grown(before.held, held()), [], 'timers, handles, children'));
  });
});
