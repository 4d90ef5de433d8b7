import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { recordingsAt } from '../../../src/capture/recordings';

const root = mkdtempSync(join(tmpdir(), 'recordings-'));
after(() => rmSync(root, { recursive: true }));

function folder(name: string, files: string[]): string {
  const path = join(root, name);
  mkdirSync(path);
  for (const file of files) writeFileSync(join(path, file), '');
  return path;
}

test('a file stands for itself, whatever its ending', async () => {
  const path = join(folder('one', ['clip.dat']), 'clip.dat');
  assert.deepEqual(await recordingsAt(path), [path]);
});

test('a folder gives its recordings in the order of their names, numbers as people count', async () => {
  const path = folder('many', ['10.mp4', '9.mp4', 'a.MKV', 'notes.txt', '2.ts', '.hidden']);
  assert.deepEqual(
    await recordingsAt(path),
    ['2.ts', '9.mp4', '10.mp4', 'a.MKV'].map((name) => join(path, name)),
  );
});

test('a path that is not there, and a folder without recordings, are told as such', async () => {
  const missing = join(root, 'missing');
  await assert.rejects(recordingsAt(missing), {
    code: 'CAMERA_FILE',
    message: `There is no file or folder at ${missing}.`,
  });
  const empty = folder('empty', ['notes.txt']);
  await assert.rejects(recordingsAt(empty), {
    code: 'CAMERA_FILE',
    message: `The folder ${empty} holds no recording.`,
  });
});
