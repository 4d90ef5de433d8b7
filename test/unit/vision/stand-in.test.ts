import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import ffmpeg from '@ffmpeg-installer/ffmpeg';
import sharp from 'sharp';
import { BUILT_IN_SCHEMA } from '../../../src/vision/answer-schema';
import { CallFailure } from '../../../src/vision/failure';
import { StandIn } from '../../../src/vision/stand-in';

const CLIP = 'one-by-one-person-detection.mp4';
const PICTURES_PER_S = 4;
const { CLIPS_DIR } = process.env;

describe('StandIn', () => {
  it('says that it is one, and costs nothing', async () => {
    const standIn = new StandIn();
    await ask(standIn, await grey(), 0);
    const reply = await ask(standIn, await grey(), 1000);
    assert.equal(reply.model, 'stand-in');
    assert.deepEqual(reply.usage, { input: 0, output: 0 });
    assert.match(JSON.parse(reply.text).reason, /^Stand-in, no model: /);
    assert.equal(JSON.parse(reply.text).verdict, 'no');
  });

  it('keeps an empty scene for each node and camera, until they go', async () => {
    const standIn = new StandIn();
    await ask(standIn, await grey(), 0, 'a');
    assert.equal(await verdictOf(standIn, await grey(200), 1000, 'b'), 'unknown');
    assert.equal(await verdictOf(standIn, await grey(), 1000, 'a'), 'no');
    standIn.forget((lane) => lane === 'a');
    assert.equal(await verdictOf(standIn, await grey(), 2000, 'a'), 'unknown');
    assert.equal(await verdictOf(standIn, await grey(200), 2000, 'b'), 'no');
  });

  it('tells a picture that cannot be read', async () => {
    const cut = (await grey()).subarray(0, 100);
    await assert.rejects(
      ask(new StandIn(), cut, 0),
      (error) => error instanceof CallFailure && error.error.code === 'VISION_NO_PICTURE',
    );
  });
});

describe('StandIn on real footage', { skip: CLIPS_DIR ? false : 'CLIPS_DIR is not set: no footage' }, () => {
  const encodings: [string, string[]][] = [
    ['640 wide, good JPEG', ['-vf', 'scale=640:-2', '-q:v', '3']],
    ['640×360, JPEG of about quality 70', ['-vf', 'scale=640:360', '-q:v', '8']],
    ['480 wide, poor JPEG', ['-vf', 'scale=480:-2:flags=neighbor', '-q:v', '12']],
  ];
  for (const [name, args] of encodings) {
    it(`sees six people come and go: ${name}`, async () => {
      const pictures = decode(args);
      const runs = [0, 0.25, 0.5, 0.75].map((offset) => ({ offset, every: 1 }));
      for (const run of [...runs, { offset: 0.25, every: 0.5 }]) {
        checkAgainstLabels(await watch(pictures, run.offset, run.every), `${JSON.stringify(run)}`);
      }
    });
  }

  it('gets over somebody in its first picture with the second picture after they have gone', async () => {
    const pictures = decode(['-vf', 'scale=640:-2', '-q:v', '3']);
    for (const start of [10, 30, 55, 80, 100]) {
      const seen = await watch(pictures, start, 1);
      for (const { end, next } of gaps().filter((gap) => gap.end > start)) {
        const verdicts = seen
          .filter(({ at }) => at > end + 1.2 && at < next - 0.2)
          .map(({ verdict }) => verdict);
        assert.deepEqual(new Set(verdicts), new Set(['no']), `from ${start} s, gap after ${end} s`);
      }
    }
  });
});

interface Seen {
  at: number;
  verdict: string;
}

function checkAgainstLabels(seen: Seen[], run: string): void {
  assert.equal(seen[0]?.verdict, 'unknown', run);
  for (const { start, end } of people()) {
    const yes = seen.filter(({ at, verdict }) => verdict === 'yes' && at >= start && at <= end);
    const times = [start, ...yes.map(({ at }) => at), end];
    times.forEach((at, i) => {
      const before = times[i - 1] ?? at;
      assert.ok(at - before <= 3, `${run}: nobody seen from ${before} to ${at} s`);
    });
  }
  for (const { end, next } of gaps()) {
    const words = seen.filter(({ at }) => at > end && at < next).map(({ verdict }) => verdict);
    assert.match(words.join(' '), /no no/, `${run}: gap after ${end} s`);
  }
  // The labels are good to 0.2 s.
  const empty = seen
    .slice(1)
    .filter(({ at }) => people().every(({ start, end }) => at < start - 0.2 || at > end + 0.2));
  assert.deepEqual(
    empty.filter(({ verdict }) => verdict !== 'no'),
    [],
    run,
  );
}

function people(): { start: number; end: number }[] {
  return JSON.parse(readFileSync(join(CLIPS_DIR ?? '', 'labels.json'), 'utf8'))[CLIP].events;
}

function gaps(): { end: number; next: number }[] {
  const events = people();
  return events.slice(1).map(({ start }, i) => ({ end: events[i]?.end ?? 0, next: start }));
}

async function watch(pictures: Buffer[], from: number, everyS: number): Promise<Seen[]> {
  const standIn = new StandIn();
  const seen: Seen[] = [];
  for (let at = from; at * PICTURES_PER_S < pictures.length; at += everyS) {
    const picture = pictures[Math.round(at * PICTURES_PER_S)];
    if (picture) seen.push({ at, verdict: await verdictOf(standIn, picture, at * 1000) });
  }
  return seen;
}

function decode(args: string[]): Buffer[] {
  const folder = mkdtempSync(join(tmpdir(), 'stand-in-'));
  try {
    const [flag = '', filters = '', ...rest] = args;
    const input = ['-v', 'error', '-i', join(CLIPS_DIR ?? '', CLIP)];
    const output = [flag, `fps=${PICTURES_PER_S},${filters}`, ...rest, join(folder, '%04d.jpg')];
    execFileSync(ffmpeg.path, [...input, ...output]);
    return readdirSync(folder)
      .sort()
      .map((name) => readFileSync(join(folder, name)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function grey(level = 100): Promise<Buffer> {
  return sharp({
    create: { width: 160, height: 90, channels: 3, background: { r: level, g: level, b: level } },
  })
    .jpeg()
    .toBuffer();
}

function ask(standIn: StandIn, data: Buffer, time: number, lane = 'lane') {
  return standIn.ask(
    {
      lane,
      time,
      model: 'stand-in',
      system: '',
      prompt: '',
      picture: { data, type: 'image/jpeg' },
      detail: 'auto',
      schema: BUILT_IN_SCHEMA,
      verdictField: 'verdict',
      confidenceField: 'confidence',
      maxTokens: 300,
      temperature: null,
      reasoningEffort: '',
    },
    new AbortController().signal,
  );
}

async function verdictOf(standIn: StandIn, data: Buffer, time: number, lane?: string): Promise<string> {
  return JSON.parse((await ask(standIn, data, time, lane)).text).verdict;
}
