import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { describe, test } from 'node:test';
import { spawnFfmpeg } from '../../../src/capture/children';
import { findFfmpeg } from '../../../src/capture/ffmpeg-binary';
import { type RecordingOptions, readRecording } from '../../../src/replay/recording';

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
