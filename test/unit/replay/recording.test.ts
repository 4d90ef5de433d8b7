import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { spawnFfmpeg } from '../../../src/capture/children';
import { findFfmpeg } from '../../../src/capture/ffmpeg-binary';
import { type RecordingOptions, readRecording } from '../../../src/replay/recording';
import { recordingLength } from '../../../src/replay/recording-length';

const START = Date.UTC(2026, 0, 1);
const profile = { id: 'cam', name: 'Gate', zones: [], prompt: '' } as unknown as RecordingOptions['profile'];

async function optionsFor(changes: Partial<RecordingOptions>): Promise<RecordingOptions> {
  return {
    ...{ path: null, durationS: null, start: START, camera: 'cam', profile },
    decode: { mode: 'all', fps: 10, maxWidthPx: 640, masks: [] },
    binary: await findFfmpeg({ configured: '', env: process.env, bundled: null }),
    spawn: spawnFfmpeg,
    signal: new AbortController().signal,
    ...changes,
  };
}

const folder = mkdtempSync(join(tmpdir(), 'v2l-recording-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('the time of a frame', () => {
  const make = (name: string, ...args: string[]) => {
    execFileSync('ffmpeg', ['-v', 'error', ...args, join(folder, name)]);
    return join(folder, name);
  };
  const timesIn = async (path: string, mode: 'all' | 'keyframes', durationS: number | null = null) => {
    const decode = { mode, fps: 10, maxWidthPx: 640, masks: [] };
    const times: number[] = [];
    for await (const { info } of readRecording(await optionsFor({ path, decode, durationS }))) {
      assert.equal(info.time, START + info.pts);
      times.push(info.pts / 1000);
    }
    return times;
  };
  const PICTURE = ['-f', 'lavfi', '-i', 'testsrc=s=160x90:r=10:d=12'];
  const CODEC = ['-c:v', 'mpeg2video', '-q:v', '8', '-g', '40', '-sc_threshold', '1000000000'];

  for (const mode of ['all', 'keyframes'] as const) {
    test(`counts from where the file begins, not from its first keyframe: ${mode}`, async () => {
      const whole = readFileSync(make(`${mode}.ts`, ...PICTURE, ...CODEC, '-r', '10'));
      // From within the first four seconds on, between two packets.
      const packets = Math.floor(whole.length / 12 / 188);
      const path = join(folder, `cut-${mode}.ts`);
      writeFileSync(path, whole.subarray(packets * 188));
      const { binary, signal } = await optionsFor({});
      const length = (await recordingLength(binary, path, null, signal)) ?? 0;
      assert.ok(length > 10 && length < 12, `${length} s`);
      const times = await timesIn(path, mode);
      // The last keyframe is that of the eighth second: four before the end.
      const last = mode === 'all' ? 0.1 : 4;
      assert.ok(Math.abs((times.at(-1) ?? 0) - (length - last)) < 0.06, `${times.at(-1)} of ${length} s`);
      assert.ok((times[0] ?? 0) > 2, `first at ${times[0]} s`);
    });
  }

  test('counts from the sound where that comes first, also of a part', async () => {
    const sound = ['-f', 'lavfi', '-i', 'sine=d=14'];
    const path = make(
      'sound.mkv',
      '-itsoffset',
      '2',
      ...PICTURE,
      ...sound,
      ...CODEC,
      '-c:a',
      'flac',
      '-r',
      '10',
    );
    assert.equal((await timesIn(path, 'all'))[0], 2);
    await assert.rejects(timesIn(path, 'all', 1), /The first picture of .* comes at 2 s: take a longer part/);
    const part = await timesIn(path, 'all', 5);
    assert.ok(Math.abs((part.at(-1) ?? 0) - 4.9) < 0.06, `${part.at(-1)}`);
  });
});

describe('a recording', () => {
  test('of which ffmpeg does not come to the end is an error, and not a short recording', async () => {
    let child: ChildProcess | null = null;
    const spawn: RecordingOptions['spawn'] = (path, args) => {
      child = spawnFfmpeg(path, args);
      return child;
    };
    const options = await optionsFor({ spawn, durationS: 600 });
    await assert.rejects(
      async () => {
        for await (const { info } of readRecording(options)) if (info.seq === 1) child?.kill('SIGKILL');
      },
      { name: 'ReplayError', message: /ffmpeg broke off in the drawn scene/ },
    );
  });

  test('that is given up ends with the reason for that', async () => {
    const end = new AbortController();
    const options = await optionsFor({ signal: end.signal, durationS: 600 });
    await assert.rejects(async () => {
      for await (const _ of readRecording(options)) end.abort(new Error('Ended.'));
    }, /^Error: Ended\.$/);
  });
});
