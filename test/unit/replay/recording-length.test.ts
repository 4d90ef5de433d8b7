import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findFfmpeg } from '../../../src/capture/ffmpeg-binary';
import { recordingLength } from '../../../src/replay/recording-length';

const folder = mkdtempSync(join(tmpdir(), 'v2l-length-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** 20 s of noise, so that each second has as many bytes; a keyframe each 5 s. */
const NOISE = ['-f', 'lavfi', '-i', 'nullsrc=s=64x64:r=10:d=20,geq=random(1)*255:128:128'];
const CODEC = ['-c:v', 'mpeg4', '-g', '50', '-sc_threshold', '1000000000'];
const make = (name: string, input: string[], output: string[] = []) =>
  execFileSync('ffmpeg', ['-v', 'error', ...input, ...CODEC, ...output, join(folder, name)]);
const cut = (name: string, share: number) => {
  const whole = readFileSync(join(folder, name));
  writeFileSync(join(folder, `cut-${name}`), whole.subarray(0, Math.floor(whole.length * share)));
};
const lengthOf = async (name: string, durationS: number | null = null) =>
  recordingLength(
    await findFfmpeg({ configured: '', env: process.env, bundled: null }),
    ...([join(folder, name), durationS, new AbortController().signal] as const),
  );

describe('the length of a recording', () => {
  before(() => {
    make('a.mp4', NOISE, ['-movflags', 'faststart']);
    for (const name of ['a.mkv', 'a.avi', 'a.ts', 'a.m4v']) make(name, NOISE);
    for (const name of ['a.mp4', 'a.mkv', 'a.ts']) cut(name, 0.6);
    make('slow.mp4', ['-f', 'lavfi', '-i', 'testsrc=r=1/8:d=40']);
    const sound = ['-f', 'lavfi', '-i', 'sine=d=21.5'];
    make('sound.mkv', [...NOISE, ...sound], ['-c:a', 'flac']);
  });

  for (const name of ['a.mp4', 'a.mkv', 'a.avi', 'a.ts']) {
    test(`is that of the whole: ${name}`, async () => {
      const length = await lengthOf(name);
      assert.ok(length !== null && Math.abs(length - 20) < 0.3, `${length} s`);
      assert.equal(await lengthOf(name, 7), 7);
      assert.equal(await lengthOf(name, 500), length);
    });
  }

  test('is found where the file does not tell it', async () => {
    const length = await lengthOf('a.m4v');
    assert.ok(length !== null && Math.abs(length - 20) < 0.5, `${length} s`);
  });

  test('is told also where the last picture stands for long, or the sound goes on a little', async () => {
    assert.equal(await lengthOf('slow.mp4'), 40);
    assert.ok(Math.abs(((await lengthOf('sound.mkv')) ?? 0) - 21.5) < 0.1);
  });

  for (const name of ['cut-a.mp4', 'cut-a.mkv']) {
    test(`is refused where the recording was cut off before it: ${name}`, async () => {
      await assert.rejects(lengthOf(name), {
        name: 'ReplayError',
        message:
          /says that it is 20 s long, but its pictures end at 1[12](\.\d)? s: .* with --duration 1[12]\./,
      });
      await assert.rejects(lengthOf(name, 18), /was cut off/);
    });

    test(`is that of a part that is there: ${name}`, async () => assert.equal(await lengthOf(name, 11), 11));
  }

  test('is what is left of a recording that states none and was cut off: nobody can tell', async () => {
    const length = await lengthOf('cut-a.ts');
    assert.ok(length !== null && length > 11 && length < 13, `${length} s`);
  });

  test('is not known of what is no recording', async () => {
    writeFileSync(join(folder, 'text.mp4'), 'hello');
    assert.equal(await lengthOf('text.mp4'), null);
  });
});
